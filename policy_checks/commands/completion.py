"""`policy-checks completion SHELL`: a completion script, generated from the parsers."""

import argparse
from typing import Any

SHELLS = ("bash", "zsh", "tcsh")


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("shell", choices=SHELLS, help="bash: add its output to a file of ~/.local/share/bash-completion/completions")


def run(arguments: argparse.Namespace) -> int:
    """Prints the script."""
    import shtab

    from policy_checks import cli

    whole = argparse.ArgumentParser(prog="policy-checks")
    parsers = whole.add_subparsers()
    families: dict[str, Any] = {}
    for name, does in cli.COMMANDS.items():
        family, _, last = name.rpartition(" ")
        if family and family not in families:
            families[family] = parsers.add_parser(family, help=f"{family} …").add_subparsers()
        (families[family] if family else parsers).add_parser(last, parents=[cli.command_parser(name)], add_help=False, help=does)
    print(shtab.complete(whole, shell=arguments.shell))
    return 0
