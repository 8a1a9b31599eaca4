"""What Python expressions spell, as shell text: strings, argument lists, and the variables that hold them."""

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from policy_checks.readers.embedded import Piece
from policy_checks.readers.python_strings import UNKNOWN, Strings, filled
from policy_checks.readers.shell import quoted_word
from policy_checks.record import record

_UNKNOWN = re.compile(re.escape(UNKNOWN))
_DEPTH = 12  # variables in variables that are followed
_VALUES = 16  # values of one variable
_PIECES = 2000  # pieces of one command line: `a = b + b` doubles with every line

# A variable that is called like this holds where uv is, wherever it comes from.
_UV = re.compile(r"_*uv(?:_(?:path|bin|binary|exe|executable|cmd|command))?", re.IGNORECASE)

# Calls that hand on the text, or the list, of their first argument.
_SAME_TEXT = frozenset({"str", "fspath", "dedent", "strip", "Path", "PurePath", "quote"})
_SAME_LIST = frozenset({"list", "tuple", "copy", "deepcopy"})


class Assigned:
    """One value of a variable (None: not known), and what `+=`, `append` and `extend` add to it afterwards."""

    def __init__(self, value: ast.expr | None) -> None:
        self.value = value
        self.added: list[ast.expr] = []
        self.appended: set[int] = set()  # indices of `added` that are one element each


class Scope:
    """The variables of a function, or of a module; `facts` are conditions (names alone) that hold or do not hold here."""

    def __init__(
        self,
        around: "Scope | None" = None,
        variables: dict[str, list[Assigned]] | None = None,
        facts: Mapping[str, bool] = MappingProxyType({}),
    ) -> None:
        self.around, self.facts = around, facts
        self.variables: dict[str, list[Assigned]] = {} if variables is None else variables

    def branch(self, test: ast.expr, *, holds: bool) -> "Scope":
        """The same scope, where a condition holds or does not."""
        condition, plain = _condition(test)
        return Scope(self.around, self.variables, {**self.facts, condition: plain == holds}) if condition else self

    def decides(self, test: ast.expr) -> bool | None:
        """Whether a condition holds here; None when that is not known."""
        condition, plain = _condition(test)
        return None if condition not in self.facts else self.facts[condition] == plain

    def values(self, name: str) -> list[Assigned]:
        """Everything that a name is set to in the innermost scope that sets it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.around
        return []


def calls_in_scopes(tree: ast.AST) -> Iterator[tuple[ast.Call, Scope]]:
    """Every call of a tree in source order with its scope; the scopes are complete only when all have been met."""
    waiting: list[tuple[ast.AST, Scope]] = [(tree, Scope())]
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            scope = Scope(scope)
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    scope.variables[argument.arg] = [Assigned(None)]
        _note(node, scope)
        if isinstance(node, ast.Call):
            yield node, scope
        if isinstance(node, ast.If) and len(scope.facts) < _DEPTH:
            waiting.extend((child, scope.branch(node.test, holds=False)) for child in reversed(node.orelse))
            waiting.extend((child, scope.branch(node.test, holds=True)) for child in reversed(node.body))
            waiting.append((node.test, scope))
            continue
        waiting.extend((child, scope) for child in reversed([*ast.iter_child_nodes(node)]))


def _condition(test: ast.expr) -> tuple[str, bool]:
    """The name that a condition is, without `not`, and whether that leaves it as it is; no name for any other condition."""
    plain = True
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, plain = test.operand, not plain
    return dotted(test), plain


def _note(node: ast.AST, scope: Scope) -> None:
    """What a statement does to variables."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            _set(target, node.value, scope)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        _set(node.target, node.value, scope)
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        for value in node.iter.elts if isinstance(node.iter, ast.List | ast.Tuple) else [None]:
            _set(node.target, value, scope)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        _add(dotted(node.target), [node.value], scope, appended=False)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend"):
        _add(dotted(node.func.value), node.args[:1], scope, appended=node.func.attr == "append")


