"""How pylint's work is divided so that all of it together says what one process would say.

Almost every pylint check looks at one file and at what it imports, and pylint divides those among
its `--jobs` without changing a message. Two look across the files of a run: duplicate-code (R0801)
and cyclic-import (R0401). Divided, they report other pairs and other cycles, so one process of its
own runs just these two over all files; that costs no more than it takes off the others. What could
look across files unknown to us, a plugin of the repository's, is left in one process.
"""

from typing import Any

from policy_checks.formatting.processes import Done

QUERY = ("--generate-toml-config",)  # prints the settings that would hold, from wherever they come
WHOLE = ("--jobs=1",)
FEW = 8  # files below which the query and a second process cost more than they save
_ACROSS = ("duplicate-code", "cyclic-import")
_ALL_MUST_PASS = 10  # the value of fail-under by which any message fails the run


def parts(settings: Done, cores: int) -> list[tuple[str, ...]]:
    """Arguments of the processes, given the answer to the query (a pylint before 2.14 has none)."""
    if settings.code != 0:
        return [WHOLE]
    import rtoml

    try:
        found = rtoml.loads(settings.stdout)["tool"]["pylint"]
    except (rtoml.TomlParsingError, KeyError, TypeError):  # one process is always right
        return [WHOLE]
    across = [name for name in _ACROSS if name not in found["messages control"].get("disable", ())]
    if not across and not _plugins(found["main"]):
        return [(f"--jobs={cores}",)]
    if _plugins(found["main"]) or _is_scored(found["main"]):
        return [WHOLE]
    return [("--jobs=1", "--disable=all", f"--enable={','.join(across)}"), (f"--jobs={cores}", f"--disable={','.join(_ACROSS)}")]


def _plugins(main: dict[str, Any]) -> list[str]:
    """The plugins that are not pylint's own; none of its own looks across files."""
    return [name for name in main.get("load-plugins", ()) if not name.startswith("pylint.extensions.")]


def _is_scored(main: dict[str, Any]) -> bool:
    """Whether the exit code depends on the sum of all messages, which no part knows."""
    return main.get("fail-under", _ALL_MUST_PASS) != _ALL_MUST_PASS or bool(main.get("fail-on"))
