"""The folder of the repository that a command runs in, as far as the text around it says."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Set as AbstractSet
from functools import lru_cache

from policy_checks.readers import dockerfile, github_workflow, pipelines, python_calls, workflow_folder
from policy_checks.readers.shell import Context, Script, ShellCommand, Word
from policy_checks.readers.shell_tree import Tree
from policy_checks.readers.wrappers import in_container
from policy_checks.record import record
from policy_checks.source import SourceFile, Unreadable

_MOVES = ("cd", "pushd", "popd")
_WRITTEN = re.compile(rf"\b(?:{'|'.join(_MOVES)})\b")
_TOP_LEVEL = re.compile(r"^\$\(git rev-parse --show-toplevel\)(?P<rest>/[\w./-]*)?$")
# `$(dirname "$0")/..`, and the same inside `$(cd … && pwd)`.
_OWN_FOLDER = re.compile(
    r"""^\$\((?:cd\s+"?\$\()?dirname\s[^)]*(?:\$0|BASH_SOURCE)[^)]*\)"?(?P<rest>/[\w./-]*)?"?"""
    r"""(?:\s*(?:&&|;)\s*pwd(?:\s+-P)?\s*\))?(?P<more>/[\w./-]*)?$"""
)
_TEMPORARY = re.compile(r"\$\(mktemp\b|/(?:var/)?tmp/|\$\{?(?:TMPDIR|RUNNER_TEMP|TMP|TEMP)\b")
_ELSEWHERE = re.compile(r"\bcwd\s*=|\bchdir\b")


@record
class _Move:
    """A `cd`, `pushd` or `popd`."""

    offset: int  # in its script
    position: int  # in the file
    target: Word | None
    shells: frozenset[tuple[int, int]]
    back: bool


class WorkingFolders:
    """Tells where commands run; remembers the documents that it has read.

    `is_folder` knows the folders of the repository, `projects` are those with a pyproject.toml, `own_names` the names that
    a clone of it goes by (lower case), `documents` gives the shell texts of a document. With `trusting`, a folder that only
    the run can tell (a variable, an absolute path) is taken for the repository's root.
    """

    def __init__(
        self,
        is_folder: Callable[[str], bool],
        own_names: AbstractSet[str],
        documents: Callable[[SourceFile], Iterable[Script]],
        *,
        projects: AbstractSet[str] = frozenset(),
        trusting: bool = False,
    ) -> None:
        self._is_folder, self._own_names, self._documents, self._trusting = is_folder, own_names, documents, trusting
        self._projects = projects
        self._documented: dict[SourceFile, list[_Move]] = {}

    def of(self, command: ShellCommand) -> tuple[str, ...]:
        """The folders it may run in (the root is empty), the likeliest first; none where that cannot be told."""
        found = []
        for start in self._starts(command):
            folder: str | None = start
            for script, offset in _levels(command):
                folder = self._moved(folder, self._before(script, offset), command)
            if folder is not None and folder not in found:
                found.append(folder)
        return tuple(found)

    def _starts(self, command: ShellCommand) -> Iterator[str]:
        """Where its outermost script may be started."""
        file = command.script.source.file
        here = posixpath.dirname(file.path)
        if github_workflow.is_workflow(file.path):
            folder = workflow_folder.of(file, command.place.span)
            yield from () if folder is None else (folder,)
        elif pipelines.is_pipeline(file.path):
            yield ""
        elif (dockerfile.is_dockerfile(file.path) and self._works_in_a_clone(command)) or (
            python_calls.is_python(file.path) and _ELSEWHERE.search(file.text)
        ):
            return
        elif command.script.context is not Context.DOCUMENTATION:
            yield from dict.fromkeys((here, ""))
        elif (led := self._led_to(command, here)) is not None:
            yield from dict.fromkeys((*reversed(led), here, ""))

    def _works_in_a_clone(self, command: ShellCommand) -> bool:
        """Whether the last WORKDIR before a command of a Dockerfile is what the file clones from elsewhere."""
        text = command.script.source.file.text
        folders = re.findall(r"^[ \t]*WORKDIR[ \t]+(\S+)", text[: command.place.span.start], re.MULTILINE | re.IGNORECASE)
        name = posixpath.basename(folders[-1].rstrip("/")) if folders else ""
        cloned = re.search(rf"\bgit\b[^\n]*\bclone\b(?:[^\n]|\\\n)*[/ ]{re.escape(name)}(?:\.git)?(?![\w.-])", text) if name else None
        return cloned is not None and name.lower() not in self._own_names

    def _led_to(self, command: ShellCommand, here: str) -> list[str] | None:
        """Where the code blocks before it in its document may have led a reader; None when to a folder that is none of this repository."""
        file = command.script.source.file
        if file not in self._documented:
            scripts = self._documents(file) if _WRITTEN.search(file.text) else ()
            self._documented[file] = [move for script in scripts for move in _moves(script)[1]]
        position = command.script.source.span(0, 1).start
        found: list[str] = []
        for move in self._documented[file]:
            path = move.target.value if move.target is not None and move.target.known else "/"
            # An absolute folder is where a reader keeps the clone, or is about something else: it tells nothing.
            if move.position >= position or path.startswith(("/", "~", "-", ".")):
                continue
            folders = [below for start in (*found, here, "") if (below := _joined(start, path)) is not None and self._is_folder(below)]
            if not folders and not self._is_own(path):
                return None
            found += folders[:1]
        return found

    def _before(self, script: Script, offset: int) -> list[_Move]:
        """The moves of a script that are in force at an offset."""
        tree, moves = _moves(script)
        before = [move for move in moves if move.offset < offset]
        around = tree.shells(offset) if before and tree else frozenset()
        return [move for move in before if move.shells <= around]

    def _moved(self, folder: str | None, moves: Iterable[_Move], command: ShellCommand) -> str | None:
        past: list[str | None] = []
        for move in moves:
            if move.back:
                folder = past.pop() if past else None
                continue
            past.append(folder)
            folder = self._target(folder, move.target, posixpath.dirname(command.script.source.file.path))
        return folder

    def _target(self, folder: str | None, word: Word | None, here: str) -> str | None:
        """The folder after `cd`; None for one that is not known to be of this repository."""
        if word is None:
            return None
        if found := _TOP_LEVEL.match(word.value):
            return _joined("", "." + (found["rest"] or ""))
        if found := _OWN_FOLDER.match(word.value):
            return _joined(here, "." + (found["rest"] or "") + (found["more"] or ""))
        if self._trusting and (not word.known or word.value.startswith(("/", "~"))):
            rest = word.value.partition("/")[2] if word.value.startswith("$") else ""
            return None if _TEMPORARY.match(word.value) else rest if self._is_folder(rest) else ""
        if word.known and not word.value.startswith(("/", "~")) and folder is not None:
            below = _joined(folder, word.value)
            if below is not None and self._is_folder(below):
                return below
        if self._is_own(word.value):
            return ""
        # `"$HOME/clones/repository/recipes/one"`: wherever the clone lies, its projects have the ends of their paths.
        parts = word.value.rstrip("/").split("/")[1:]
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((end for end in ends if end in self._projects), None)

    def _is_own(self, path: str) -> bool:
        """Whether a path is named like a clone of this repository."""
        return posixpath.basename(path.rstrip("/")).lower() in self._own_names


@lru_cache(maxsize=512)
def _moves(script: Script) -> tuple[Tree | None, list[_Move]]:
    """What moves in a script, and the tree of one that may."""
    if not _WRITTEN.search(script.source.text):
        return None, []
    tree = Tree(script, None, None)
    return tree, [
        _Move(
            found.words[0].start,
            found.words[0].span.start,
            next((word for word in found.words[1:] if word.value == "-" or not word.value.startswith("-")), None),
            tree.shells(found.words[0].start),
            found.name == "popd" or [word.value for word in found.words[1:]] == ["-"],
        )
        for found in tree.commands(_MOVES)
        if not isinstance(found, Unreadable) and found.name in _MOVES
    ]


def _levels(command: ShellCommand) -> list[tuple[Script, int]]:
    """The script that a command stands in, and the scripts around it up to a container's: outermost first, with its offset in each."""
    found = [(command.script, command.words[0].start)]
    inner, outer = command, command.outer
    while outer is not None:
        if in_container([word.value for word in outer.words]):
            break
        if outer.script is not inner.script:
            found.append((outer.script, outer.words[0].start))
        inner, outer = outer, outer.outer
    return found[::-1]


def _joined(folder: str, path: str) -> str | None:
    """A path relative to a folder as one relative to the root; None for one outside of it."""
    joined = posixpath.normpath(posixpath.join(folder or ".", path))
    return None if joined == ".." or joined.startswith(("../", "/")) else "" if joined == "." else joined
