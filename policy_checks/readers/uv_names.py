"""The groups, extras, members and packages that a command line of uv names, and what uv does when there is none of that name.

As of uv 0.13, each tried: see tests/lock/test_uv_calls.py.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from policy_checks.readers.names import is_name
from policy_checks.readers.shell import Word
from policy_checks.readers.uv_command import Option, Uv
from policy_checks.record import record
from policy_checks.source import Place


class What(StrEnum):
    """What a name is the name of; `package` is one of the lock."""

    GROUP = "group"
    EXTRA = "extra"
    MEMBER = "workspace member"
    PACKAGE = "package"


class Then(StrEnum):
    """What uv does about a name that it does not find."""

    REFUSES = "refuses"
    WARNS = "warns"
    NOTHING = "nothing"


@record(eq=False)
class Named:
    """A name on a command line. `folders` are those whose pyproject.toml is asked, for `uv pip`; None: the project around the command."""

    what: What
    name: str
    written: str  # how it is given: `--group dev`, `.[dev]`
    option: str
    place: Place
    then: Then = Then.REFUSES
    folders: tuple[str, ...] | None = None


_SELECTING = frozenset({"sync", "run", "export", "check", "audit", "tree"})  # take groups, and extras but for `tree`
_LOCKING = frozenset({"sync", "run", "export", "lock", "tree", "check", "audit", "version", "add", "remove"})
_MEMBER_OF = frozenset({"sync", "run", "export", "add", "remove", "version", "build", "check"})
_GROUP_OPTIONS = frozenset({"--group", "--only-group", "--no-group"})
_EXTRA_OPTIONS = frozenset({"--extra", "--no-extra"})
# Of packages that a build needs the lock knows nothing, so that `--no-build-package` and `--refresh-package` are not among these.
_PACKAGE_OPTIONS = frozenset(
    {"--no-install-package", "--no-emit-package", "--prune", "--upgrade-package", "-P", "--reinstall-package", "--no-editable-package"}
)
_LISTS = frozenset({"--extra", "--no-emit-package"})  # values may be lists with commas
_LOCAL = re.compile(r"(\.{1,2}(?:/[^\[\]$]*)?|(?![./])[\w.-]+/[^\[\]$:]*)\[([^\]]*)\]")
_PIP_INSTALLS = frozenset({"install", "compile", "sync"})


def named(call: Uv) -> Iterator[Named]:
    """Every name that has to exist; none for what is created (`uv add --group`) or is known only when the shell runs."""
    match call.subcommand:
        case ("pip", verb) if verb in _PIP_INSTALLS:
            yield from _of_pip(call)
        case (verb,) if not call.has("--no-project", "--script"):
            for option in call.options():
                yield from _of_project(call, verb, option)
        case _:
            pass


def _of_project(call: Uv, verb: str, option: Option) -> Iterator[Named]:
    name = option.name
    nothing = verb == "tree" or (verb == "run" and call.has("--no-sync"))
    then = Then.NOTHING if nothing else Then.REFUSES
    if name in _GROUP_OPTIONS and (verb in _SELECTING or verb == "remove"):
        yield from _names(call, option, What.GROUP, then)
    elif (name in _EXTRA_OPTIONS and verb in _SELECTING) or (name == "--optional" and verb == "remove"):
        yield from _names(call, option, What.EXTRA, then)
    elif name == "--upgrade-group" and verb in _LOCKING:
        yield from _names(call, option, What.GROUP, Then.REFUSES)
    elif name == "--package" and verb in _MEMBER_OF:
        yield from _names(call, option, What.MEMBER, Then.REFUSES)
    elif (name == "--package" and verb == "tree") or (
        name in _PACKAGE_OPTIONS
        and verb in _LOCKING - {"add", "remove"}
        and not call.has("--with", "--with-requirements", "--with-editable")
    ):
        yield from _names(call, option, What.PACKAGE, Then.NOTHING)


def _names(call: Uv, option: Option, what: What, then: Then, folders: tuple[str, ...] | None = None) -> Iterator[Named]:
    value, word = option.value, option.word
    if value is None or not word.known:
        return
    start = len(word.value) - len(value)
    parts = value.split(",") if option.name in _LISTS else [value]
    for part in parts:
        name = re.split(r"[=<>~!@;\[ ]", part, maxsplit=1)[0] if option.name in ("--upgrade-package", "-P") else part
        if is_name(name):
            place = Place(call.command.script.source.file, word.span_of(start, start + len(name)))
            yield Named(what, name, f"{option.name} {name}", option.name, place, then, folders)
        start += len(part) + 1


def _of_pip(call: Uv) -> Iterator[Named]:
    sources = [value for value, _ in call.values("-r", "--requirement", "--requirements")]
    sources += [word.value for word in call.positionals()] if call.subcommand[1] in ("compile", "sync") else []
    projects = tuple(_folder(source) for source in sources if _is_pyproject(source))
    for option in call.options():
        if option.name == "--group" and option.value:
            path, colon, name = option.value.rpartition(":")
            folder = _folder(path) if colon and _is_pyproject(path) else None if colon else ""
            if folder is not None:
                yield from _names(call, Option(option.name, name, option.word), What.GROUP, Then.REFUSES, (folder,))
        elif option.name == "--extra" and len(projects) == len(sources) and projects:
            yield from _names(call, option, What.EXTRA, Then.REFUSES, projects)
        elif option.name in ("-e", "--editable") and option.value:
            yield from _local(call, option.value, option.word)
    if call.subcommand[1] == "install":
        for word in call.positionals():
            yield from _local(call, word.value, word)


def _local(call: Uv, value: str, word: Word) -> Iterator[Named]:
    """The extras of a project that is installed by its path: `.[dev]`."""
    found = _LOCAL.fullmatch(value) if word.known else None
    if found is None:
        return
    start = len(word.value) - len(value) + found.start(2)
    for part in found[2].split(","):
        name = part.strip()
        if is_name(name):
            at = start + part.index(name)
            place = Place(call.command.script.source.file, word.span_of(at, at + len(name)))
            yield Named(What.EXTRA, name, f"{found[1]}[{name}]", "", place, Then.WARNS, (found[1].rstrip("/"),))
        start += len(part) + 1


def _is_pyproject(path: str) -> bool:
    return path == "pyproject.toml" or (path.endswith("/pyproject.toml") and "$" not in path and not path.startswith(("/", "~")))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
