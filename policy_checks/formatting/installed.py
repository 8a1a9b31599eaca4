"""Which version of a tool is installed: from the environment that its executable stands in, else from itself."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from policy_checks.formatting import executables
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.processes import Children

_RECORD = ".dist-info"
_VERSION = re.compile(r"(?<![\w.])\d+\.\d+[\w.+!-]*")  # black, 26.3.0 (compiled: yes) · pylint 4.1.4 · VERSION 9.0.2


def versions(paths: Mapping[Tool, Path], root: Path, environment: Mapping[str, str]) -> dict[Tool, str]:
    """The version of each executable; empty for one that does not say."""
    found = {tool: recorded(path, root, environment) for tool, path in paths.items()}
    asked = _asked({tool: paths[tool] for tool, version in found.items() if version is None}, root)
    return {tool: asked[tool] if version is None else version for tool, version in found.items()}


def recorded(executable: Path, root: Path, environment: Mapping[str, str]) -> str | None:
    """The version of a tool in a virtual environment, by its `*.dist-info`; None where that does not settle it."""
    name = executable.name.removesuffix(".exe")
    before = [root / entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep)] if environment.get("PYTHONPATH") else []
    if any((folder / name).is_dir() or (folder / f"{name}.py").is_file() for folder in before):
        return None
    interpreter = executables.interpreter(executable)
    home = (Path(interpreter[0]) if interpreter else executable.resolve()).parent.parent
    if not (home / "pyvenv.cfg").is_file():
        return None
    found = {entry[len(name) + 1 : -len(_RECORD)] for entry in _records(home) if entry.startswith(f"{name}-")}
    return found.pop() if len(found) == 1 else None


def _records(home: Path) -> tuple[str, ...]:
    """The names of all records of an environment: `black-26.3.0.dist-info`."""
    libraries = (home / "lib" / name / "site-packages" for name in _names(home / "lib") if name.startswith("python"))
    folders = (*libraries, home / "Lib" / "site-packages")  # the second on Windows
    return tuple(name for folder in folders for name in _names(folder) if name.endswith(_RECORD))


def _names(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []


def _asked(paths: Mapping[Tool, Path], root: Path) -> dict[Tool, str]:
    """What the tools themselves say, all at once."""
    if not paths:
        return {}
    from concurrent.futures import ThreadPoolExecutor

    from policy_checks.formatting.bench import awaited

    children = Children()
    with ThreadPoolExecutor(len(paths)) as pool:
        try:
            answers = {tool: pool.submit(_answer, children, path, root) for tool, path in paths.items()}
            return {tool: awaited(answer) for tool, answer in answers.items()}
        except BaseException:
            children.stop()
            raise


def _answer(children: Children, executable: Path, root: Path) -> str:
    try:
        done = children.run([str(executable), "--version"], root)
    except OSError:
        return ""
    said = _VERSION.search(done.stdout)
    return said[0] if said and done.code == 0 else ""