def _set(target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
    if name := dotted(target):
        scope.variables.setdefault(name, []).append(Assigned(value))
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            _set(part, None, scope)


def _add(name: str, values: Sequence[ast.expr], scope: Scope, *, appended: bool) -> None:
    if name in scope.variables:
        last = scope.variables[name][-1]
        if appended:
            last.appended.update(range(len(last.added), len(last.added) + len(values)))
        last.added += values


def dotted(node: ast.expr) -> str:
    """A name, or one with attributes (`self.command`); empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def called(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def _near(assigned: list[Assigned], line: int) -> list[Assigned]:
    """The last few values before a line, and the first few without any: a generated file sets one name ten thousand times."""
    last = bisect_left(assigned, line, key=lambda each: each.value.lineno if each.value is not None else 0)
    return assigned[max(0, last - _VALUES) : last] or assigned[:_VALUES]


@record
class Values:
    """Expressions as shell text, in one scope."""

    strings: Strings
    scope: Scope

    def lines(self, node: ast.expr) -> Iterator[list[Piece]]:
        """The command lines that an argument may be: one, or one for each value that its variable is given."""
        if isinstance(node, ast.IfExp):
            yield from self.lines(node.body)
            yield from self.lines(node.orelse)
            return
        assigned = _near(self.scope.values(dotted(node)) if dotted(node) else [], node.lineno)
        for found in [self._extended(each, _DEPTH) for each in assigned] if assigned else [self._line(node, _DEPTH)]:
            if found is not None:
                yield found

    def words(self, elements: Sequence[ast.expr], depth: int = _DEPTH) -> list[Piece]:
        """Elements of an argument list as quoted words."""
        pieces: list[Piece] = []
        for element in elements:
            start, end = self.strings.range(element)
            if isinstance(element, ast.Starred):
                pieces.append((" ", start, start))
                line = self._line(element.value, depth - 1)
                pieces += self.strings.unknown(element) if line is None else [(_text(line), start, end)]
            else:
                pieces += quoted_word(self.text(element, depth - 1) or self.strings.unknown(element), start, end, _UNKNOWN)
        return pieces

    def _line(self, node: ast.expr, depth: int) -> list[Piece] | None:
        """An argument list, or a command line as one text; None for what is neither."""
        node = self._decided(node)
        if depth <= 0:
            return None
        match node:
            case ast.List() | ast.Tuple():
                return self._bounded(self.words(node.elts, depth))
            case ast.BinOp(left, ast.Add(), right) if (first := self._line(left, depth - 1)) and not self.text(left, depth - 1):
                return self._bounded([*first, (" ", first[-1][2], first[-1][2]), *self._rest(right, depth)])
            case ast.BinOp(left, ast.Add(), right) if (last := self._line(right, depth - 1)) and not self.text(right, depth - 1):
                return self._bounded([*self.strings.unknown(left), (" ", last[0][1], last[0][1]), *last])
            case ast.Call() if (of := self._passed_on(node, depth)) is not None:
                return self._line(of, depth - 1)
            case ast.Name() | ast.Attribute():
                only = self._only(node)
                return None if only is None else self._extended(only, depth - 1)
            case _:
                pass
        return self.text(node, depth - 1)

    def _passed_on(self, call: ast.Call, depth: int) -> ast.expr | None:
        """The expression whose words a call returns: `shlex.split(x)`, `x.split()`, `list(x)`, `map(str, x)`, `x.copy()`."""
        name, of = called(call), call.func.value if isinstance(call.func, ast.Attribute) else None
        if name == "split":
            return of if of is not None and self.text(of, depth - 1) else call.args[0] if call.args else of
        if name == "copy" and of is not None and not call.args:
            return of
        return call.args[0] if name in _SAME_LIST and call.args else call.args[1] if name == "map" and len(call.args) == 2 else None

    def _decided(self, node: ast.expr) -> ast.expr:
        """What a conditional expression is here, where its condition is known to hold or not."""
        while isinstance(node, ast.IfExp) and (holds := self.scope.decides(node.test)) is not None:
            node = node.body if holds else node.orelse
        return node

    def _rest(self, node: ast.expr, depth: int) -> list[Piece]:
        return self._line(node, depth - 1) or self.strings.unknown(node)

    def _extended(self, assigned: Assigned, depth: int) -> list[Piece] | None:
        if assigned.value is None or depth <= 0:
            return None
        text = self.text(assigned.value, depth - 1)
        pieces = self._line(assigned.value, depth) if text is None else text
        for index, node in enumerate(assigned.added):
            if pieces is None:
                return None
            if text is not None:
                pieces = pieces + (self.text(node, depth - 1) or self.strings.unknown(node))
            else:
                added = self.words([node], depth) if index in assigned.appended else self._rest(node, depth)
                pieces = [*pieces, (" ", pieces[-1][2], pieces[-1][2]) if pieces else (" ", 0, 0), *added]
        return self._bounded(pieces)

    def _only(self, node: ast.expr) -> Assigned | None:
        """What a variable is set to, if it is set once."""
        values = self.scope.values(dotted(node)) if dotted(node) else []
        return values[0] if len(values) == 1 else None

    def text(self, node: ast.expr, depth: int = _DEPTH) -> list[Piece] | None:
        """A string, with unknown values in it; None for what spells none."""
        if depth <= 0:
            return None
        match node:
            case ast.Constant(str()) | ast.JoinedStr():
                return self.strings.spelled(node)
            case ast.BinOp(left, ast.Add(), right):
                first, last = self.text(left, depth - 1), self.text(right, depth - 1)
                if first is None and last is None:
                    return None
                return self._bounded([*(first or self.strings.unknown(left)), *(last or self.strings.unknown(right))])
            case ast.BinOp(left, ast.Mod()) if (text := self.text(left, depth - 1)) is not None:
                return [*filled(text, percent=True)]
            case ast.BinOp(left, ast.Div(), right) if (name := self.text(right, depth - 1)) is not None:
                return self._bounded([*(self.text(left, depth - 1) or self.strings.unknown(left)), ("/", name[0][1], name[0][1]), *name])
            case ast.Call():
                return self._returned(node, depth)
            case ast.Name() | ast.Attribute():
                only = self._only(node)
                start, end = self.strings.range(node)
                if only is None or only.value is None or self.text(only.value, depth - 1) is None:
                    return [("uv", start, end)] if _UV.fullmatch(dotted(node).rpartition(".")[2]) else None
                return [(_text(self._extended(only, depth - 1) or []), start, end)]
            case _:
                return None

    def _returned(self, call: ast.Call, depth: int) -> list[Piece] | None:
        """The text that a call returns: `.format`, `.join`, paths, and what only trims."""
        name, of = called(call), call.func.value if isinstance(call.func, ast.Attribute) else None
        first = call.args[0] if call.args else None
        if name == "format" and of is not None and (text := self.text(of, depth - 1)) is not None:
            return [*filled(text, percent=False)]
        if name == "join" and first is not None and of is not None:
            if isinstance(first, ast.List | ast.Tuple) and (separator := self.text(of, depth - 1)) is not None:
                return self._joined(first.elts, _text(separator), depth)
            if dotted(of) == "shlex":
                return self._line(first, depth - 1)
            return self._joined(call.args, "/", depth) if dotted(of).endswith("path") else None
        if name in _SAME_TEXT:
            inner = first if first is not None else of
            return None if inner is None else self.text(inner, depth - 1)
        return None

    def _joined(self, elements: Sequence[ast.expr], separator: str, depth: int) -> list[Piece] | None:
        pieces: list[Piece] = []
        for element in elements:
            start = self.strings.range(element)[0]
            pieces += [(separator, start, start)] if pieces else []
            pieces += self.text(element, depth - 1) or self.strings.unknown(element)
        return self._bounded(pieces)

    def _bounded(self, pieces: list[Piece] | None) -> list[Piece] | None:
        return pieces if pieces is not None and len(pieces) <= _PIECES else None


def _text(pieces: Sequence[Piece]) -> str:
    return "".join(piece[0] for piece in pieces)
