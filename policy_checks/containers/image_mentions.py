"""Where the text of a repository names an image that is pinned: in scripts, settings, and the code of documents, in whatever notation."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from policy_checks.containers.base_images import NamedImage
from policy_checks.containers.image_reference import ImageReference
from policy_checks.readers import dockerfile, documentation, makefile, notebook
from policy_checks.readers.inline_code import is_history
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Workspace

_SUFFIXES = tuple(
    ".sh .bash .zsh .fish .env .envrc .ps1 .bat .cmd .yml .yaml .md .mdx .markdown .rst .mk .hcl .tf .toml .cfg .ini .conf "
    ".sub .slurm .sbatch .pbs .j2 .py .nomad .groovy".split()
)
_SETTINGS = re.compile(r"^[^/]*\.json$|(?:^|/)\.[^/]+/[^/]*\.json$")  # at the root, or in `.devcontainer`; elsewhere JSON is data
_TEST_DATA = re.compile(r"(?:^|/)(?:fixtures?|test[-_]?data|__fixtures__|__snapshots__)/", re.IGNORECASE)
_TEST_MODULE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_COMMENT = re.compile(r"[ \t]*(?:#|//|;|<!--)")
_INLINE = re.compile(r"(?<!`)(`{1,2})(?!`)[^`\n]+?\1")
_TAG, _DIGEST = r"[A-Za-z0-9_][\w.-]{0,127}+", r"@[a-z0-9]+:[0-9a-f]{32,}+"
# What stands for a tag: `YY.MM-py3`, `xx.xx`, `<tag>`, `VERSION`.
_PLACEHOLDER = re.compile(r"(?:^|[._-])(?:([XxYyMmNnZz])\1*|(?:YOUR_?)?(?:TAG|VERSION|RELEASE|tag|version))(?=$|[._-])")


def mentions(workspace: Workspace, images: Iterable[ImageReference]) -> Iterator[NamedImage | Unreadable]:
    """Every place where one of these repositories stands with a tag or a digest.

    An official image (`python:3.12`) is a plain word: only what is parsed can tell one.
    """
    repositories = {image.repository: image for image in images if "/" in image.path or image.registry}
    if not repositories:
        return
    pattern = re.compile("|".join(f"(?:{_pattern(image)})" for image in repositories.values()))
    for file in workspace.files(_may_name, tuple(sorted({image.path for image in repositories.values()}))):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from _in_file(file, pattern)
        except Unreadable as error:
            yield error


def _pattern(image: ImageReference) -> str:
    host = re.escape(image.registry + (f":{image.port}" if image.port else ""))
    before = rf"{host}[/#]" if image.registry else r"(?:docker\.io/)?"
    return rf"(?:(?<![\w./:#@$}}])(?<!\w-)|(?<=://)){before}{re.escape(image.path)}(?=[:@])(?::{_TAG})?+(?:{_DIGEST})?+(?![@$<{{*])"


def _may_name(path: str) -> bool:
    name = path.rpartition("/")[2]
    plain = "." not in name.lstrip(".") or path.endswith(_SUFFIXES) or (path.endswith(".json") and _SETTINGS.search(path) is not None)
    if not (plain or dockerfile.is_dockerfile(path) or makefile.is_makefile(path) or notebook.is_notebook(path)):
        return False
    return not (is_history(path) or _TEST_DATA.search(path) or _TEST_MODULE.search(path))


def _in_file(file: SourceFile, pattern: re.Pattern[str]) -> Iterator[NamedImage]:
    found = [*pattern.finditer(file.text)]
    is_document = documentation.is_documentation(file.path)
    blocks = sorted(place for block in documentation.blocks(file) for place in block.text.places) if found and is_document else []
    inline = [Span(*code.span()) for code in _INLINE.finditer(file.text)] if found and is_document else []
    for match in found:
        at, text = match.start(), match[0].rstrip(".-")
        tag = text.partition("@")[0].rpartition(":")[2]
        # A tag with a slash is the name: a placeholder stood behind it.
        if _PLACEHOLDER.search(tag) or ("/" in tag and "@" not in text):
            continue
        is_comment = _COMMENT.match(file.text, file.text.rfind("\n", 0, at) + 1) is not None
        if not _holds(inline, at) and (is_comment or (is_document and not _holds(blocks, at))):
            continue
        if file.path.endswith(".py") and not _is_string(file.text, at, at + len(text)):
            continue
        yield NamedImage(text, Place(file, Span(at, at + len(text))), "named here")


def _holds(spans: Sequence[Span], at: int) -> bool:
    """Whether one of these, in their order, holds an offset."""
    number = bisect_right(spans, at, key=lambda span: span.start)
    return number > 0 and at < spans[number - 1].end


def _is_string(text: str, start: int, end: int) -> bool:
    """Whether a string of Python is this and no more."""
    return text[start - 1 : start] in ("'", '"') and text[end : end + 1] == text[start - 1 : start]
