"""The tools that only judge. Their answers are read as JSON, so that no file name can be mistaken for anything else."""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from policy_checks.formatting.fixers import last_line
from policy_checks.formatting.outcome import Message, Outcome
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.processes import Done
from policy_checks.record import record

_FATAL, _USAGE = 1, 32  # bits of pylint's exit code; the others say which kinds of message there were
_MYPY_PLAIN = re.compile(r"^(?P<path>.+?)(?::(?P<line>\d+))?(?::\d+)?: error: (?P<text>.*?)(?:  \[(?P<code>[a-z-]+)\])?$")

Paths = Callable[[str], str]


@record
class Linter:
    """How one tool is told to judge files and how its answer is read."""

    tool: Tool
    arguments: Callable[[Path, bool], tuple[str, ...]]  # given the root, and whether documentation is not asked for
    read: Callable[[Done, Paths], Outcome]
    accepts: Callable[[Sequence[str]], tuple[Sequence[str], tuple[Message, ...]]] = lambda files: (files, ())


class Unexpected(Exception):
    """A tool's answer is not of the form it is documented to have."""


def paths(root: Path, files: Sequence[str]) -> Paths:
    """Turns a path that a tool prints (absolute, `./x`, with bytes replaced) into the one it was given."""
    given = set(files)
    lossy = {os.fsencode(name).decode(errors="replace"): name for name in files}

    def path(printed: str) -> str:
        name = os.path.relpath(printed, root) if os.path.isabs(printed) else os.path.normpath(printed)
        return name if name in given else lossy.get(name, name)

    return path


def _ruff(done: Done, path: Paths) -> Outcome:
    if done.code not in (0, 1):
        return _failed(done, last_line(done))
    found = _entries(json.loads(done.stdout))
    return _judged(done, (_ruff_message(entry, path) for entry in found))


def _ruff_message(entry: Mapping[str, Any], path: Paths) -> Message:
    start = entry["location"] or {"row": 0, "column": 0}
    if entry.get("cell") is not None:  # lines are counted in each cell of a notebook
        text = f"cell {entry['cell']}, line {start['row']}: {entry['message']}"
        return Message(path(entry["filename"]), 0, 0, entry["code"] or "invalid-syntax", "", text)
    return Message(path(entry["filename"]), start["row"], start["column"], entry["code"] or "invalid-syntax", "", entry["message"])


def _pylint(done: Done, path: Paths) -> Outcome:
    if done.code < 0 or done.code & _USAGE:
        return _failed(done, last_line(done))
    messages = [_pylint_message(entry, path) for entry in _entries(json.loads(done.stdout))]
    if done.code & _FATAL:
        fatal = next((message.text for message in messages if message.code.startswith("F")), last_line(done))
        return _failed(done, fatal, messages)
    return _judged(done, messages, accepted=done.code == 0)


def _pylint_message(entry: Mapping[str, Any], path: Paths) -> Message:
    return Message(path(entry["path"]), entry["line"], entry["column"] + 1, entry["message-id"], entry["symbol"], entry["message"])


def _mypy(done: Done, path: Paths) -> Outcome:
    """2 stands for a crash, a wrong option, and for an error after which mypy does not go on."""
    if done.code not in (0, 1, 2) or "INTERNAL ERROR" in done.stderr + done.stdout:
        return _failed(done, next((line for line in done.stderr.splitlines() if "INTERNAL ERROR" in line), last_line(done)))
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    messages = [_mypy_message(json.loads(line), path) for line in lines if line.startswith("{")]
    plain = [line for line in (*lines, *done.stderr.splitlines()) if not line.startswith("{")]
    messages += [
        Message(path(found["path"]), int(found["line"] or 0), 1, found["code"] or "error", "", found["text"])
        for line in plain
        if (found := _MYPY_PLAIN.match(line)) and found["path"] != "mypy"
    ]
    if done.code and all(message.is_note for message in messages):
        return _failed(done, last_line(done))
    return _judged(done, messages, accepted=done.code == 0)


def _mypy_message(entry: Mapping[str, Any], path: Paths) -> Message:
    text = "\n".join(filter(None, (entry["message"], entry["hint"])))
    is_note = entry["severity"] == "note"
    return Message(path(entry["file"]), max(entry["line"], 0), max(entry["column"] + 1, 1), entry["code"] or "error", "", text, is_note)


def _mypy_accepts(files: Sequence[str]) -> tuple[Sequence[str], tuple[Message, ...]]:
    """Leaves out what would end mypy at once, so that it says nothing of any file.

    That is a name that is not UTF-8, and a module beside its stub: of the two, mypy itself takes the stub.
    """
    refused = [name for name in files if _is_no_text(name)]
    text = "mypy cannot read a file whose name is not UTF-8: rename it"
    given = set(files) - set(refused)
    left = [name for name in files if name in given and f"{name}i" not in given]
    return left, tuple(Message(name, 0, 0, "file-name", "", text) for name in refused)


def _is_no_text(name: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in name)


def _entries(found: Any) -> list[Mapping[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise Unexpected("its answer is no list of messages")
    return found


def _judged(done: Done, messages: Iterable[Message], *, accepted: bool = False) -> Outcome:
    found = tuple(messages)
    if done.code and not found:
        return _failed(done, last_line(done))
    return Outcome(found, "", done.stderr, done.seconds, accepted)  # what stood in stdout are the messages


def _failed(done: Done, reason: str, messages: Sequence[Message] = ()) -> Outcome:
    return Outcome(tuple(messages), reason, done.stdout + done.stderr, done.seconds)


def _ruff_arguments(_root: Path, _skip_docs: bool) -> tuple[str, ...]:
    # a repository may have `fix = true` in its settings
    return ("check", "--no-fix", "--no-fix-only", "--no-show-fixes", "--no-cache", "--quiet", "--output-format=json")


def _pylint_arguments(_root: Path, skip_docs: bool) -> tuple[str, ...]:
    return ("--output-format=json", "--score=n", "--persistent=n", *(["--disable=C0115,C0116"] * skip_docs))


def _mypy_arguments(root: Path, _skip_docs: bool) -> tuple[str, ...]:
    # mypy crashes where it cannot keep its cache
    kept = () if os.access(root, os.W_OK) else (f"--cache-dir={os.devnull}",)
    return (*kept, "--output=json", "--no-error-summary", "--no-pretty", "--show-error-codes")


LINTERS: Mapping[Tool, Linter] = {
    linter.tool: linter
    for linter in (
        Linter(Tool.PYLINT, _pylint_arguments, _pylint),
        Linter(Tool.MYPY, _mypy_arguments, _mypy, _mypy_accepts),
        Linter(Tool.RUFF, _ruff_arguments, _ruff),
    )
}
