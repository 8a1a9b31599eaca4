"""The options that the container commands share."""

import argparse
from pathlib import Path

from policy_checks.containers.launch import ENGINES


def set_usage(parser: argparse.ArgumentParser, words: str = "") -> None:
    """What is typed, short: the options are told below, and are many."""
    parser.usage = f"%(prog)s\n       [OPTION ...] {words}".rstrip()


def filled(text: str) -> str:
    """What is typed, not blank: `--image "$IMAGE"` with nothing in the variable would mean the default."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty")
    return text


def add_variant(parser: argparse.ArgumentParser) -> None:
    """The options that choose the image, by the environment or by the labels of a pull request."""
    which = parser.add_argument_group("which image").add_mutually_exclusive_group()
    which.add_argument("--environment", type=filled, metavar="E", help="of that environment (default: by label, else dev)")
    which.add_argument("--labels", metavar="TEXT", help="the pull request's labels, comma-separated or as JSON")
    which.add_argument("--event", metavar="FILE", type=Path, help="GitHub's event, which holds the labels (default: $GITHUB_EVENT_PATH)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="read this configuration instead of the repository's")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """The options of what talks to an engine."""
    parser.add_argument("--engine", choices=ENGINES, help="default: the first one on PATH")
    add_dry_run(parser)


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """The option that every command has."""
    parser.add_argument("--dry-run", action="store_true", help="print the command lines and do nothing")


def add_image(parser: argparse.ArgumentParser) -> None:
    """The option that runs another image than the local one."""
    parser.add_argument("--image", type=filled, metavar="REF", help="this image (default: what `container build` tags)")


def add_option(parser: argparse.ArgumentParser, example: str) -> None:
    """The option that hands further ones on."""
    told = f"hand this on, e.g. --option={example}; repeatable"
    parser.add_argument("--option", type=filled, metavar="OPT", action="append", default=[], help=told)


def add_launch(parser: argparse.ArgumentParser) -> None:
    """The options of what starts a container."""
    add_variant(parser)
    launch = parser.add_argument_group("how it is started")
    add_image(launch)  # type: ignore[arg-type]  # a group has the same method
    gpus = launch.add_mutually_exclusive_group()
    gpus.add_argument("--gpus", action="store_true", default=None, help="with all GPUs (default: where there are some)")
    gpus.add_argument("--no-gpus", action="store_false", dest="gpus", help="without GPUs")
    launch.add_argument(
        "--uv-cache", action="store_true", help="keep uv's cache on the host, in ~/.cache/uv: no full disk in the container"
    )
    launch.add_argument("--user", action="store_true", help="run as you, not as the image's user: new files are yours")
    add_option(launch, "--ipc=host")  # type: ignore[arg-type]
    add_engine(parser)
