"""`policy-checks container add PACKAGE …`: the guide's "Adding a New Dependency" in one command."""

import argparse
import shlex

from policy_checks.commands import container_options, container_steps
from policy_checks.commands.container_site import Site
from policy_checks.containers import dependencies
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser, "PACKAGE ...")
    filled = container_options.filled
    parser.add_argument("packages", nargs="+", type=filled, metavar="PACKAGE", help="as `uv add` takes it: httpx, 'httpx>=0.28'")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--group", type=filled, metavar="G", help="into that dependency group")
    where.add_argument("--extra", type=filled, metavar="X", help="into that extra")
    container_options.add_launch(parser)
    parser.epilog = "`uv add` and `uv lock` run in the container, `git add` on the host; the commit is printed, for it needs your key."


def run(arguments: argparse.Namespace) -> int:
    """Adds, locks and stages, and prints the line that commits."""
    site = Site(arguments)
    project = site.nearest("pyproject.toml")
    if project is None:
        raise Failure("there is no pyproject.toml here or above: go to the project's folder")
    lock = site.nearest("uv.lock") or project.removesuffix("pyproject.toml") + "uv.lock"
    words = (dependencies.add(arguments.packages, arguments.group or "", arguments.extra or ""), dependencies.UV_LOCK)
    commands = [container_steps.inside(arguments, site, *one) for one in words]
    stage = dependencies.stage(project, lock)
    on_host = not container_steps.is_inside(arguments)
    code = container_steps.perform(arguments, *commands, *([stage] if on_host else []))
    if code == 0:
        print(*([] if on_host else [shlex.join(stage)]), dependencies.commit(arguments.packages), sep="\n")
    return code
