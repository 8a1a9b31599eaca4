"""Frozen data: what `dataclass(frozen=True, slots=True)` gives, for a twentieth of its price at import.

`dataclasses` writes six methods of source text for every class and compiles them, used or not: 0.7 ms a class, with the
fifty classes on the way of `lock check` half of its time. Here equality, hash and text are shared functions over the slots, and
the initialiser is compiled when the first instance is made.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")
_NOTHING = object()
_FEW = 16  # instances for which compiling an initialiser does not pay


class Made:
    """A default that is made anew for each instance."""

    __slots__ = ("factory",)

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def made(*, default_factory: Callable[[], T]) -> T:
    """A field's default that is made for each instance: `made(default_factory=dict)`."""
    return Made(default_factory)  # type: ignore[return-value]  # as `dataclasses.field` does


@overload
def record(cls: type[T]) -> type[T]: ...
@overload
def record(*, eq: bool) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(made,))
def record(cls: Any = None, *, eq: bool = True) -> Any:
    """The class with slots, an initialiser of its annotated fields, and (unless `eq` is false) equality by value."""
    if cls is None:
        return lambda decorated: _built(decorated, eq)
    return _built(cls, eq)


def replace(instance: T, **changes: Any) -> T:
    """A copy with other values in some fields. Raises TypeError for a field that there is not."""
    kind: Any = type(instance)
    return kind(**{name: getattr(instance, name) for name in kind.__match_args__} | changes)  # type: ignore[no-any-return]


def is_record(kind: Any) -> bool:
    """Whether a type is a record."""
    return isinstance(kind, type) and hasattr(kind, "__defaults__")


def fields(kind: Any) -> Iterator[tuple[str, bool]]:
    """The names of a record's fields in order, and whether each must be given."""
    return ((name, name not in kind.__defaults__) for name in kind.__match_args__)


def _built(cls: Any, eq: bool) -> Any:
    namespace = dict(vars(cls))
    own = tuple(namespace.get("__annotations__", ()))
    inherited = [base for base in cls.__mro__[1:] if hasattr(base, "__defaults__")][:1]
    names = (*(name for base in inherited for name in base.__match_args__), *own)
    defaults = {name: value for base in inherited for name, value in base.__defaults__.items()}
    defaults |= {name: namespace.pop(name) for name in own if name in namespace}
    for absent in ("__dict__", "__weakref__"):
        namespace.pop(absent, None)
    # A cached property writes to the instance's own dictionary, past the refusal.
    slots = (*own, "__dict__") if any(isinstance(value, cached_property) for value in namespace.values()) else own
    namespace |= {"__slots__": slots, "__match_args__": names, "__defaults__": defaults, "__setattr__": _refuse, "__delattr__": _refuse}
    namespace.setdefault("__repr__", _text)
    if eq:
        namespace.setdefault("__eq__", _equal)
        namespace.setdefault("__hash__", _hash)
    built = type(cls)(cls.__name__, cls.__bases__, namespace)

    left = _FEW

    def initialise(self: Any, *values: Any, **named: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            built.__init__ = _initialiser(built)
            built.__init__(self, *values, **named)
        else:
            _fill(built, self, values, named)

    built.__init__ = initialise
    return built


def _fill(cls: Any, instance: object, values: tuple[Any, ...], named: dict[str, Any]) -> None:
    """What the compiled initialiser does, field by field."""
    names: tuple[str, ...] = cls.__match_args__
    given = dict(zip(names, values, strict=False)) | named
    if len(values) > len(names) or len(given) < len(values) + len(named) or not named.keys() <= {*names}:
        raise TypeError(f"{cls.__name__} takes ({', '.join(names)}), got {len(values)} values and {', '.join(named) or 'no names'}")
    for name in names:
        value = given.get(name, cls.__defaults__.get(name, _NOTHING))
        if value is _NOTHING:
            raise TypeError(f"{cls.__name__} needs a value for {name}")
        getattr(cls, name).__set__(instance, value.factory() if isinstance(value, Made) else value)
    if hasattr(cls, "__post_init__"):
        instance.__post_init__()  # type: ignore[attr-defined]


def _initialiser(cls: Any) -> Callable[..., None]:
    """Compiled from field names alone, which are identifiers."""
    known: dict[str, Any] = {"_NOTHING": _NOTHING}
    parameters, body = [], []
    for name in cls.__match_args__:
        default = cls.__defaults__.get(name, _NOTHING)
        known[f"_set_{name}"] = getattr(cls, name).__set__  # the slot itself: past the refusal, and faster than object.__setattr__
        value = name
        if isinstance(default, Made):
            known[f"_make_{name}"] = default.factory
            parameters.append(f"{name}=_NOTHING")
            value = f"_make_{name}() if {name} is _NOTHING else {name}"
        elif default is not _NOTHING:
            known[f"_default_{name}"] = default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        body.append(f"  _set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        body.append("  self.__post_init__()")
    exec(f"def __init__(self, {', '.join(parameters)}):\n" + ("\n".join(body) or "  pass"), known)  # noqa: S102  # as dataclasses does
    return known["__init__"]  # type: ignore[no-any-return]


def _refuse(self: object, name: str, *_value: object) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed: a record is frozen")


def _equal(self: Any, other: Any) -> bool:
    return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)


def _hash(self: Any) -> int:
    return hash(tuple([getattr(self, name) for name in self.__match_args__]))


def _text(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__match_args__)})"
