"""`policy-checks container pull`: an image that CI built, from the registry on the host of the `gitlab` remote (guide, "Option A")."""

import argparse

from policy_checks import git
from policy_checks.commands import container_options, container_steps
from policy_checks.commands.container_site import Site
from policy_checks.containers import image_reference, launch, registry
from policy_checks.containers.settings import ENVIRONMENT
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser)
    container_options.add_variant(parser)
    where = parser.add_argument_group("from where").add_mutually_exclusive_group()
    told = "the git remote whose host is the registry's (default: gitlab, or the policy's)"
    where.add_argument("--remote", type=container_options.filled, metavar="NAME", help=told)
    where.add_argument("--registry", type=container_options.filled, metavar="HOST", help="the registry's host itself, without a port")
    parser.add_argument("--tag", type=container_options.filled, metavar="TAG", help="default: main, or the policy's")
    container_options.add_engine(parser)
    parser.epilog = "The path below the host is `registry-path` in [tool.policy-checks.containers]. A port of the remote is left out."


def run(arguments: argparse.Namespace) -> int:
    """Pulls it."""
    site = Site(arguments)
    containers = site.options.containers
    if not containers.registry_path:
        example = f'"group/project/ci_{ENVIRONMENT}"'
        raise Failure(f"the registry's path is not known: set `registry-path = {example}` in [tool.policy-checks.containers]")
    path = containers.registry_path.replace(ENVIRONMENT, site.variant.name.lower())
    host = registry.with_port(_host(arguments, site), containers.registries_with_port)
    reference = f"{host}/{path}:{arguments.tag or containers.registry_tag}"
    if image_reference.parse(reference) is None:
        raise Failure(f"{reference!r} is no image reference: correct --tag, or `registry-path` in [tool.policy-checks.containers]")
    code = container_steps.perform(arguments, launch.pull(container_steps.chosen_engine(arguments), reference))
    if code == 0 and not arguments.dry_run:
        container_steps.tell(f"it runs with `policy-checks container run --image {reference} …`")
    return code


def _host(arguments: argparse.Namespace, site: Site) -> str:
    if arguments.registry:
        known = arguments.registry in site.options.containers.registries_with_port
        return arguments.registry if known else registry.given_host(arguments.registry)
    remote = arguments.remote or site.options.containers.remote
    url = git.remote_url(site.root, remote)
    if url is None:
        raise Failure(f"there is no git remote `{remote}`: `git remote add {remote} URL`, or name the registry's host with --registry")
    return registry.host(url, remote)
