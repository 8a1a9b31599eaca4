"""The places of a repository that say which uv is installed, or which one may run."""

import re
from collections.abc import Iterator

from policy_checks.readers import dockerfile, github_workflow, makefile, toml
from policy_checks.readers.inline_code import is_history
from policy_checks.readers.needles import Needles
from policy_checks.readers.pip_command import pip
from policy_checks.readers.shell import ShellCommand, Word
from policy_checks.readers.uv_command import uv
from policy_checks.readers.uv_mentions import mentions
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind, Workspace


@record(eq=False)
class UvPin:
    """One of them: a version or specifiers as written, without `==`. A `bound` installs nothing: it says what may run.

    `fixed` is a pin that stands in more than its text: a digest, a frozen commit.
    """

    place: Place
    written: str
    called: str  # what holds it: `UV_VERSION`, `required-version`
    bound: bool = False
    fixed: bool = False


@record(eq=False)
class UvPins:
    """All of them, in the order of their files."""

    pins: tuple[UvPin, ...]

    @property
    def place(self) -> Place | None:
        """The first one."""
        return self.pins[0].place if self.pins else None


_VERSION = r"\d+\.\d+(?:\.\d+)?(?:(?:a|b|rc)\d+)?"
# Also the default in `${UV_VERSION:-0.9.0}`, and Docker's `ENV UV_VERSION 0.9.0`.
_VARIABLE = rf"(?<![\w$.-])(?:\$\{{)?UV_VERSION(?:[\"']?[ \t]*(?::-|[:?]?=|:)[ \t]*|[ \t]+)[\"']?(?P<v>{_VERSION}(?![\w*.]))"
_REGISTRY = r"(?:ghcr\.io/astral-sh|(?<![\w/.-])(?:docker\.io/)?astral)"
_IMAGE = rf"{_REGISTRY}/uv:(?P<v>{_VERSION})(?=[-@\s\"'`,\])}}]|$)(?P<digest>[\w.-]*@sha256)?"
_TEXTS = (  # what holds it, a needle, the pattern
    ("UV_VERSION", "UV_VERSION", re.compile(_VARIABLE)),
    ("install script", "astral", re.compile(rf"astral\.sh/uv/v?(?P<v>{_VERSION})/(?:uv-installer|install)\b")),
    ("download", "astral", re.compile(rf"astral-sh/uv/releases/download/v?(?P<v>{_VERSION})/")),
    ("image", "astral", re.compile(_IMAGE, re.MULTILINE)),
)
_NEEDLES = ("UV_VERSION", "astral")
_COMMENT = re.compile(r"[ \t]*(?:#|//|--|;|<!--)")
_TEST_DATA = re.compile(r"(?:^|/)(?:fixtures?|test[-_]?data|__fixtures__)/", re.IGNORECASE)
_SUFFIXES = tuple(".sh .bash .zsh .env .envrc .ps1 .bat .cmd .yml .yaml .md .mdx .markdown .rst .mk .hcl .tf".split())
_SETTINGS = re.compile(r"^[^/]*\.json$|(?:^|/)\.[^/]+/[^/]*\.json$")  # at the root, or in `.devcontainer`; elsewhere JSON is data
_REQUIREMENTS = re.compile(r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|requirements/[^/]+)\.(?:txt|in)$")
_SPECIFIERS = r"(?P<s>(?:===?|[<>~!]=|[<>])\s*[\w.*+!-]+(?:\s*,\s*(?:===?|[<>~!]=|[<>])\s*[\w.*+!-]+)*)"
_REQUIREMENT = re.compile(rf"(?P<name>uv)(?:\[[^\]]*\])?\s*{_SPECIFIERS}(?=\s*(?:;.*|\\|#.*)?$)")
_REQUIREMENT_LINE = re.compile(rf"^{_REQUIREMENT.pattern}", re.MULTILINE)
_AT = re.compile(rf"uv@(?P<s>{_VERSION})")
_CONDA = re.compile(rf"(?:[\w-]+::)?uv=(?P<s>{_VERSION})(?:=.*)?")
_FROZEN = re.compile(rf"#\s*frozen:\s*v?(?P<v>{_VERSION})")


