"""`policy-checks container run`: a shell command in the container, or a shell (guide, "Option A — Local Docker runtime")."""

import argparse

from policy_checks.commands import container_options, container_steps
from policy_checks.commands.container_site import Site
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser, "[COMMAND]")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="one argument, which bash in the container reads (default: a shell)")
    container_options.add_launch(parser)
    parser.epilog = "The repository is at /workspace. The exit code is the command's; 2 also when nothing could be started."


def run(arguments: argparse.Namespace) -> int:
    """Runs it."""
    if len(arguments.command) > 1:
        raise Failure(
            "run takes one command in quotes, as in `policy-checks container run 'pytest tests'`; words: `container exec -- pytest tests`"
        )
    words = ("bash", "-c", *arguments.command) if arguments.command else ("bash",)
    command = container_steps.launched(arguments, Site(arguments), *words, interactive=not arguments.command)
    return container_steps.perform(arguments, command)
