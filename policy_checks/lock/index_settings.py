"""Every place that tells uv or pip which indexes there are: settings, requirements files, command lines and the environment of builds and jobs."""

import posixpath
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cached_property, partial
from itertools import chain

from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.readers import toml
from policy_checks.readers.build_commands import image_commands, is_dockerfile, is_job, job_commands
from policy_checks.readers.pip_command import pip
from policy_checks.readers.requirements_txt import REQUIREMENTS_FILE, RequirementsFile
from policy_checks.readers.shell import ShellCommand, Word
from policy_checks.readers.table import Text
from policy_checks.readers.toml import Document, Key
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind, Workspace


class Says(StrEnum):
    """What a setting is about."""

    INDEX = "an index beside the default one"
    DEFAULT = "the default index"
    LINKS = "a page or folder of archives"
    STRATEGY = "what is taken from which index"
    INSECURE = "a host whose certificate is not checked"


@record(eq=False)
class IndexSetting:
    """One value of one setting; `shown` is the setting as a message names it."""

    says: Says
    value: str
    shown: str
    find: Callable[[], Place]
    is_explicit: bool = False  # an index that serves only what names it

    @cached_property
    def place(self) -> Place:
        """Where the value stands."""
        return self.find()


_KEYS = {
    "index-url": Says.DEFAULT,
    "extra-index-url": Says.INDEX,
    "find-links": Says.LINKS,
    "index-strategy": Says.STRATEGY,
    "allow-insecure-host": Says.INSECURE,
}
_OPTIONS = {f"--{key}": says for key, says in _KEYS.items()} | {
    "-i": Says.DEFAULT,
    "-f": Says.LINKS,
    "--index": Says.INDEX,
    "--default-index": Says.DEFAULT,
    "--trusted-host": Says.INSECURE,
}
_VARIABLES = {
    "UV_INDEX": Says.INDEX,
    "UV_DEFAULT_INDEX": Says.DEFAULT,
    "UV_INSECURE_HOST": Says.INSECURE,
    "PIP_TRUSTED_HOST": Says.INSECURE,
    "UV_INDEX_STRATEGY": Says.STRATEGY,
} | {
    f"{tool}_{name}": says
    for tool in ("UV", "PIP")
    for name, says in (("INDEX_URL", Says.DEFAULT), ("EXTRA_INDEX_URL", Says.INDEX), ("FIND_LINKS", Says.LINKS))
}
_NEEDLES = (
    "index-url",
    "index-strategy",
    "trusted-host",
    "insecure-host",
    "--index",
    "--default-index",
    "find-links",
    "-i http",
    "-f http",
)
_OPTION = re.compile(
    r"--(?:index-strategy|trusted-host|allow-insecure-host)"
    r"|(?:--(?:extra-|default-)?index(?:-url)?|--find-links|(?:pip|uv)\b[^\n]{0,300}\s-[if])[= ]+[\"']?(?:[\w.-]+=)?(?:https?:|\$[{\w])"
)
_PREFIXES = ("UV_", "PIP_")
# In a Dockerfile's ENV and ARG, a workflow's `env:`, and what a script exports, a variable's name stands before its value.
_VARIABLE = re.compile(
    rf"(?<![\w$])(?P<name>{'|'.join(sorted(_VARIABLES, key=len, reverse=True))})"
    r"[\"']?(?:[ \t]*[=:][ \t]*|[ \t]+)(?:\"(?P<double>[^\"\n]*)\"|'(?P<single>[^'\n]*)'|(?P<plain>[^\s\"'\\;&|]+))"
)


def _of_toml(document: Document, *path: Key) -> Iterator[IndexSetting]:
    """The settings of `[tool.uv]` or uv.toml. What uv refuses is told elsewhere; here it is passed over."""
    name = "".join(f"{key}." for key in path)
    tables = document.get(*path, "index")
    for number, table in enumerate(tables if isinstance(tables, list) else ()):
        url = table.get("url") if isinstance(table, dict) else None
        if isinstance(url, str):
            says = Says.DEFAULT if table.get("default") is True else Says.INDEX
            find = partial(document.place, *path, "index", number, "url")
            yield IndexSetting(says, url, f"[[{name}index]]", find, table.get("explicit") is True)
    for above in (path, (*path, "pip")):
        for key, says in _KEYS.items():
            value = document.get(*above, key)
            for number, item in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(item, str):
                    at = (*above, key, number) if isinstance(value, list) else (*above, key)
                    yield IndexSetting(says, item, f"{'.'.join(map(str, above[-1:]))}.{key}".lstrip("."), partial(document.place, *at))


