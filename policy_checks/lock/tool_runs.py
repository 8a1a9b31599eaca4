"""Tools that are run or installed in an environment of their own: `uvx`, `uv tool`, `pipx`, each with its locked versions."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import cache

from policy_checks.lock.tree import parents
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.names import normalized
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import ShellCommand, Word
from policy_checks.readers.uv_command import Uv, uv
from policy_checks.readers.uv_lock import LOCK, Lock
from policy_checks.record import record
from policy_checks.source import Place, Unreadable
from policy_checks.workspace import Kind, Workspace


class Version(Enum):
    """What a requirement of a tool says about its version."""

    NONE = auto()
    RANGE = auto()  # `black>=24`, a branch
    ONE = auto()  # also what only the run can tell, a path, a URL


@record(eq=False)
class ToolRun:
    """One tool: the word that says what it is, and where in it the name ends. `locked` are its versions in the lock around the file."""

    command: ShellCommand
    called: str  # `uvx`, `pipx install`
    word: Word
    requirement: str
    name: str
    version: Version
    program: str  # what is run; empty for an install
    locked: tuple[str, ...]

    @property
    def place(self) -> Place:
        """The word."""
        index = self.command.words.index(self.word)
        return self.command.part(index, index)


_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?P<rest>.*)", re.DOTALL)
_LONGEST = 4096  # characters; what is longer is no requirement that anybody writes
_REVISION = re.compile(r"@(?:[0-9a-f]{7,64}|[\w-]*v?\d+(?:\.\d+)+[\w.-]*|.*\$.*)(?:#.*)?$", re.DOTALL)
_EXPANDED = re.compile(r"['\"]*[A-Za-z0-9][\w.\[\],-]*[\s=@<>~!]*\$")  # `ruff$VERSION`: the version is the matter of the variable
_PIPX_VALUED = (
    "--spec",
    "--python",
    "--pip-args",
    "--index-url",
    "-i",
    "--suffix",
    "--preinstall",
    "--with",
    "--fetch-python",
    "--backend",
)
_ASKS = ("-h", "--help", "--version", "-V", "--dry-run")
_DATED = ("-c", "--constraint", "--constraints", "--exclude-newer")


def _read(workspace: Workspace, needles: Needles) -> Iterator[ToolRun | Unreadable]:
    locks = cache(lambda: {posixpath.dirname(lock.file.path): lock for lock in workspace.all(LOCK) if isinstance(lock, Lock)})
    pinned: set[tuple[str, str]] = set()  # what a file has installed: from then on `uvx` runs that
    for found in workspace.all(COMMANDS, needles):
        if isinstance(found, Unreadable):
            yield found
            continue
        for called, word, requirement, program in _tools(found):
            name, version = judged(requirement, known=word.known)
            if _EXPANDED.match(found.written(word)):
                version = Version.ONE
            if program and (found.script.source.file.path, name) in pinned:
                continue
            if not program and version is Version.ONE:
                pinned.add((found.script.source.file.path, name))
            locked = _locked(locks(), found.script.source.file.path, name) if name and version is not Version.ONE else ()
            yield ToolRun(found, called, word, requirement, name, version, program, locked)


TOOL_RUNS: Kind[ToolRun] = Kind("run of a tool", _read)


def judged(requirement: str, *, known: bool = True) -> tuple[str, Version]:
    """A tool's normalised name, empty where it has none, and what is said about its version: PEP 508, `ruff@0.9`, a path or a URL."""
    if len(requirement) > _LONGEST:
        return "", Version.ONE
    if requirement.startswith(("git+", "git@")):
        revision = re.search(r"@[^@/:]+$", requirement.partition("#")[0])
        return "", Version.ONE if revision and _REVISION.match(revision[0]) else Version.RANGE
    if re.match(r"[./~$]|\w+:|[^@\s]*[/\\]|[^@\s]*\.(?:whl|py|tar\.gz|zip)$", requirement):
        return "", Version.ONE  # what stands there
    found = _REQUIREMENT.fullmatch(requirement)
    if found is None:
        return "", Version.ONE
    name, rest = normalized(found["name"]), found["rest"].partition(";")[0].strip()
    if not known and ("$" in rest or "$" in requirement):
        return name, Version.ONE
    if rest.startswith("@ ") or "://" in rest:
        return name, judged(rest[1:].strip())[1]
    if re.fullmatch(r"={2,3}\s*[^*,]+|@\s*(?!latest$).+", rest):
        return name, Version.ONE
    return name, Version.RANGE if rest and rest != "@latest" else Version.NONE


def _tools(command: ShellCommand) -> Iterator[tuple[str, Word, str, str]]:
    """How it is called, the word and its requirement, and the program that is run (empty for an install)."""
    called = uv(command)
    if called is not None:
        if (
            called.subcommand in (("tool", "run"), ("tool", "install"))
            and not called.has(*_ASKS, *_DATED)
            and not command.environment("UV_EXCLUDE_NEWER")
        ):
            yield from _of_uv(called)
        return
    words = _after_pipx(command.words)
    if words and words[0].value in ("run", "install") and not any(word.value in _ASKS for word in words[1:2]):
        yield from _of_pipx(words)


def _of_uv(called: Uv) -> Iterator[tuple[str, Word, str, str]]:
    runs = called.subcommand == ("tool", "run")
    name = "uvx" if runs and called.head == called.name else f"uv {' '.join(called.subcommand)}"
    words = called.started if runs else [*called.positionals()]
    program = words[0].value if words and runs else ""
    if program in ("python", "python3") or (runs and not words) or called.has("-e", "--editable"):
        return
    for requirement, word in called.values("--from"):
        yield f"{name} --from", word, requirement, program
        return
    if words:
        yield name, words[0], words[0].value, program


def _after_pipx(words: Sequence[Word]) -> Sequence[Word]:
    values = [word.value for word in words[:3]]
    if re.fullmatch(r"(?:.*[/\\])?pipx(?:\.exe)?", values[0]):
        return words[1:]
    return words[3:] if values[1:3] == ["-m", "pipx"] else ()


def _of_pipx(words: Sequence[Word]) -> Iterator[tuple[str, Word, str, str]]:
    verb, spec, given = words[0].value, None, []
    arguments = iter(words[1:])
    for word in arguments:
        option, equals, value = word.value.partition("=")
        if not word.value.startswith("-"):
            given.append(word)
            if verb == "run":
                break  # the rest is the program's
        elif option == "--spec":
            spec = (word, value) if equals else next(((taken, taken.value) for taken in arguments), None)
        elif option in _PIPX_VALUED and not equals:
            value = next((taken.value for taken in arguments), "")
        if option == "--pip-args" and "constraint" in value:
            return
    if verb == "run" and spec is not None and given:
        yield "pipx run --spec", spec[0], spec[1], given[0].value
    elif spec is None:
        for word in given:
            yield f"pipx {verb}", word, word.value, word.value if verb == "run" else ""


def _locked(locks: Mapping[str, Lock], path: str, name: str) -> tuple[str, ...]:
    """The versions of a package in the nearest lock at or above a file."""
    here = posixpath.dirname(path)
    lock = next((locks[folder] for folder in (here, *parents(here)) if folder in locks), None)
    packages = lock.by_name.get(name, ()) if lock else ()
    return tuple(sorted({package.version for package in packages if package.version}))
