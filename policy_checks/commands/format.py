"""`policy-checks format`: runs the formatters and linters on the Python files that changed."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO

from policy_checks import config, git, reporters
from policy_checks.failure import Failure
from policy_checks.formatting import changes
from policy_checks.formatting.outcome import Report
from policy_checks.formatting.policy import FormatOptions, FormatPolicy, Tool
from policy_checks.record import replace

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
_EPILOG = """\
The environment says the same as the options: BASE_REF (--base, default main), CHECK_ONLY (--check) and
SKIP_DOCS (--skip-docs); 1, true, yes and on stand for yes, 0, false, no and off for no, in any case.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="only the changed files that these are, or hold")
    parser.add_argument("--check", action="store_true", help="change nothing; the exit code is 1 when something would be")
    parser.add_argument("--skip-docs", action="store_true", help="do not ask for docstrings (pylint C0115, C0116)")
    files = parser.add_mutually_exclusive_group()
    files.add_argument("--base", metavar="REF", help="what the files are compared with: the merge base with REF (default: main)")
    files.add_argument("--staged", action="store_true", help="only the files that the next commit would change")
    files.add_argument("--all", action="store_true", help="every Python file, changed or not")
    parser.add_argument("--no-cache", action="store_true", help="take nothing from an earlier run")
    parser.add_argument("--tools", metavar="NAMES", help=f"only these, comma-separated, of {', '.join(Tool)}")
    parser.add_argument("--output-format", choices=reporters.REPORTERS, default="text", help="default: text")
    parser.add_argument("--verbose", action="store_true", help="show everything that the tools write")


def run(arguments: argparse.Namespace) -> int:
    """Formats or checks, reports, and returns the exit code."""
    check = arguments.check or switch(os.environ, "CHECK_ONLY")
    skip_docs = arguments.skip_docs or switch(os.environ, "SKIP_DOCS")
    root = git.top_level(_folder(arguments.paths))
    if root is None:
        raise Failure("there is no git repository here, so there is nothing to compare files with")
    policy = _policy(root, arguments.tools)
    narrowed = changes.below([_relative(path, root) for path in arguments.paths])

    def wanted(path: str) -> bool:
        return narrowed(path) and not any(config.matches(path, pattern) for pattern in policy.exclude)

    found = changes.python_files(root, _compared(root, arguments), wanted)
    from policy_checks.formatting import bench, driver

    with _ended_by_signals(), progress(sys.stderr) as told:
        report = driver.run(bench.Job(root, found.paths, check, skip_docs, policy, os.environ, bench.cores(), told))
    _tell(report, root, found.compared, arguments)
    return report.exit_code


def switch(environment: Mapping[str, str], name: str) -> bool:
    """A variable that is on or off; off when it is not set. Raises Failure for anything else."""
    value = environment.get(name, "").strip().lower()
    if value not in (*_TRUE, *_FALSE):
        raise Failure(f"{name}={environment[name]!r} is neither yes ({', '.join(_TRUE)}) nor no ({', '.join(filter(None, _FALSE))})")
    return value in _TRUE


def _folder(paths: list[Path]) -> Path:
    """A folder of the repository that the paths are in: it need not be the one we stand in."""
    if not paths:
        return Path()
    return paths[0] if paths[0].is_dir() else paths[0].parent if paths[0].parent.is_dir() else Path()


def _relative(path: Path, root: Path) -> str:
    """A path below the root, with `/`; its last part is not resolved, so that a link is named and not its target."""
    full = Path(os.path.abspath(path))
    full = full.parent.resolve() / full.name if full.name else full
    if not os.path.lexists(full):
        raise Failure(f"{path}: there is no such file or folder")
    if not full.is_relative_to(root.resolve()):
        raise Failure(f"{path}: lies outside the repository {root}")
    return full.relative_to(root.resolve()).as_posix()


def _policy(root: Path, tools: str | None) -> FormatPolicy:
    policy = config.load(root).options(FormatOptions).format
    if tools is not None:
        names = [name.strip() for name in tools.split(",") if name.strip()]
        if unknown := [name for name in names if name not in list(Tool)]:
            raise Failure(f"--tools: there is no tool {unknown[0]!r} (there are {', '.join(Tool)})")
        policy = replace(policy, tools=tuple(map(Tool, names)))
    if not policy.tools:
        raise Failure(f"no tool is selected (there are {', '.join(Tool)})")
    return policy


def _compared(root: Path, arguments: argparse.Namespace) -> changes.Changes:
    if arguments.all:
        return changes.everything(root)
    if arguments.staged:
        return changes.staged(root)
    return changes.since_base(root, arguments.base or os.environ.get("BASE_REF") or "main")


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Lets the signals that end a process end it as Ctrl-C does: the tools are stopped and nothing is left lying about."""

    def interrupt(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # One that is ignored stays so: that is how nohup works.
    before = {number: signal.signal(number, interrupt) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def progress(stream: TextIO) -> Iterator[Callable[[Tool, bool], None]]:
    """One line on a terminal that names the tools at work; gone when they are done, and never there elsewhere."""
    running: dict[Tool, None] = {}
    lock = threading.Lock()  # tools begin and end in threads of their own

    def told(tool: Tool, begins: bool) -> None:
        with lock:
            if begins:
                running[tool] = None
            else:
                running.pop(tool, None)
            stream.write(f"\r\x1b[K{', '.join(running)} …")
            stream.flush()

    if not stream.isatty():
        yield lambda _tool, _begins: None
        return
    try:
        yield told
    finally:
        stream.write("\r\x1b[K")
        stream.flush()


def _tell(report: Report, root: Path, compared: str, arguments: argparse.Namespace) -> None:
    from policy_checks.commands import format_summary, verdict

    if arguments.output_format == "text":
        for line in format_summary.text(report, compared, verdict.screen(arguments), arguments.verbose):
            print(line)
        return
    from importlib.metadata import version

    for line in reporters.render(arguments.output_format, format_summary.findings(report, root, version("policy-checks"))):
        print(line)
    for line in format_summary.failures(report):
        print(f"policy-checks: {line}", file=sys.stderr)
