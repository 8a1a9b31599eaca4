"""Everything that installs uv itself: commands, workflow steps, and what a Dockerfile takes from an image of uv."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from policy_checks.readers import containers, github_workflow, toml
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.dockerfile import DOCKERFILES, Dockerfile
from policy_checks.readers.names import normalized
from policy_checks.readers.needles import Needles
from policy_checks.readers.pip_command import pip
from policy_checks.readers.shell import ShellCommand, Word
from policy_checks.readers.uv_command import uv
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Unreadable
from policy_checks.workspace import Kind, Workspace


@record(eq=False)
class UvInstaller:
    """One of them: what should name a version, how to name it, and whether it does. A range names none."""

    place: Place
    called: str  # as a message shows it
    instead: str
    pinned: bool
    command: ShellCommand | None = None


_URL = re.compile(
    r"/uv/(?:(?P<script>[^/\s]+)/)?(?:uv-)?install(?:er)?\.(?:sh|ps1)(?:$|[?#\"';|)])"
    r"|/uv/releases/(?:latest/download|download/(?P<release>[^/\s]+))/uv-[^/\s]+"
)
_EXACT = re.compile(r"v?\d+\.\d+\.\d+\S*|.*\$.*", re.DOTALL)  # what only the run can tell is given the benefit of the doubt
_FETCH = frozenset("curl wget wget2 aria2c http https xh irm iwr invoke-restmethod invoke-webrequest start-bitstransfer".split())
_PIP_SPECIFIER = re.compile(r"(?:\[[^\]]*\])?\s*(?P<rest>.*)", re.DOTALL)

# Other package managers: the subcommands that install. What names a version is in their manuals.
_MANAGERS = {
    **dict.fromkeys(("conda", "mamba", "micromamba"), ("install", "create")),
    "mise": ("use", "u", "install", "i"), "asdf": ("install",), **dict.fromkeys(("dnf", "yum", "microdnf", "cargo", "winget", "scoop", "choco", "snap", "brew"), ("install",)),
    "apk": ("add",), "zypper": ("install", "in"), "pacman": ("-S", "-Sy", "-Syu"),
}  # fmt: skip
_VALUED = ("-n", "--name", "-p", "--prefix", "-c", "--channel", "--index", "--registry", "--root", "--bucket")
_VERSION_OPTIONS = ("--version", "--vers", "-v", "--tag", "--rev")
_MANAGED = re.compile(r"(?:[\w.-]+(?:::|/|\.))?uv(?P<rest>[=@~<>!-].*)?")
_MANAGED_VERSION = re.compile(r"(?:={1,2}|@|-)\s*v?[\d$].*")


def _read(workspace: Workspace, needles: Needles) -> Iterator[UvInstaller | Unreadable]:
    for found in workspace.all(COMMANDS, needles):
        if isinstance(found, Unreadable):
            yield found
        else:
            yield from of_command(found)
    yield from _of_files(workspace, github_workflow.is_workflow, ("setup-uv",), partial(of_workflow, workspace))
    yield from _of_files(workspace, containers.may_run, ("astral-sh/uv", "astral/uv"), of_images)
    for image in workspace.all(DOCKERFILES, ("uv",)):
        if isinstance(image, Unreadable):
            yield image
        else:
            yield from of_dockerfile(image)


def _of_files(
    workspace: Workspace, wanted: Callable[[str], bool], needles: Needles, read: Callable[[SourceFile], Iterator[UvInstaller]]
) -> Iterator[UvInstaller | Unreadable]:
    for file in workspace.files(wanted, needles):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from read(file)
        except Unreadable as error:
            yield error


UV_INSTALLERS: Kind[UvInstaller] = Kind("installer of uv", _read)


def of_command(command: ShellCommand) -> Iterator[UvInstaller]:
    """What a command line fetches or installs of uv."""
    name = command.name.lower()
    if name in _FETCH:
        yield from _fetched(command)
    elif name in _MANAGERS:
        yield from _managed(command, name)
    elif (found := pip(command)) is not None:
        if found.installs and not any(word.value.startswith(("-c", "--constraint", "--require-hashes")) for word in found.arguments):
            yield from _required(command, "pip install", [*found.requirements()])
    elif (called := uv(command)) is not None:
        if called.subcommand == ("self", "update") and not called.has("-h", "--help", "--dry-run"):
            versions = any(called.positionals())
            yield UvInstaller(command.part(0, called.head - 1), "`uv self update`", "`uv self update VERSION`", versions, command)
        elif called.subcommand in (("pip", "install"), ("tool", "install")) and not called.has(
            "-h", "--help", "--dry-run", "-c", "--constraint", "--constraints", "--require-hashes"
        ):
            words = [*called.positionals()]
            yield from _required(command, f"uv {' '.join(called.subcommand)}", words if called.subcommand[0] == "pip" else words[:1])
    elif name == "pipx" and [word.value for word in command.words[1:2]] == ["install"]:
        yield from _required(command, "pipx install", command.words[2:])


def _fetched(command: ShellCommand) -> Iterator[UvInstaller]:
    for word in command.words[1:]:
        if found := _URL.search(word.value):
            version = found["script"] or found["release"] or ""
            instead = f"name a release in the URL: `…{_versioned(word.value[found.start() : found.end()])}`"
            yield UvInstaller(_place(command, word), "the installer of uv", instead, _EXACT.fullmatch(version) is not None, command)


def _versioned(path: str) -> str:
    if "/releases/" in path:
        return re.sub(r"/releases/.*", "/releases/download/VERSION/…", path)
    return re.sub(r"/uv/(?:[^/]+/)?", "/uv/VERSION/", path).rstrip("?#\"';|)")


def _required(command: ShellCommand, called: str, words: Sequence[Word]) -> Iterator[UvInstaller]:
    """Requirements (PEP 508) for uv, or `uv@0.9.0`."""
    for word in words:
        name = re.match(r"[A-Za-z0-9][\w.-]*", word.value)
        specifier = _PIP_SPECIFIER.fullmatch(word.value, name.end()) if name and normalized(name[0]) == "uv" else None
        if specifier is None or word.value.startswith("uv.lock"):
            continue
        rest = specifier["rest"].partition(";")[0].strip()
        varies = re.match(r"['\"]*uv[\s=@<>~!]*\$", command.written(word))  # `uv$SPECIFIER`: the version is the matter of the variable
        pinned = varies is not None or re.fullmatch(r"={2,3}\s*[^*,]+|@\s*(?!latest\b).+|.*\$.*", rest, re.DOTALL) is not None
        yield UvInstaller(_place(command, word), f"`{called} {word.value}`", f"`{called} uv==VERSION`", pinned, command)


def _managed(command: ShellCommand, manager: str) -> Iterator[UvInstaller]:
    words = command.words[1:]
    values = [word.value for word in words]
    start = next((index for index, value in enumerate(values) if value in _MANAGERS[manager]), None)
    if start is None:
        return
    by_option = any(value.partition("=")[0] in _VERSION_OPTIONS for value in values[start:]) and manager in ("cargo", "winget", "choco")
    for index in range(start + 1, len(words)):
        found = _MANAGED.fullmatch(values[index])
        if found is None or values[index - 1] in _VALUED:
            continue
        if manager == "asdf":  # `asdf install uv 0.9.2`; without a word behind the name it reads .tool-versions
            latest = values[index + 1 : index + 2] == ["latest"]
            yield UvInstaller(_place(command, words[index]), "`asdf install uv latest`", "`asdf install uv VERSION`", not latest, command)
            return
        pinned = by_option or _MANAGED_VERSION.fullmatch(found["rest"] or "") is not None
        instead = "its installer of one release: `curl -LsSf https://…/uv/VERSION/install.sh | sh`"
        if manager not in ("brew", "pacman", "snap"):
            instead = f"`{manager} {values[start]} {_with_version(manager)}`"
        yield UvInstaller(_place(command, words[index]), f"`{manager} {values[start]} {values[index]}`", instead, pinned, command)


def _with_version(manager: str) -> str:
    match manager:
        case "cargo" | "scoop" | "mise":
            return "uv@VERSION"
        case "winget" | "choco":
            return "… --version VERSION"
        case "dnf" | "yum" | "microdnf":
            return "uv-VERSION"
        case _:
            return "uv=VERSION"


def of_workflow(workspace: Workspace, file: SourceFile) -> Iterator[UvInstaller]:
    """The steps that use `setup-uv`, which without a version takes the one of uv's settings (`required-version`), or else the newest."""
    from yaml import ScalarNode

    document = Document(file)
    for root in document.roots:
        for job in [*(job for _, job in items(get(root, "jobs"))), get(root, "runs")]:
            for step in elements(get(job, "steps")):
                uses = get(step, "uses")
                if not isinstance(uses, ScalarNode) or not re.match(r"[\w.-]+/setup-uv@", uses.value):
                    continue
                inputs = {name: text(value) for name, value in items(get(step, "with"))}
                version = inputs.get("version", "")
                pinned = _EXACT.fullmatch(version.removeprefix("==")) is not None or inputs.get("resolution-strategy") == "lowest"
                if not version:
                    pinned = bool(inputs.get("version-file")) or _is_required(workspace, inputs.get("working-directory", ""))
                called = f"`{uses.value.partition('@')[0]}`" + (f" with version `{version}`" if version else "")
                yield UvInstaller(Place(file, document.span(uses)), called, 'set `version: "VERSION"` below its `with:`', pinned)