def _of_requirements(file: RequirementsFile) -> Iterator[IndexSetting]:
    for line in file.lines:
        for name, value in line.options:
            if name in _OPTIONS:
                yield IndexSetting(_OPTIONS[name], value, name, partial(_inside, line.written, value))


def _inside(written: Text, value: str) -> Place:
    place = written.place
    at = place.file.cut(place.span).find(value)
    return place if at < 0 else Place(place.file, Span(place.span.start + at, place.span.start + at + len(value)))


def _of_command(command: ShellCommand) -> Iterator[IndexSetting]:
    if command.name not in ("uv", "uvx", "pipx") and pip(command) is None:
        return
    file, words = command.place.file, command.words
    # `uvx` and `uv run` start another command, whose short options are its own.
    starts_another = command.name in ("uvx", "pipx") or (command.name == "uv" and any(word.value == "run" for word in words))
    for index, word in enumerate(words):
        name, equals, value = word.value.partition("=")
        if name not in _OPTIONS or (starts_another and not name.startswith("--")):
            continue
        if not equals and index + 1 < len(words):
            word, value = words[index + 1], words[index + 1].value
        if name == "--index":  # `--index name=https://…`
            value = re.sub(r"^[\w.-]+=", "", value)
        yield IndexSetting(_OPTIONS[name], value, name, partial(_of_word, file, word, value))


def _of_word(file: SourceFile, word: Word, value: str) -> Place:
    """A value in a word: without `--option=` and quotes; the whole word where the value is spelled otherwise."""
    place = Place(file, word.span)
    at = place.file.cut(place.span).rfind(value) if value else -1
    return place if at < 0 else Place(place.file, Span(place.span.start + at, place.span.start + at + len(value)))


def _of_environment(file: SourceFile) -> Iterator[IndexSetting]:
    """The variables that a file sets: several values are separated by blanks."""
    for found in _VARIABLE.finditer(file.text):
        if file.text[file.text.rfind("\n", 0, found.start()) + 1 : found.start()].lstrip().startswith("#"):
            continue
        group = next(name for name in ("double", "single", "plain") if found[name] is not None)
        says = _VARIABLES[found["name"]]
        for value in re.finditer(r"(?:[\w.-]+=)?(\S+)", found[group]):  # `name=https://…`
            if says in (Says.STRATEGY, Says.INSECURE) or "://" in value[1]:
                start = found.start(group) + value.start(1)
                yield IndexSetting(says, value[1], found["name"], partial(Place, file, Span(start, start + len(value[1]))))


def _is_worth(file: SourceFile) -> bool:
    """Whether an option of a job stands before what can be its value: `git apply --index` is none."""
    return _OPTION.search(file.text) is not None


def _of_builds(workspace: Workspace) -> Iterator[IndexSetting | Unreadable]:
    """What Dockerfiles and CI jobs say."""
    for command in chain(image_commands(workspace, _NEEDLES), job_commands(workspace, _NEEDLES, _is_worth)):
        if isinstance(command, Unreadable):
            yield command
        else:
            yield from _of_command(command)
    for file in workspace.files(lambda path: is_dockerfile(path) or is_job(path), _PREFIXES):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from _of_environment(file)
        except Unreadable as error:
            yield error


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[IndexSetting | LockedProject | Unreadable]:
    for project in workspace.all(LOCKED_PROJECT):
        yield project
        if isinstance(project, LockedProject):
            yield from _of_toml(project.pyproject.document, "tool", "uv")
    for file in workspace.files(lambda path: posixpath.basename(path) == "uv.toml"):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from _of_toml(file.once(toml.document))
        except Unreadable as error:
            yield error
    for requirements in workspace.all(REQUIREMENTS_FILE):
        if isinstance(requirements, Unreadable):
            yield requirements
        else:
            yield from _of_requirements(requirements)
    yield from _of_builds(workspace)


INDEX_SETTINGS: Kind[IndexSetting | LockedProject] = Kind("index settings", _read)
