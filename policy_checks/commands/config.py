"""`policy-checks config`: the policy in force as one table, each value with the file, the preset or the default that it comes from."""

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

from policy_checks import registry
from policy_checks.commands import judged_tree, verdict
from policy_checks.config import listing
from policy_checks.config.decoding import members
from policy_checks.config.effective import settings
from policy_checks.config.schema import schema
from policy_checks.failure import Failure

_WIDTH = 80  # columns where no terminal says


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.epilog = "The output is TOML, and as a policy-checks.toml it is the same policy."
    parser.add_argument("--rule", metavar="CODE", help="only the keys that this rule reads")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of [tool.policy-checks]")
    policy = parser.add_mutually_exclusive_group()
    policy.add_argument("--config", type=Path, metavar="FILE", help="this configuration instead of the repository's")
    policy.add_argument("--isolated", action="store_true", help="the defaults; no configuration is read")
    judged_tree.add_tree(parser)
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")


def run(arguments: argparse.Namespace) -> int:
    """Prints the configuration or its schema."""
    declared = verdict.declared(registry.all_rules())
    if arguments.schema:
        print(json.dumps(schema(declared), indent=2, ensure_ascii=False))
        return 0
    root = judged_tree.root_of([])
    found = judged_tree.tree(root, arguments)
    loaded = judged_tree.policy_of(root, found, arguments)(declared=declared, codes=registry.codes())
    shown = list(settings(loaded, declared))
    if arguments.rule:
        keys = _keys_of(arguments.rule)
        shown = [one for one in shown if one.path[0] in keys]
    as_json = arguments.output_format == "json"
    files = loaded.merged.files
    for line in listing.as_json(shown, files) if as_json else listing.as_toml(shown, files, _columns()):
        print(line)
    return 0


def _keys_of(code: str) -> set[str]:
    if code.upper() not in registry.codes():
        raise Failure(f"there is no rule {code!r}; `policy-checks rule` lists them")
    options: Any = registry.rule(code.upper()).options
    keys = {member.key for member in members(options)}
    if not keys:
        raise Failure(f"{code.upper()} has no settings")
    return keys


def _columns() -> int:
    return shutil.get_terminal_size((_WIDTH, 24)).columns if "COLUMNS" in os.environ or os.isatty(1) else _WIDTH