def _is_required(workspace: Workspace, folder: str) -> bool:
    """Whether uv's settings in a folder name the version that is to run."""
    prefix = f"{folder.strip('./')}/" if folder.strip("./") else ""
    for name, path in (("uv.toml", ("required-version",)), ("pyproject.toml", ("tool", "uv", "required-version"))):
        file = workspace.get(prefix + name)
        if file is not None and toml.document(file).get(*path) is not None:
            return True
    return "$" in folder


_IMAGE = re.compile(r"(?:[\w.:-]+/)*astral(?:-sh)?/uv(?::(?P<tag>[^@\s]*))?(?P<digest>@\S*)?")
_RUNS_IN = ("image", "container")


def of_dockerfile(found: Dockerfile) -> Iterator[UvInstaller]:
    """The images of uv that a Dockerfile takes something from."""
    for image in found.images:
        yield from _image(image.reference, Place(found.file, image.span))


def of_images(file: SourceFile) -> Iterator[UvInstaller]:
    """The images of uv that CI jobs and containers run in: `image:`, `container:`."""
    from yaml import MappingNode, ScalarNode

    document = Document(file)
    waiting, met = [*document.roots], set()
    while waiting:
        node = waiting.pop()
        if id(node) in met:  # what an alias repeats
            continue
        met.add(id(node))
        waiting += reversed(elements(node))
        for key, value in [*items(node)][::-1]:
            if key in _RUNS_IN and isinstance(value, ScalarNode):
                yield from _image(value.value, Place(file, document.span(value)))
            elif isinstance(value, MappingNode) or elements(value):
                waiting.append(value)


def _image(reference: str, place: Place) -> Iterator[UvInstaller]:
    """An image by its reference, if it is one of uv's; a tag without a version (`latest`, `alpine`) moves."""
    name = _IMAGE.fullmatch(reference)
    if name is not None:
        tag = name["tag"] or ""
        pinned = name["digest"] is not None or re.match(r"\d|.*\$", tag) is not None
        rest = tag if tag != "latest" else ""
        instead = f"`{reference.partition('@')[0].removesuffix(f':{tag}')}:VERSION{'-' if rest else ''}{rest}`"
        yield UvInstaller(place, f"the image `{reference}`", instead, pinned)


def _place(command: ShellCommand, word: Word) -> Place:
    index = command.words.index(word)
    return command.part(index, index)
