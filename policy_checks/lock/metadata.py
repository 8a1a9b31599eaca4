"""What a source tree declares about itself without being built: PEP 621, and static setuptools declarations.

uv asks the build backend where pyproject.toml does not say (dynamic dependencies, setup.py). Nothing of a
checked repository is ever run here: what setuptools documents as static is read, all else is Undecided.
"""

from collections.abc import Mapping

from policy_checks.lock import requirements
from policy_checks.lock.groups import Group, flatten
from policy_checks.lock.requirements import Declared
from policy_checks.lock.tree import Tree, join
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Table, Text, whole
from policy_checks.readers.toml import Document
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable


class Undecided(Exception):
    """What cannot be known without a build or the network; the message says which package and why."""

    def __init__(self, place: Place | None, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


@record
class Metadata:
    """A source tree's own declarations. `version` is None where it is dynamic or only a build would tell."""

    name: str
    version: Text | str | None
    dynamic_version: bool
    requires: tuple[Declared, ...]
    extras: frozenset[str]
    groups: Mapping[str, Group]
    pyproject: PyProject | None


def read(tree: Tree, folder: str, pyproject: PyProject | None) -> Metadata:
    """The declarations of a folder; raises Unreadable for what uv refuses, Undecided for what needs a build."""
    if pyproject is None or pyproject.project is None:
        return _of_setup_script(tree, folder, pyproject)
    project = pyproject.project
    unread = project.dynamic & {"dependencies", "optional-dependencies"}
    if project.dependencies is None and not unread and _uses_poetry(pyproject):
        raise Undecided(
            pyproject.document.place("project"),
            f"`{project.name}` declares its dependencies for Poetry and not in `project.dependencies`: only a build tells them",
        )
    written = project.dependencies or ()
    optional = dict(project.optional)
    if unread:
        written, optional = _of_setuptools(tree, folder, pyproject, unread)
    requires = [requirements.parse(text, lenient=True) for text in written]
    for extra, texts in optional.items():
        requires += [requirements.parse(text, lenient=True, extra=extra) for text in texts]
    groups = flatten(pyproject) if pyproject.managed else {}
    return Metadata(project.name, project.version, "version" in project.dynamic, tuple(requires), frozenset(optional), groups, pyproject)


def check_targets(own: PyProject, declared: Metadata) -> None:
    """A source for one extra or group has to find its requirement there."""
    for name, some in own.sources.items():
        for source in some:
            if source.extra is not None:
                in_extra = any(one.name == name and one.extra == source.extra for one in declared.requires)
                if source.extra not in declared.extras or not in_extra:
                    raise source.table.refused(f"the extra `{source.extra}` does not require `{name}`", "extra")
            if source.group is not None:
                group = declared.groups.get(source.group)
                names = () if group is None else tuple(requirements.parse(entry.written).name for entry in group.entries)
                if name not in names:
                    raise source.table.refused(f"the group `{source.group}` does not require `{name}`", "group")


def _uses_poetry(pyproject: PyProject) -> bool:
    return pyproject.tool is not None and "poetry" in pyproject.tool


def _of_setuptools(
    tree: Tree, folder: str, pyproject: PyProject, unread: frozenset[str]
) -> tuple[tuple[Text, ...], dict[str, tuple[Text, ...]]]:
    """`[tool.setuptools.dynamic]` with `file = …` (setuptools: "Dynamic Metadata")."""
    project = pyproject.project
    assert project is not None
    dynamic = _table(pyproject, "tool", "setuptools", "dynamic")
    place = pyproject.document.place("project", "dynamic")
    undecided = Undecided(
        place,
        f"`{project.name}` declares {' and '.join(sorted(unread))} as dynamic: only its backend `{pyproject.build_backend}` tells them",
    )
    beside = [name for name in ("setup.py", "setup.cfg") if tree.is_file(join(folder, name))]
    if dynamic is None or not pyproject.build_backend.startswith("setuptools.build_meta") or beside:
        raise undecided
    written, optional = project.dependencies or (), dict(project.optional)
    if "dependencies" in unread:
        written = _from_files(tree, folder, dynamic.table("dependencies"), undecided)
    if "optional-dependencies" in unread:
        extras = dynamic.table("optional-dependencies")
        if extras is None:
            raise undecided
        for name, key in extras.named():
            optional[name] = _from_files(tree, folder, extras.table(key), undecided)
    return written, optional


def _from_files(tree: Tree, folder: str, table: Table | None, undecided: Undecided) -> tuple[Text, ...]:
    """The lines of requirement files; comments are dropped, pip's own options are not allowed (setuptools)."""
    if table is None or "file" not in table:
        raise undecided
    single = isinstance(table.values["file"], str)
    named = [table.text("file")] if single else list(table.texts("file"))
    found = []
    for written in named:
        file = None if written is None else tree.file(join(folder, written.text))
        if file is None:
            raise undecided
        for number, line in enumerate(file.text.splitlines()):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            if text.startswith("-") or text.endswith("\\"):
                raise undecided
            found.append(_line(file, text.partition(" #")[0].strip(), number))
    return tuple(found)


class _Lines(Document):
    """A file of lines in the place of a TOML document: a path is the number of a line."""

    def place(self, *path: str | int) -> Place:
        return Place(self.file, self.span(*path))

    def span(self, *path: str | int) -> Span:
        return self.file.line_span(int(path[0]) + 1) if path else Span(0, 0)


def _line(file: SourceFile, text: str, number: int) -> Text:
    return Text(text, _Lines(file, {}), (number,))


def _table(pyproject: PyProject, *keys: str) -> Table | None:
    found: Table | None = whole(pyproject.document)
    for key in keys:
        found = None if found is None else found.table(key)
    return found


def _of_setup_script(tree: Tree, folder: str, pyproject: PyProject | None) -> Metadata:
    """A setup.py that does nothing but call `setup` with literal arguments says all that a build would."""
    shown = folder or "."
    script = tree.file(join(folder, "setup.py"))
    place = None if script is None else Place(script, Span(0, 0))
    if script is None or tree.is_file(join(folder, "setup.cfg")):
        raise Undecided(place, f"`{shown}` has no `[project]` table: only a build tells what it requires")
    undecided = Undecided(place, f"`{shown}/setup.py` computes its arguments: only a build tells what it requires")
    if pyproject is not None and not pyproject.build_backend.startswith("setuptools.build_meta"):
        raise undecided
    arguments = _setup_arguments(script)
    name, version = ("", "") if arguments is None else (arguments.get("name"), arguments.get("version"))
    if arguments is None or not isinstance(name, str) or not isinstance(version, str):
        raise undecided
    requires = _literal_requirements(script, arguments.get("install_requires", []), "", undecided)
    extras = arguments.get("extras_require", {})
    if not isinstance(extras, dict) or not all(isinstance(extra, str) and ":" not in extra for extra in extras):
        raise undecided
    for extra, values in extras.items():
        requires += _literal_requirements(script, values, normalized(extra), undecided)
    names = frozenset(normalized(extra) for extra in extras)
    return Metadata(normalized(name), version, False, tuple(requires), names, {}, None)


_HARMLESS = frozenset(
    "name version description long_description author author_email url license packages py_modules package_dir python_requires "
    "install_requires extras_require classifiers keywords zip_safe include_package_data package_data entry_points".split()
)


def _setup_arguments(script: SourceFile) -> dict[str, object] | None:
    """The literal keyword arguments of the only call of a script, None when it does anything else."""
    import ast

    try:
        body = ast.parse(script.text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError, Unreadable):
        return None
    calls = [node.value for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    others = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)]
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    if len(calls) != 1 or others or calls[0].args or ast.unparse(calls[0].func) not in ("setup", "setuptools.setup"):
        return None
    if any(ast.unparse(node) not in ("import setuptools", "from setuptools import setup") for node in imports):
        return None
    found: dict[str, object] = {}
    for keyword in calls[0].keywords:
        if keyword.arg not in _HARMLESS:
            return None
        try:
            found[keyword.arg] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError, RecursionError, MemoryError, SyntaxError):
            if keyword.arg not in ("packages", "long_description"):  # these say nothing of requirements
                return None
    return found


def _literal_requirements(script: SourceFile, values: object, extra: str, undecided: Undecided) -> list[Declared]:
    if isinstance(values, str):
        values = [line for line in values.splitlines() if line.strip()]
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise undecided
    return [requirements.parse(_line(script, value, 0), lenient=True, extra=extra) for value in values]
