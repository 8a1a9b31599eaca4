"""`.pre-commit-config.yaml`, which pre-commit and prek read: hook repositories at their revisions, and their hooks."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_checks.readers.written import Written
from policy_checks.readers.yaml_text import Document, elements, get, text
from policy_checks.record import record
from policy_checks.source import Place, SourceFile
from policy_checks.workspace import per_file

if TYPE_CHECKING:
    from yaml import Node

_COMMENT = re.compile(r"[\"']?[ \t]+#[ \t]*([^\n]*)")
_NOT_CLONED = ("local", "meta", "builtin")  # what `repo` names instead of a repository; `builtin` is prek's


@record(eq=False)
class Hook:
    """One hook: its id, what it is given, and what is installed beside it."""

    id: str
    arguments: tuple[Written, ...]
    additional: tuple[Written, ...]


@record(eq=False)
class HookRepository:
    """One entry of `repos`; without `rev` for hooks that are not cloned."""

    url: str
    rev: Written | None
    comment: str  # what stands behind the revision: `frozen: v1.2`
    hooks: tuple[Hook, ...]

    @property
    def project(self) -> str:
        """Owner and name in lower case, as in `astral-sh/ruff-pre-commit`."""
        parts = re.split(r"[/:]", self.url.lower().rstrip("/").removesuffix(".git"))
        return "/".join(parts[-2:])


@record(eq=False)
class PreCommitConfig:
    """One configuration."""

    file: SourceFile
    repositories: tuple[HookRepository, ...]


def is_config(path: str) -> bool:
    """Whether a file is such a configuration by its name."""
    return path.rpartition("/")[2] in (".pre-commit-config.yaml", ".pre-commit-config.yml")


def read(file: SourceFile) -> PreCommitConfig:
    """One file; raises Unreadable where it is not YAML."""
    document = Document(file)
    return PreCommitConfig(file, tuple(found for root in document.roots[:1] for found in _repositories(document, get(root, "repos"))))


def _repositories(document: Document, repos: "Node | None") -> Iterator[HookRepository]:
    for entry in elements(repos):
        url, rev = text(get(entry, "repo")), written(document, get(entry, "rev"))
        hooks = tuple(
            Hook(text(get(hook, "id")), _texts(document, get(hook, "args")), _texts(document, get(hook, "additional_dependencies")))
            for hook in elements(get(entry, "hooks"))
        )
        comment = _COMMENT.match(document.file.text, rev.place.span.end) if rev else None
        yield HookRepository(url, None if url in _NOT_CLONED else rev, comment[1].strip() if comment else "", hooks)


def _texts(document: Document, node: "Node | None") -> tuple[Written, ...]:
    return tuple(found for item in elements(node) if (found := written(document, item)))


def written(document: Document, node: "Node | None") -> Written | None:
    """A scalar's text and place; None for any other node."""
    from yaml import ScalarNode

    if not isinstance(node, ScalarNode):
        return None
    value = document.scalar(node)
    span = value.span(0, len(value.text)) if value.text else document.span(node)
    return Written(value.text, Place(document.file, span))


PRE_COMMIT_CONFIG = per_file("pre-commit configuration", is_config, lambda file: [file.once(read)])
