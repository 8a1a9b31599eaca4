"""`policy-checks format`: runs the formatters and linters on the Python files that changed."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from policy_checks import config, git, reporters
from policy_checks.commands.format_progress import progress
from policy_checks.commands.interruption import orderly
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
    files.add_argument("--since", metavar="REV", help="what the files are compared with instead: the commit REV itself")
    files.add_argument("--staged", action="store_true", help="only the files that the next commit would change, as they are staged")
    files.add_argument("--all", action="store_true", help="every Python file, changed or not")
    parser.add_argument("--no-cache", action="store_true", help="take nothing from an earlier run")
    parser.add_argument("--tools", metavar="NAMES", help=f"only these, comma-separated, of {', '.join(Tool)}")
    parser.add_argument("--output-format", choices=reporters.REPORTERS, default="text", help="default: text")
    parser.add_argument("--verbose", action="store_true", help="show everything that the tools write")


def run(arguments: argparse.Namespace) -> int:
    """Formats or checks, reports, and returns the exit code."""
    # each variable is read whatever the options say, so that a wrong one is told
    check = switch(os.environ, "CHECK_ONLY") or arguments.check
    skip_docs = switch(os.environ, "SKIP_DOCS") or arguments.skip_docs
    root = _root(arguments.paths)
    if root is None:
        raise Failure("there is no git repository here, so there is nothing to compare files with")
    policy = _policy(root, arguments.tools)
    named = [_relative(path, root) for path in arguments.paths]
    narrowed = changes.below(named)

    def excluded(path: str) -> bool:
        return any(config.matches(path, pattern) for pattern in policy.exclude)

    found = changes.python_files(root, _compared(root, arguments), lambda path: narrowed(path) and not excluded(path))
    for path in filter(excluded, named):
        print(f"policy-checks: {reporters.printable(path)}: left out by `exclude` in [tool.policy-checks.format]", file=sys.stderr)
    with orderly():
        report = _driven(root, found, check, skip_docs, policy, no_cache=arguments.no_cache)
    _tell(report, root, found.compared, arguments)
    return report.exit_code


def _driven(root: Path, found: changes.Changes, check: bool, skip_docs: bool, policy: FormatPolicy, *, no_cache: bool) -> Report:
    """The run; a tool that is not the locked one takes no part in it, but for the row that says so."""
    from policy_checks.formatting import bench, driver, versions

    compared = versions.compare(root, policy, os.environ) if found.paths else versions.Compared()
    refused = {row.tool for row in compared.rows}
    policy = replace(policy, tools=tuple(tool for tool in policy.tools if tool not in refused))
    with progress(sys.stderr) as told:
        kept = _kept(root, no_cache)
        report = driver.run(bench.Job(root, found.paths, check, skip_docs, policy, os.environ, bench.cores(), told, found.staged, kept))
    rows = sorted((*report.rows, *compared.rows), key=lambda row: list(Tool).index(row.tool))
    return replace(report, rows=tuple(rows), notes=(*report.notes, *compared.notes))


def _kept(root: Path, no_cache: bool) -> Path | None:
    """The folder of the results of earlier runs; `--no-cache` throws them away, and what is found out too."""
    from policy_checks.formatting import store

    kept = store.folder(root)
    if no_cache:
        store.forget(kept)
    return None if no_cache else kept


def switch(environment: Mapping[str, str], name: str) -> bool:
    """A variable that is on or off; off when it is not set. Raises Failure for anything else."""
    value = environment.get(name, "").strip().lower()
    if value not in (*_TRUE, *_FALSE):
        raise Failure(f"{name}={environment[name]!r} is neither yes ({', '.join(_TRUE)}) nor no ({', '.join(filter(None, _FALSE))})")
    return value in _TRUE


def _root(paths: list[Path]) -> Path | None:
    """The repository that we stand in; where the paths lie outside of it, the one that they are in."""
    here = git.top_level(Path())
    if not paths or (here is not None and paths[0].resolve().is_relative_to(here.resolve())):
        return here
    folder = next((folder for folder in (paths[0], paths[0].parent) if folder.is_dir()), None)
    return git.top_level(folder) if folder else here


def _relative(path: Path, root: Path) -> str:
    """A path below the root, with `/`; its last part is not resolved, so that a link is named and not its target."""
    full = Path(os.path.abspath(path))
    full = full.parent.resolve() / full.name if full.name else full
    if not os.path.lexists(full):
        raise Failure(f"{path}: there is no such file or folder")
    if not full.is_relative_to(root.resolve()):
        raise Failure(f"{path}: lies outside the repository {root}")
    for folder in (full, *full.parents[: len(full.relative_to(root.resolve()).parts) - 1]):
        if os.path.lexists(folder / ".git") and folder != root.resolve():
            raise Failure(f"{path}: is part of another repository, {folder}; run `policy-checks format` there")
    return full.relative_to(root.resolve()).as_posix()


def _policy(root: Path, tools: str | None) -> FormatPolicy:
    policy = config.load(root).options(FormatOptions).format
    if tools is not None:
        names = [name.strip() for name in tools.split(",") if name.strip()]
        if unknown := [name for name in names if name not in list(Tool)]:
            raise Failure(f"--tools: there is no tool {unknown[0]!r} (there are {', '.join(Tool)})")
        policy = replace(policy, tools=tuple(tool for tool in Tool if tool in names))
    if not policy.tools:
        raise Failure(f"no tool is selected (there are {', '.join(Tool)})")
    return policy


def _compared(root: Path, arguments: argparse.Namespace) -> changes.Changes:
    if arguments.all:
        return changes.everything(root)
    if arguments.staged:
        return changes.staged(root)
    if arguments.since is not None:
        return changes.since(root, arguments.since)
    if arguments.base == "":
        raise Failure("--base names nothing; name the branch that yours started from")
    return changes.since_base(root, arguments.base or os.environ.get("BASE_REF") or "main")


def _tell(report: Report, root: Path, compared: str, arguments: argparse.Namespace) -> None:
    if arguments.output_format == "text":
        from policy_checks.commands import format_summary, terminal

        for line in format_summary.text(report, compared, terminal.screen(arguments), verbose=arguments.verbose):
            print(line)
        return
    from importlib.metadata import version

    from policy_checks.commands import format_findings

    for line in reporters.render(arguments.output_format, format_findings.findings(report, root, version("policy-checks"))):
        print(line)
    for line in format_findings.failures(report):
        print(f"policy-checks: {line}", file=sys.stderr)
