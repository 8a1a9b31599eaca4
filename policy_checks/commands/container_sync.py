"""`policy-checks container sync`: what an environment installs (guide, "Install commands (inside the container)")."""

import argparse

from policy_checks.commands import container_options, container_steps
from policy_checks.commands.container_site import Site
from policy_checks.containers import dependencies


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser)
    told = "that group without the project; repeatable"
    parser.add_argument("--only-group", type=container_options.filled, metavar="G", action="append", default=[], help=told)
    container_options.add_launch(parser)
    parser.epilog = (
        "Outside the container it runs in one that is thrown away: it proves that the lock installs. Inside, it fills /opt/venv."
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs it."""
    site = Site(arguments)
    if arguments.only_group:
        words = dependencies.sync_only(arguments.only_group)
    else:
        words = dependencies.sync(site.variant.environment, _uv_defaults(site))
    return container_steps.perform(arguments, container_steps.inside(arguments, site, *words))


def _uv_defaults(site: Site) -> tuple[str, ...]:
    """The groups that uv installs when nobody names one."""
    project = site.pyproject
    if project is None:
        return ()
    chosen = project.default_groups
    if chosen == ("*",):
        return tuple(project.groups)
    return tuple(name for name in (("dev",) if chosen is None else chosen) if name in project.groups)
