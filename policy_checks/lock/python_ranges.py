"""The Python versions that a project says it supports, as minor versions."""

from collections.abc import Iterator
from functools import cache

from policy_checks.lock.specifiers import InvalidSpecifier, accepted
from policy_checks.readers.python_places import IMAGES, MATRICES, NamedVersion
from policy_checks.readers.python_targets import Version
from policy_checks.readers.tool_settings import TOOL_SETTINGS, ToolSettings
from policy_checks.readers.written import Written, unquoted
from policy_checks.record import record
from policy_checks.source import Place, Span, Unreadable
from policy_checks.workspace import Kind, Workspace

_NEWEST = 40  # minor versions beyond are not looked for


@record(eq=False)
class PythonRange:
    """A project's `requires-python`, its tools, and what the repository runs on (for the project at its root)."""

    requires: Written
    settings: ToolSettings
    run_on: tuple[NamedVersion, ...] = ()  # what is not supported of what the repository is run on

    def admits(self, version: Version) -> bool:
        """Whether some release of a minor version is supported."""
        return admits(self.requires.text, version)

    @property
    def lowest(self) -> Version | None:
        """The oldest minor version that is supported; None where there is no lower bound in Python 3."""
        return lowest(self.requires.text)

    def classifiers(self) -> Iterator[Written]:
        """The trove classifiers, in pyproject.toml or setup.cfg."""
        own, metadata = self.settings.pyproject, self.settings.get("metadata")
        listed = own.document.get("project", "classifiers") if own else None
        if own and isinstance(listed, list):
            for index, text in enumerate(listed):
                if isinstance(text, str):
                    yield Written(text, unquoted(own.document.place("project", "classifiers", index)))
        elif metadata:
            lines = str(metadata.values.get("classifiers", "")).splitlines()
            for line in filter(None, map(str.strip, lines)):
                at = metadata.file.text.find(f" {line}") + 1
                yield Written(line, Place(metadata.file, Span(at, at + len(line))))


@cache
def admits(requires: str, version: Version) -> bool:
    """Whether a specifier accepts some release of a minor version; raises InvalidSpecifier."""
    return bool(accepted(",".join(filter(None, (requires.strip().rstrip(","), f"=={version[0]}.{version[1]}.*")))).versions)


@cache
def lowest(requires: str) -> Version | None:
    """The oldest minor version of Python 3 that a specifier accepts, None for one without a lower bound; raises InvalidSpecifier."""
    found = next(((3, minor) for minor in range(_NEWEST) if admits(requires, (3, minor))), None)
    return None if found == (3, 0) else found


def declared(settings: ToolSettings) -> Written | None:
    """`requires-python` of pyproject.toml, or `python_requires` of setup.cfg; raises Unreadable for one that is no specifier."""
    own, old = settings.pyproject, settings.get("setuptools")
    project = own.project if own else None
    requires = project.requires_python if project else None
    found = Written(requires.text, unquoted(requires.place)) if requires else old.text("python_requires") if old else None
    try:
        if found:
            lowest(found.text)
    except InvalidSpecifier as error:
        raise Unreadable(found.place.file, found.place.span, str(error)) from None  # type: ignore[union-attr]
    return found


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[PythonRange | Unreadable]:
    found: list[tuple[Written, ToolSettings]] = []
    for settings in workspace.all(TOOL_SETTINGS):
        try:
            if isinstance(settings, Unreadable):
                raise settings
            if requires := declared(settings):
                found.append((requires, settings))
        except Unreadable as error:
            yield error
    every = [requires.text for requires, _settings in found]
    for requires, settings in found:
        run_on = [] if settings.folder else [*_run_on(workspace, requires.text, every)]
        yield from (one for one in run_on if isinstance(one, Unreadable))
        yield PythonRange(requires, settings, tuple(one for one in run_on if isinstance(one, NamedVersion)))


def _run_on(workspace: Workspace, own: str, every: list[str]) -> Iterator[NamedVersion | Unreadable]:
    """What is not supported: a job may be that of any project, the repository's own images hold the project at its root."""
    for kind, ranges in ((MATRICES, every), (IMAGES, [own])):
        for one in workspace.all(kind):
            if isinstance(one, Unreadable) or not any(admits(requires, one.version) for requires in ranges):
                yield one


PYTHON_RANGE: Kind[PythonRange] = Kind("supported Python versions", _read)
