"""The entry: finds the subcommand, imports it alone, and turns every expected failure into one line and exit code 2."""

import gc
import os
import sys

from policy_checks.failure import Failure

TYPE_CHECKING = False  # type checkers know the name; importing `typing` for it would cost a tenth of a remembered verdict
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from types import ModuleType

# Name → what it does, in the order of the help. The module `commands.lock_check` is imported only when `lock check` is called.
COMMANDS = {
    "check": "judge the files of a repository by its policy",
    "baseline": "record what is found today, so that only what is new fails",
    "config": "the policy in force, and where each value comes from",
    "format": "run the formatters and linters on the changed Python files",
    "lock check": "does uv.lock match the project?",
    "lock why": "the paths on which a package is reached",
    "lock list": "every package that a selection reaches",
    "lock diff": "what changed between two revisions of the lock",
    "lock merge-driver": "merge uv.lock when git asks for it (see `init --merge-driver`)",
    "lock resolve": "resolve a conflicted uv.lock: main's version, locked anew",
    "commits": "judge commits: signatures and sign-offs",
    "container image": "which image is meant, and what it is built from",
    "container pull": "pull the image that CI built",
    "container build": "build the image",
    "container run": "run a shell command in the container, or a shell",
    "container exec": "run a program in the container: exec -- uv add httpx",
    "container slurm": "start the container on a Slurm cluster",
    "container sync": "install what an environment names, in the container",
    "container add": "add a dependency: uv add, uv lock, git add, the commit",
    "container conflict": "resolve a conflicted uv.lock in the container",
    "doctor": "what is wrong here, or in a log, and what mends it",
    "init": "set up what a repository needs",
    "rule": "explain a rule, or list them all",
    "completion": "print a shell's completion script",
}


def module_of(name: str) -> "ModuleType":
    """The module of a subcommand."""
    from importlib import import_module

    return import_module(f"policy_checks.commands.{name.replace(' ', '_').replace('-', '_')}")


def command_parser(name: str) -> "argparse.ArgumentParser":
    """The parser of one subcommand."""
    import argparse

    # With its width given, argparse does not import `shutil`, which imports every compression there is.
    width = _terminal_width()
    parser = argparse.ArgumentParser(
        prog=f"policy-checks {name}", description=COMMANDS[name], formatter_class=lambda prog: argparse.HelpFormatter(prog, width=width)
    )
    module_of(name).configure(parser)
    return parser


def _terminal_width() -> int:
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size().columns) - 2
    except (OSError, ValueError):
        return 78


def main(arguments: "Sequence[str]") -> int:
    """Runs one command line; returns the exit code: 0 clean, 1 findings, 2 failure."""
    for words in (2, 1):
        if (name := " ".join(arguments[:words])) in COMMANDS:
            return _run(name, arguments[words:])
    return _top_level(arguments)


def _run(name: str, arguments: "Sequence[str]") -> int:
    parsed = command_parser(name).parse_args(arguments)
    try:
        code: int = module_of(name).run(parsed)
    except Failure as error:
        return _fail(str(error))
    return code


def _fail(message: str) -> int:
    print(f"policy-checks: {message}", file=sys.stderr)
    return 2


def _top_level(arguments: "Sequence[str]") -> int:
    import argparse

    # `policy-checks lock` lists the commands of `lock`.
    family = arguments[0] if arguments and any(name.startswith(f"{arguments[0]} ") for name in COMMANDS) else ""
    shown = {name: does for name, does in COMMANDS.items() if name.startswith(family)}
    from textwrap import fill

    width = max(map(len, shown)) + 2
    parser = argparse.ArgumentParser(
        prog="policy-checks",
        usage=f"policy-checks {family or '[-h] [--version]'} COMMAND …",
        description=fill(
            "linting and dependency policy for repositories built in containers and locked with uv", max(_terminal_width(), 20)
        ),
        epilog="commands:\n" + "\n".join(_listed(name, does, width) for name, does in shown.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="one of those below; COMMAND --help tells more")
    parsed, rest = parser.parse_known_args(arguments[1:] if family else arguments)
    if parsed.version:
        from importlib.metadata import version

        print(f"policy-checks {version('policy-checks')}")
        return 0
    if parsed.command is not None or rest:
        parser.error(_unknown(" ".join(arguments), list(shown)))
    parser.print_help()
    return 2


def _listed(name: str, does: str, width: int) -> str:
    """A command and what it does; on a narrow terminal below its name."""
    from textwrap import fill

    columns = max(_terminal_width(), 20)
    if columns >= width + 40:
        return fill(does, columns, initial_indent=f"  {name:{width}}", subsequent_indent=" " * (width + 2))
    return f"  {name}\n" + fill(does, columns, initial_indent=" " * 6, subsequent_indent=" " * 6)


def _unknown(words: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(words, known, 1)
    return f"there is no command {words!r}" + (f", perhaps you meant {near[0]!r}" if near else f"; there are {', '.join(known)}")


def run() -> None:
    """The console script."""
    gc.disable()  # a short life and no cycles worth collecting: 15 % of a run over ten thousand commits
    try:
        code = _guarded()
    except OSError:  # what was left to write could not be written
        code = 2
    # Everything is written. To take apart tens of thousands of objects first would be a tenth of a short run (mypy does the same).
    os._exit(code)


def _guarded() -> int:
    """The exit code, whatever happens, with everything written."""
    if sys.stdout is None or sys.stderr is None:
        return 2  # closed by whoever called: nothing can be said
    for stream in (sys.stdout, sys.stderr):
        # A path that is no UTF-8, or an arrow on a console that has none, must not end in a traceback.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`): nothing can be said any more, least of all that all is well.
        return 2
    except KeyboardInterrupt:
        return 130
    except SystemExit as ended:  # argparse has said what is wrong, or printed the help
        sys.stdout.flush()
        return int(ended.code or 0)
    except Exception as error:  # the last line of defence: whatever it is, it is no verdict
        if os.environ.get("POLICY_CHECKS_DEBUG"):
            raise
        return _fail(f"internal error: {type(error).__name__}: {error} (POLICY_CHECKS_DEBUG=1 shows where)")
    return code