def _read(workspace: Workspace, _needles: Needles) -> Iterator[UvPins | Unreadable]:
    found: dict[tuple[str, Span], UvPin] = {}
    for pin in _pins(workspace):
        if isinstance(pin, Unreadable):
            yield pin
        elif not _TEST_DATA.search(pin.place.file.path):
            found.setdefault((pin.place.file.path, pin.place.span), pin)
    yield UvPins(tuple(pin for _, pin in sorted(found.items(), key=lambda item: item[0])))


UV_PINS: Kind[UvPins] = Kind("pins of uv", _read)


def _pins(workspace: Workspace) -> Iterator[UvPin | Unreadable]:
    for wanted, needles, pins in (
        (_may_name, _NEEDLES, in_text),
        (github_workflow.is_workflow, ("setup-uv",), in_workflow),
        (_is_pre_commit, ("uv",), in_pre_commit),
        (_is_uv_settings, ("required-version",), in_settings),
        (_is_requirements, ("uv",), in_requirements),
    ):
        for file in workspace.files(wanted, needles):
            try:
                if isinstance(file, Unreadable):
                    raise file
                yield from pins(file)
            except Unreadable as error:
                yield error
    for command in mentions(workspace):
        if isinstance(command, Unreadable):
            yield command
        else:
            yield from in_command(command)


def _may_name(path: str) -> bool:
    name = path.rpartition("/")[2]
    plain = "." not in name.lstrip(".") or path.endswith(_SUFFIXES) or (path.endswith(".json") and _SETTINGS.search(path) is not None)
    return (plain or dockerfile.is_dockerfile(path) or makefile.is_makefile(path)) and not is_history(path)


def _is_pre_commit(path: str) -> bool:
    return path.rpartition("/")[2] in (".pre-commit-config.yaml", ".pre-commit-config.yml")


def _is_uv_settings(path: str) -> bool:
    return path.rpartition("/")[2] in ("pyproject.toml", "uv.toml")


def _is_requirements(path: str) -> bool:
    return _REQUIREMENTS.search(path) is not None


def in_text(file: SourceFile) -> Iterator[UvPin]:
    """Variables, URLs and images, in whatever notation surrounds them; not on a line that is a comment."""
    if not any(needle.encode() in file.data for needle in _NEEDLES):  # a wide encoding, which is for others to refuse
        return
    for called, needle, pattern in _TEXTS:
        for match in pattern.finditer(file.text) if needle in file.text else ():
            line = file.text.rfind("\n", 0, match.start()) + 1
            if not _COMMENT.match(file.text, line):
                digest = "digest" in pattern.groupindex and match["digest"] is not None
                yield UvPin(Place(file, Span(*match.span("v"))), match["v"], called, fixed=digest)


def in_workflow(file: SourceFile) -> Iterator[UvPin]:
    """What `setup-uv` is told to install."""
    document = Document(file)
    for root in document.roots:
        for job in [*(job for _, job in items(get(root, "jobs"))), get(root, "runs")]:
            for step in elements(get(job, "steps")):
                if re.match(r"[\w.-]+/setup-uv@", text(get(step, "uses"))):
                    yield from _setup(document, get(step, "with", "version") or get(step, "with", "uv-version"))


def _setup(document: Document, node: "object | None") -> Iterator[UvPin]:
    from yaml import ScalarNode

    if isinstance(node, ScalarNode) and re.match(r"[\d<>=~^]", node.value):
        value = re.fullmatch(rf"(?:==)?({_VERSION})", node.value)
        start, end = value.span(1) if value else (0, len(node.value))
        yield UvPin(Place(document.file, document.scalar(node).span(start, end)), node.value[start:end], "setup-uv")


