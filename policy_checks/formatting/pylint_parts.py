"""How pylint's work is divided so that all of it together says what one process would say.

Almost every pylint check looks at one file and at what it imports, and pylint divides those among
its `--jobs` without changing a message. Two look across the files of a run: duplicate-code (R0801)
and cyclic-import (R0401). Divided, they report other pairs and other cycles, so one process of its
own runs just these two over all files; that costs no more than it takes off the others. What could
look across files unknown to us, a plugin of the repository's, is left in one process.
"""

from collections.abc import Mapping
from typing import Any

from policy_checks.formatting.processes import Done
from policy_checks.record import record

QUERY = ("--generate-toml-config",)  # prints the settings that would hold, from wherever they come
WHOLE = ("--jobs=1",)
FEW = 8  # files below which the query and a second process cost more than they save
ACROSS = {"duplicate-code": "R0801", "cyclic-import": "R0401"}
_ALL_MUST_PASS = 10  # the value of fail-under by which any message fails the run
# By it any message costs something, so that the exit code says whether there is one.
_EVALUATION = "max(0, 0 if fatal else 10.0 - ((float(5 * error + warning + refactor + convention) / statement) * 10))"
# Settings by which a verdict rests on more than files, their imports and the environment.
_MORE = ("init-hook", "exit-zero", "unsafe-load-any-extension", "spelling-private-dict-file", "spelling-dict", "from-stdin")


@record
class Division:
    """What pylint's settings say of how its work may be divided.

    `across` are those enabled checks that look across files. Where `is_whole`, all has to be done by one process; where
    `is_certain`, the verdict on a file is the same in every run.
    """

    across: tuple[str, ...] = ()
    is_whole: bool = True
    is_certain: bool = False
    source_roots: tuple[str, ...] = ()

    def parts(self, cores: int) -> list[tuple[str, ...]]:
        """Arguments of the processes that judge all files."""
        if self.is_whole:
            return [WHOLE]
        return [self.over_all(), self.by_file(cores)] if self.across else [self.by_file(cores)]

    def by_file(self, jobs: int) -> tuple[str, ...]:
        """Arguments for the checks that look at one file."""
        return (f"--jobs={jobs}", *([f"--disable={','.join(ACROSS)}"] if self.across else ()))

    def over_all(self) -> tuple[str, ...]:
        """Arguments for the checks that look across files."""
        return ("--jobs=1", "--disable=all", f"--enable={','.join(self.across)}")


def division(settings: Done) -> Division:
    """What the answer to the query says (a pylint before 2.14 has none)."""
    if settings.code != 0:
        return Division()
    import rtoml

    try:
        found = rtoml.loads(settings.stdout)["tool"]["pylint"]
    except (rtoml.TomlParsingError, KeyError, TypeError):  # one process is always right
        return Division()
    main = found["main"]
    across = tuple(name for name in ACROSS if name not in found.get("messages control", {}).get("disable", ()))
    foreign, scored = bool(_plugins(main)), _is_scored(main)
    every = {name: value for group in found.values() if isinstance(group, dict) for name, value in group.items()}
    is_certain = not foreign and not scored and every.get("evaluation") == _EVALUATION and not any(every.get(name) for name in _MORE)
    return Division(across, foreign or bool(across and scored), is_certain, tuple(main.get("source-roots", ())))


def parts(settings: Done, cores: int) -> list[tuple[str, ...]]:
    """Arguments of the processes, given the answer to the query."""
    return division(settings).parts(cores)


def _plugins(main: Mapping[str, Any]) -> list[str]:
    """The plugins that are not pylint's own; none of its own looks across files."""
    return [name for name in main.get("load-plugins", ()) if not name.startswith("pylint.extensions.")]


def _is_scored(main: Mapping[str, Any]) -> bool:
    """Whether the exit code depends on the sum of all messages, which no part knows."""
    return main.get("fail-under", _ALL_MUST_PASS) != _ALL_MUST_PASS or bool(main.get("fail-on"))
