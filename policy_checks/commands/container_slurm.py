"""`policy-checks container slurm`: a shell in the container on a cluster with Pyxis and enroot (guide, "Option B — Slurm cluster")."""

import argparse

from policy_checks.commands import container_options, container_steps
from policy_checks.commands.container_site import Site
from policy_checks.containers import image_reference, launch
from policy_checks.containers.launch import ENGINES, Job
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser, "[-- WORD ...]")
    parser.add_argument("words", nargs="*", metavar="WORD", help="a program and its arguments, after `--` (default: a shell)")
    container_options.add_variant(parser)
    parser.add_argument("--nodes", type=_count, default=1, metavar="N", help="default: 1")
    parser.add_argument("--gpus-per-node", type=_count, default=8, metavar="N", help="default: 8")
    parser.add_argument("--sqsh", action="store_true", help="import the image into a .sqsh archive first, for clusters that want one")
    container_options.add_image(parser)
    container_options.add_option(parser, "--partition=batch")
    parser.add_argument("--engine", choices=ENGINES[:2], default=ENGINES[0], help="whose image --sqsh imports (default: docker)")
    container_options.add_dry_run(parser)


def run(arguments: argparse.Namespace) -> int:
    """Starts it."""
    site = Site(arguments)
    image, commands = arguments.image or site.tag, []
    if arguments.sqsh:
        archive = _archive(arguments.image, site)
        if not (site.root / archive).exists():  # enroot would refuse to write over it
            commands.append(launch.enroot_import(arguments.engine, image, site.relative(archive)))
        elif not arguments.dry_run:
            container_steps.tell(f"{archive} is here already and is not imported again: delete it for a new one")
        image = str(site.root / archive)
    job = Job(image, str(site.root), site.folder, arguments.nodes, arguments.gpus_per_node, tuple(arguments.option))
    return container_steps.perform(arguments, *commands, launch.srun(job, tuple(arguments.words)))


def _archive(image: str | None, site: Site) -> str:
    """The archive's name at the root: `megatron-lm.sqsh`, `megatron-lm-lts.sqsh`, `mcore_ci_dev-main.sqsh`."""
    if image is None:
        return f"{site.name.rpartition('/')[2]}{site.variant.suffix}.sqsh"
    found = image_reference.parse(image)
    if found is None:
        raise Failure(f"--image {image!r} is no image reference")
    return "-".join(filter(None, (found.path.rpartition("/")[2], found.tag, found.digest.rpartition(":")[2][:12]))) + ".sqsh"


def _count(text: str) -> int:
    """A number above zero."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above zero")
    return int(text)
