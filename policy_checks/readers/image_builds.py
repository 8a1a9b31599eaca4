"""Commands that build a container image, joined with the Dockerfile that they build, and what they give to it."""

import posixpath
from collections.abc import Iterator, Sequence

from policy_checks.readers import commands, dockerfile
from policy_checks.readers.dockerfile import Dockerfile
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import ShellCommand, Word
from policy_checks.record import record
from policy_checks.source import Place, Span, Unreadable
from policy_checks.workspace import Kind, Workspace

# The subcommands that build; the words before the last one may have options in between.
_BUILDS = (
    *((tool, "build") for tool in ("docker", "podman", "nerdctl", "buildah")),
    *((tool, "buildx", "build") for tool in ("docker", "podman")),
    *((tool, "builder", "build") for tool in ("docker", "nerdctl")),
    *((tool, "image", "build") for tool in ("docker", "podman", "nerdctl")),
    ("buildah", "bud"),
)
_TOOLS = tuple(sorted({build[0] for build in _BUILDS}))
# All other options of these commands take a value.
_FLAGS = frozenset(
    "-D --debug -q --quiet --check --compress --disable-content-trust --force-rm --help --load --no-cache --pull --pull-always --pull-never "
    "--push --rm --squash --squash-all --layers --stdin --tls-verify --all-platforms --no-hosts --no-hostname --skip-unused-stages".split()
)


@record(eq=False)
class ImageBuild:
    """One `docker build`: the Dockerfile that it builds, and what `--target` and `--build-arg` say."""

    command: ShellCommand
    head: int  # how many words name it: `docker buildx build`
    dockerfile: Dockerfile | None  # None for one that the command line does not tell, or that is no part of the workspace
    target: Word | None  # the option's word, `--target=x` or the `x` after it
    arguments: tuple["BuildArgument", ...] = ()


@record(eq=False)
class BuildArgument:
    """One `--build-arg NAME=value`."""

    name: str
    value: str
    known: bool
    place: Place  # the value


def image_builds(workspace: Workspace, needles: Needles) -> Iterator[ImageBuild | Unreadable]:
    """The builds of Dockerfiles that are part of the workspace, run or documented."""
    for found in commands.read((*commands.RUN, *commands.DOCUMENTATION), workspace, needles):
        if isinstance(found, Unreadable):
            yield found
        elif head := _head(found):
            yield from _build(workspace, found, head)


IMAGE_BUILDS: Kind[ImageBuild] = Kind("image build", image_builds)


_GLOBAL_WITH_VALUE = {
    "--context",
    "-c",
    "--host",
    "-H",
    "--config",
    "--log-level",
    "-l",
    "--builder",
    "--url",
    "--root",
    "--namespace",
    "-n",
}
_SHORT_WITH_VALUE = "ftocmv"


def _head(command: ShellCommand) -> int:
    """How many words name a build; 0 when the command is none."""
    if command.name not in _TOOLS:
        return 0
    named, of_option = [command.name], False
    for index, word in enumerate(command.words[1:], 1):
        if of_option or word.value.startswith("-"):
            of_option = word.value in _GLOBAL_WITH_VALUE
            continue
        named.append(word.value)
        if tuple(named) in _BUILDS:
            return index + 1
        if len(named) == 3:
            break
    return 0


def _build(workspace: Workspace, command: ShellCommand, head: int) -> Iterator[ImageBuild | Unreadable]:
    file, target, context, given = _arguments(command.words[head:])
    if file is None and context is not None:
        path = _in_repository(workspace, command, posixpath.join(context.value, "Dockerfile"))
    else:
        path = _in_repository(workspace, command, file or "") if file else None
    try:
        built = workspace.file(path).once(dockerfile.read) if path is not None else None
    except Unreadable as error:
        yield error
        return
    yield ImageBuild(command, head, built, target, tuple(argument for word in given if (argument := _given(command, word))))


def _given(command: ShellCommand, word: Word) -> BuildArgument | None:
    """What `NAME=value` or `--build-arg=NAME=value` gives; None for a name alone, whose value comes from the environment."""
    start = len("--build-arg=") if word.value.startswith("--build-arg=") else 0
    name, equals, value = word.value[start:].partition("=")
    if not equals or not name.isidentifier():
        return None
    first = start + len(name) + 1
    span = word.span_of(first, len(word.value)) if value else Span(word.span.end, word.span.end)
    return BuildArgument(name, value, word.known, Place(command.script.source.file, span))


def _arguments(words: Sequence[Word]) -> tuple[str | None, Word | None, Word | None, list[Word]]:
    """The values of `--file` and `--target`, the context, and the words of every `--build-arg`."""
    file, target, context = None, None, None
    given: list[Word] = []
    index = 0
    while index < len(words):
        word = words[index]
        name, equals, value = word.value.partition("=")
        index += 1
        if not name.startswith("-"):
            context = word
        elif not name.startswith("--"):
            letter, value = _short(word.value)
            if letter and not value and index < len(words):
                value = words[index].value
                index += 1
            file = value if letter == "f" else file
        elif name not in _FLAGS:
            if not equals and index < len(words):
                word, value = words[index], words[index].value
                index += 1
            if name == "--file":
                file = value
            elif name == "--target":
                target = word
            elif name == "--build-arg":
                given.append(word)
    return file, target, context, given


def _short(word: str) -> tuple[str, str]:
    """The letter in a cluster (`-qf`, `-timage`) that takes a value, and the value where it is attached."""
    for position, letter in enumerate(word[1:], 2):
        if letter in _SHORT_WITH_VALUE:
            return letter, word[position:].removeprefix("=")
    return "", ""


def _in_repository(workspace: Workspace, command: ShellCommand, path: str) -> str | None:
    """A path on a command line as one of the workspace: from the root, or from the folder the command is written in.

    A leading variable (`$ROOT/docker/Dockerfile`) is taken for the root.
    """
    if path.startswith("$"):
        path = path.partition("/")[2]
    here = posixpath.dirname(command.script.source.file.path)
    candidates = (posixpath.normpath(path), posixpath.normpath(posixpath.join(here, path)))
    return next((candidate for candidate in candidates if candidate in workspace), None)
