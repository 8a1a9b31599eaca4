"""`policy-checks lock check`: whether uv.lock matches its project, offline, and why it does not.

Light on purpose: a lock that was found fresh and has not changed is answered before the engine is imported.
"""

import argparse
import os
import re
import sys

from policy_checks.lock import memory


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `lock check`."""
    parser.add_argument("folders", nargs="*", metavar="DIR", default=["."], help="project folders (default: here)")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="json: one object a line (default: text)")
    parser.add_argument(
        "--integrity", action="store_true", help="also what uv does not look at: hashes, hosts, edges, layout (LCK010 to LCK020)"
    )
    parser.add_argument("--no-cache", action="store_true", help="decide anew, also where nothing changed since the lock was found fresh")


def run(arguments: argparse.Namespace) -> int:
    """Judges each folder; 0 all fresh, 1 some stale or invalid, 2 undecided or failed."""
    return max(_judged(folder, arguments) for folder in arguments.folders)


def _judged(folder: str, arguments: argparse.Namespace) -> int:
    python, place = _python(folder), os.path.abspath(folder)
    as_json, keep = arguments.output_format == "json", not arguments.no_cache
    # What is remembered is freshness alone.
    if keep and not arguments.integrity and memory.is_remembered(place, python):
        print(_fresh(folder, as_json))
        return 0
    from policy_checks.commands import lock_verdict

    judged = lock_verdict.judge(folder, python, keep=keep, integrity=arguments.integrity)
    print(lock_verdict.as_json(judged) if as_json else "\n".join(lock_verdict.as_text(judged)))
    return judged.exit_code


def _fresh(folder: str, as_json: bool) -> str:
    if not as_json:
        return f"{folder}: fresh — uv.lock matches the project"
    import json

    return json.dumps({"dir": folder, "verdict": "fresh", "differences": []}, ensure_ascii=False)


def _python(folder: str) -> str:
    """The minor version that uv would take where none is declared: pinned, that of the environment, else of this interpreter."""
    for name, pattern in (
        (".python-version", r"(?:cpython[@-]?)?(3\.\d+)"),
        (".venv/pyvenv.cfg", r"(?m)^version(?:_info)?\s*=\s*(3\.\d+)"),
    ):
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                found = re.search(pattern, file.read(10_000))
        except OSError:
            continue
        if found:
            return found[1]
    return f"{sys.version_info.major}.{sys.version_info.minor}"
