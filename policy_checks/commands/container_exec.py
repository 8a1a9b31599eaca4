"""`policy-checks container exec -- PROGRAM …`: a program in the container, its words handed on as they are."""

import argparse

from policy_checks.commands import container_options, container_steps
from policy_checks.commands.container_site import Site


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser, "-- WORD ...")
    parser.add_argument("words", nargs="+", metavar="WORD", help="the program and its arguments, after `--`: exec -- uv add httpx")
    container_options.add_launch(parser)
    parser.add_argument("-i", "--interactive", action="store_true", help="with a terminal, for programs that ask")
    parser.epilog = "Inside the image no other container is started. The exit code is the program's."


def run(arguments: argparse.Namespace) -> int:
    """Runs it."""
    if container_steps.is_inside(arguments):
        return container_steps.perform(arguments, tuple(arguments.words))
    command = container_steps.launched(arguments, Site(arguments), *arguments.words, interactive=arguments.interactive)
    return container_steps.perform(arguments, command)
