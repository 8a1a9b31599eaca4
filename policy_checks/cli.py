"""The entry: finds the subcommand, imports it alone, and turns every expected failure into one line and exit code 2."""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from policy_checks.commands import Failure
from policy_checks.git import GitError
from policy_checks.source import Unreadable

# Name → what it does, in the order of the help. The module of the same name is imported only when it is called.
COMMANDS = {
    "check": "judge the files of a repository by its policy",
    "format": "run the formatters and linters on the changed Python files",
    "lock": "compare uv.lock with the project, and ask what is in it and why",
    "init": "set up what a repository needs",
    "commits": "judge commits: signatures and sign-offs",
    "rule": "explain a rule, or list them all",
    "completion": "print a shell's completion script",
}


def command_parser(name: str) -> argparse.ArgumentParser:
    """The parser of one subcommand."""
    parser = argparse.ArgumentParser(prog=f"policy-checks {name}", description=COMMANDS[name])
    importlib.import_module(f"policy_checks.commands.{name}").configure(parser)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Runs one command line; returns the exit code: 0 clean, 1 findings, 2 failure."""
    if not arguments or arguments[0] not in COMMANDS:
        return _top_level(arguments)
    name = arguments[0]
    parsed = command_parser(name).parse_args(arguments[1:])
    # Imported after the arguments are known to be right, and only for the class of its error.
    from policy_checks.config import ConfigError

    try:
        code: int = importlib.import_module(f"policy_checks.commands.{name}").run(parsed)
        sys.stdout.flush()
    except Unreadable as error:
        line, column = error.file.location(error.span.start)
        return _fail(f"{error.file.path}:{line}:{column}: {error.message}")
    except (Failure, GitError, ConfigError) as error:
        return _fail(str(error))
    except BrokenPipeError:
        # The reader went away (`| head`): nothing can be said any more, least of all that all is well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    return code


def _fail(message: str) -> int:
    print(f"policy-checks: {message}", file=sys.stderr)
    return 2


def _top_level(arguments: Sequence[str]) -> int:
    width = max(map(len, COMMANDS)) + 2
    parser = argparse.ArgumentParser(
        prog="policy-checks",
        description="linting and dependency policy for repositories built in containers and locked with uv",
        epilog="commands:\n" + "\n".join(f"  {name:{width}}{does}" for name, does in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.add_argument("command", nargs="?", choices=COMMANDS, metavar="COMMAND", help="see below; COMMAND --help tells more")
    if parser.parse_args(arguments).version:
        from importlib.metadata import version

        print(f"policy-checks {version('policy-checks')}")
        return 0
    parser.print_help()
    return 2


def run() -> int:
    """The console script."""
    gc.disable()  # a short life and no cycles worth collecting: 15 % of a run over ten thousand commits
    for stream in (sys.stdout, sys.stderr):
        # A path that is no UTF-8, or an arrow on a console that has none, must not end in a traceback.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return main(sys.argv[1:])
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the last line of defence: whatever it is, it is no verdict
        if os.environ.get("POLICY_CHECKS_DEBUG"):
            raise
        return _fail(f"internal error: {type(error).__name__}: {error} (POLICY_CHECKS_DEBUG=1 shows where)")
