"""Command lines that fetch code with git: clones, and what pip and uv install from a repository."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from policy_checks.readers.pip_command import pip
from policy_checks.readers.shell import ShellCommand, Word
from policy_checks.record import record

NEEDLES = ("git+", "clone")
AROUND = ("git", "cd", "pushd")  # what the commands hold that tell where a clone ends up

_INSTALLERS = ("uv", "uvx", "pipx")
# Another machine's repository: a URL, or `user@host:path`. A path is a clone of what is there already.
_REMOTE = re.compile(r"[A-Za-z][A-Za-z+]*://(?!/)|[\w.-]+@[\w.-]+:")

# Options that take the next word (git 2.50).
_GLOBAL = frozenset("-C -c --exec-path --git-dir --work-tree --namespace --super-prefix --config-env".split())
_OF_CLONE = frozenset(
    "-b --branch -o --origin -u --upload-pack --reference --reference-if-able --separate-git-dir --depth -j --jobs -c --config --template "
    "--filter --shallow-since --shallow-exclude --server-option --bundle-uri --ref-format --revision".split()
)
_NAMES_A_BRANCH = frozenset("-b -B -c -C --orphan --create --force-create".split())


@record(eq=False)
class Clone:
    """A `git clone` and the reference that its work tree is at in the end; `at` is the word that says so, None: nothing does."""

    command: ShellCommand
    url: Word
    at: Word | None
    reference: str


@record(eq=False)
class Installed:
    """A word of a command line that installs from git: `git+https://host/repo@ref`, and the reference that `uv add` is given beside it."""

    command: ShellCommand
    word: Word
    kind: str = ""  # rev, tag or branch
    at: Word | None = None  # the word that holds that option's value
    reference: str = ""


def installed(command: ShellCommand) -> Iterator[Installed]:
    """What a command line of pip, uv or pipx takes from git."""
    if command.name not in _INSTALLERS and pip(command) is None:
        return
    kind, at, reference = "", None, ""
    for index, word in enumerate(command.words if command.name == "uv" else ()):
        name, equals, value = word.value.partition("=")
        if name in ("--rev", "--tag", "--branch") and (equals or index + 1 < len(command.words)):
            at = word if equals else command.words[index + 1]
            kind, reference = name.removeprefix("--"), value if equals else at.value
    yield from (Installed(command, word, kind, at, reference) for word in command.words if "git+" in word.value)


class _Tree:
    """A clone while the commands after it are read."""

    def __init__(self, command: ShellCommand, url: Word, folder: str, at: Word | None, reference: str) -> None:
        self.command, self.url, self.folder, self.at, self.reference = command, url, folder, at, reference
        self.fetched: Word | None = None


def clones(commands: Iterable[ShellCommand]) -> Iterator[Clone]:
    """The clones of one file's commands, in order, each with what the commands after it check out."""
    trees: list[_Tree] = []
    current: _Tree | None = None
    for command in commands:
        if command.name in ("cd", "pushd") and len(command.words) > 1:
            current = _at(trees, command.words[1].value) or current
        elif command.name == "git":
            folder, subcommand, arguments = _parts(command.words)
            if subcommand == "clone":
                tree = _cloned(command, arguments)
                if tree is not None:
                    trees.append(tree)
                    current = tree
            elif tree := (_at(trees, folder) if folder else current):
                _checked_out(tree, subcommand, arguments)
    return (Clone(tree.command, tree.url, tree.at, tree.reference) for tree in trees)


def _at(trees: Sequence[_Tree], folder: str) -> _Tree | None:
    """The latest clone into a folder of that name."""
    name = posixpath.basename(folder.rstrip("/"))
    return next((tree for tree in reversed(trees) if tree.folder == name), None)


def _parts(words: Sequence[Word]) -> tuple[str, str, Sequence[Word]]:
    """The folder that `-C` names, the subcommand and what follows it."""
    folder, index = "", 1
    while index < len(words) and words[index].value.startswith("-"):
        if words[index].value == "-C" and index + 1 < len(words):
            folder = words[index + 1].value
        index += 2 if words[index].value in _GLOBAL else 1
    return folder, words[index].value if index < len(words) else "", words[index + 1 :]


def _cloned(command: ShellCommand, arguments: Sequence[Word]) -> _Tree | None:
    positional: list[Word] = []
    at, reference, index = None, "", 0
    while index < len(arguments):
        word = arguments[index]
        name, equals, value = word.value.partition("=")
        index += 1
        if not name.startswith("-"):
            positional.append(word)
            continue
        if not equals and name in _OF_CLONE and index < len(arguments):
            word, value = arguments[index], arguments[index].value
            index += 1
        elif name.startswith("-b") and len(name) > 2:
            name, value = "-b", word.value[2:]
        if name in ("-b", "--branch", "--revision"):
            at, reference = word, value
    if not positional or not _REMOTE.match(positional[0].value):
        return None
    folder = positional[1].value if len(positional) > 1 else positional[0].value
    return _Tree(command, positional[0], posixpath.basename(folder.rstrip("/")).removesuffix(".git"), at, reference)


def _checked_out(tree: _Tree, subcommand: str, arguments: Sequence[Word]) -> None:
    """Notes what a work tree is moved to."""
    if subcommand == "fetch":
        named = [word for word in arguments if not word.value.startswith("-")]
        tree.fetched = named[-1] if len(named) > 1 else None
    if subcommand not in ("checkout", "reset", "switch"):
        return
    named = []
    skip = False
    for number, word in enumerate(arguments):
        if word.value == "--" and number + 1 < len(arguments):
            return  # files are taken from the commit, which the work tree does not move to
        if not skip and not word.value.startswith("-"):
            named.append(word)
        skip = not skip and word.value in _NAMES_A_BRANCH
    if len(named) != 1 or named[0].value == "." or named[0].value.startswith("HEAD"):
        return
    target = tree.fetched if named[0].value == "FETCH_HEAD" else named[0]
    if target is not None:
        tree.at, tree.reference = target, target.value
