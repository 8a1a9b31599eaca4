"""`policy-checks container build`: the image of an environment (guide, "Option B — Build from scratch")."""

import argparse

from policy_checks.commands import container_options, container_steps
from policy_checks.commands.container_site import Site
from policy_checks.containers import launch
from policy_checks.record import replace


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser)
    container_options.add_variant(parser)
    told = "what the image is called (default: NAME:local, NAME:local-lts)"
    parser.add_argument("--tag", type=container_options.filled, metavar="TAG", help=told)
    container_options.add_option(parser, "--no-cache")
    container_options.add_engine(parser)
    parser.epilog = "Only the public stage is built: the environment's `target`."


def run(arguments: argparse.Namespace) -> int:
    """Builds it."""
    site = Site(arguments)
    what = replace(site.build, tag=arguments.tag) if arguments.tag else site.build
    command = launch.build(container_steps.chosen_engine(arguments), what, tuple(arguments.option))
    if not (site.variant.is_declared or arguments.dry_run):
        container_steps.tell(f"no environment names a dockerfile or base-image: building the guide's {site.variant.name}")
    return container_steps.perform(arguments, command)