def in_pre_commit(file: SourceFile) -> Iterator[UvPin]:
    """The release of uv's own hooks, which is that of the uv that they install."""
    from yaml import ScalarNode

    document = Document(file)
    for root in document.roots:
        for repo in elements(get(root, "repos")):
            rev = get(repo, "rev")
            if not text(get(repo, "repo")).removesuffix(".git").endswith("/uv-pre-commit") or not isinstance(rev, ScalarNode):
                continue
            if version := re.fullmatch(rf"v?({_VERSION})", rev.value):
                yield UvPin(Place(file, document.scalar(rev).span(*version.span(1))), version[1], "rev of uv-pre-commit")
            elif frozen := _FROZEN.search(file.text, document.span(rev).end, file.line_span(file.location(document.span(rev).end)[0]).end):
                yield UvPin(Place(file, Span(*frozen.span("v"))), frozen["v"], "rev of uv-pre-commit", fixed=True)


def in_settings(file: SourceFile) -> Iterator[UvPin]:
    """`required-version` of uv's settings."""
    document = toml.document(file)
    path = ("required-version",) if file.path.endswith("uv.toml") else ("tool", "uv", "required-version")
    value = document.get(*path)
    if isinstance(value, str):
        span = document.span(*path)
        at = file.text.find(value, span.start, span.end)
        start = at + len(value) - len(value.removeprefix("==").lstrip())
        place = Place(file, Span(start, at + len(value)) if at >= 0 else span)
        yield UvPin(place, value.removeprefix("==").lstrip(), "required-version", bound=True)


def in_requirements(file: SourceFile) -> Iterator[UvPin]:
    """A requirements file's line for uv; a hash beside it makes it more than its text."""
    for match in _REQUIREMENT_LINE.finditer(file.text):
        fixed = file.text[match.end() :].lstrip().startswith(("\\", "--hash"))
        start = match.start("s") + _equals(match["s"])
        yield UvPin(Place(file, Span(start, match.end("s"))), file.text[start : match.end("s")], "requirement", fixed=fixed)


def in_command(command: ShellCommand) -> Iterator[UvPin]:
    """What a command line installs of uv."""
    for word, pattern in _installed(command):
        match = pattern.fullmatch(word.value) if word.known else None
        if match is None:
            continue
        start = match.start("s") + _equals(match["s"])
        place = Place(command.script.source.file, word.span_of(start, match.end("s")))
        written = word.value[start : match.end("s")]
        # A version that comes from a variable is pinned where that is set.
        if place.file.cut(place.span) == written:
            yield UvPin(place, written, "install command")


def _installed(command: ShellCommand) -> Iterator[tuple[Word, re.Pattern[str]]]:
    words = command.words
    values = [word.value for word in words[:3]]
    found, called = pip(command), uv(command)
    if found is not None and found.subcommand in ("install", "download", "wheel"):
        yield from ((word, _REQUIREMENT) for word in found.requirements())
    elif called is not None and called.subcommand in (("pip", "install"), ("tool", "install")):
        yield from ((word, pattern) for word in called.positionals() for pattern in (_REQUIREMENT, _AT))
    elif called is not None and called.subcommand == ("self", "update"):
        yield from ((word, re.compile(rf"(?P<s>{_VERSION})")) for word in called.positionals())
    elif values[:2] == ["pipx", "install"]:
        yield from ((word, _REQUIREMENT) for word in words[2:])
    elif command.name in ("conda", "mamba", "micromamba") and "install" in values[1:2]:
        yield from ((word, pattern) for word in words[2:] for pattern in (_REQUIREMENT, _CONDA))
    elif command.name in ("mise", "asdf") and len(values) > 2:
        yield from ((word, _AT) for word in words[2:])


def _equals(specifiers: str) -> int:
    """The length of a `==` in front of a single version: the version is the pin."""
    equals = re.match(r"===?\s*", specifiers)
    return equals.end() if equals and "," not in specifiers and "*" not in specifiers else 0
