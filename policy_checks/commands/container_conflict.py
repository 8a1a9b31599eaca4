"""`policy-checks container conflict`: the guide's "Resolving a merge conflict in uv.lock", its second step in the container."""

import argparse
import posixpath

from policy_checks import git, git_merge
from policy_checks.commands import container_options, container_steps
from policy_checks.commands.container_site import Site
from policy_checks.containers import dependencies
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser)
    told = "start from this commit's uv.lock (default: the main branch, origin/main)"
    parser.add_argument("--target", type=container_options.filled, metavar="REV", help=told)
    container_options.add_launch(parser)
    parser.epilog = "`policy-checks lock resolve` does it for every lock of a merge, without a container where that is enough."


def run(arguments: argparse.Namespace) -> int:
    """Takes main's lock and locks anew."""
    site = Site(arguments)
    if git.top_level(site.root) is None:
        raise Failure("this is no git repository, so there is no merge to resolve")
    lock = site.nearest("uv.lock") or site.relative("uv.lock")
    unmerged = [path for path in git_merge.unmerged(site.root) if posixpath.basename(path) in ("pyproject.toml", "uv.toml")]
    if unmerged and not arguments.dry_run:
        raise Failure(f"{', '.join(unmerged)} is still unmerged, and uv could not read it: resolve it first")
    if arguments.target:
        git.commit_id(site.root, arguments.target)
    take = dependencies.take(arguments.target or git_merge.main_branch(site.root), lock)
    code = container_steps.perform(arguments, take, container_steps.inside(arguments, site, *dependencies.UV_LOCK))
    if code == 0 and not arguments.dry_run:
        container_steps.tell(f"uv.lock is resolved: `git add {lock}`, then go on with the merge")
    return code
