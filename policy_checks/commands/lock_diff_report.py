"""What `lock diff` prints: text for a terminal, json for a program, markdown for a pull-request comment."""

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from policy_checks.commands.lock_compared import LockDiff
from policy_checks.lock.changes import Change, Kind
from policy_checks.readers.uv_lock import Package
from policy_checks.reporters import count, printable

_SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.UPGRADED: "↑", Kind.DOWNGRADED: "↓"}
_TOLD = {
    Kind.SOURCE: "source changed",
    Kind.ARTIFACTS: "artifacts changed",
    Kind.DEPENDENCIES: "dependencies changed",
    Kind.FORKS: "forks changed",
}


def _summary(found: LockDiff) -> str:
    if found.before is None or found.after is None:
        word = "new" if found.before is None else "gone"
        return f"{word}, {count(len(found.changes.packages), 'packages')}"
    counts = {kind: sum(change.kind is kind for change in found.changes.packages) for kind in Kind}
    told = [f"{number} {_TOLD.get(kind, str(kind))}" for kind, number in counts.items() if number]
    told += [count(len(found.changes.settings), "settings")] if found.changes.settings else []
    return ", ".join(told) or "no difference"


def _version(package: Package | None) -> str:
    return "" if package is None else package.version or "(dynamic)"


def _versions(change: Change) -> str:
    before, after = _version(change.before), _version(change.after)
    return f"{before} → {after}" if before and after and before != after else after or before


def _text(found: list[LockDiff], names: tuple[str, str]) -> Iterator[str]:
    for one in found:
        yield f"{printable(one.path)}: {names[0]} → {names[1]}: {_summary(one)}"
        for setting in one.changes.settings:
            yield printable(f"  * {setting.name}: {setting.before or 'none'} → {setting.after or 'none'}")
        for change, reached in one.rows:
            sign = "!" if change.alarms else _SIGNS.get(change.kind, "~")
            who = f"   [{', '.join(reached)}]" if reached else "   [not reached]" if not _is_local(change) else ""
            kind = "" if change.kind in _SIGNS else f": {_TOLD[change.kind]}"
            yield printable(f"  {sign} {change.name} {_versions(change)}{kind}{who}")
            yield from (printable(f"      ! {alarm}") for alarm in change.alarms)
            yield from (printable(f"      {note}") for note in change.notes)


def _is_local(change: Change) -> bool:
    package = change.after or change.before
    return package is not None and package.source.kind in ("editable", "virtual", "directory")


def _json(found: list[LockDiff], names: tuple[str, str]) -> Iterator[str]:
    report = {"version": 1, "before": names[0], "after": names[1], "locks": [_lock(one) for one in found]}
    yield json.dumps(report, indent=2, ensure_ascii=False)


def _lock(found: LockDiff) -> dict[str, Any]:
    return {
        "path": found.path,
        "settings": [{"name": one.name, "before": one.before, "after": one.after} for one in found.changes.settings],
        "packages": [
            {
                "kind": str(change.kind),
                "name": change.name,
                "before": _package(change.before),
                "after": _package(change.after),
                "alarms": list(change.alarms),
                "notes": list(change.notes),
                "environments": list(reached),
            }
            for change, reached in found.rows
        ],
    }


def _package(package: Package | None) -> dict[str, Any] | None:
    return None if package is None else {"version": package.version, "source": {package.source.kind: package.source.location}}


def _markdown(found: list[LockDiff], names: tuple[str, str]) -> Iterator[str]:
    for one in found:
        yield f"#### {_code(one.path)}: {_summary(one)}"
        yield ""
        alarms = [(change, alarm) for change in one.changes.packages for alarm in change.alarms]
        if alarms:
            yield "> [!WARNING]"
            yield from (f"> - {_code(f'{change.name} {_versions(change)}')}: {_code(alarm)}" for change, alarm in alarms)
            yield ""
        if one.differs:
            yield from _table(one, names)


def _table(one: LockDiff, names: tuple[str, str]) -> Iterator[str]:
    yield f"<details><summary>{count(len(one.changes.packages), 'packages')}</summary>"
    yield ""
    for setting in one.changes.settings:
        yield f"- {_code(setting.name)}: {_code(setting.before or 'none')} → {_code(setting.after or 'none')}"
    yield ""
    yield f"| package | what | {_cell(names[0])} | {_cell(names[1])} | reaches | more |"
    yield "|---" * 6 + "|"
    for change, reached in one.rows:
        cells = [_cell(change.name), _TOLD.get(change.kind, str(change.kind))]
        cells += [_cell(_version(package)) if package else "" for package in (change.before, change.after)]
        cells += [", ".join(map(_cell, reached)), "; ".join(map(_cell, change.notes))]
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "</details>"
    yield ""


def _code(text: str) -> str:
    """A code span, in which nothing of a lock means anything: no markup, no mention, no link."""
    text = printable(text)
    longest = max((len(list(run)) for letter, run in groupby(text) if letter == "`"), default=0)
    fence, space = "`" * (longest + 1), " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text else ""


def _cell(text: str) -> str:
    """A code span in a table, where a bar has to be escaped even inside of code (GFM, tables)."""
    return _code(text).replace("|", "\\|")


FORMATS: dict[str, Callable[[list[LockDiff], tuple[str, str]], Iterator[str]]] = {"text": _text, "json": _json, "markdown": _markdown}
