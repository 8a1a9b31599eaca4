"""Which refs `git push` was told to push, read from its command line.

A pre-push hook learns them on its standard input, but pre-commit and prek read that themselves and hand on one ref alone. The
others can only be had from the `git push` that is waiting above the runner.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from policy_checks import git, processes
from policy_checks.record import record

# Options of git and of `git push` that take their value as the next word.
_GIT_VALUES = ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--exec-path", "--super-prefix")


@record
class Push:
    """What was asked of `git push`: refspecs as written, and whole families of refs."""

    refspecs: tuple[str, ...]
    families: tuple[str, ...] = ()  # beginnings of refs, such as refs/tags/


def waiting() -> Push | None:
    """The push that this process is a hook of, None where it cannot be seen."""
    for words in processes.above(os.getppid()):
        if (found := parsed(words)) is not None:
            return found
    return None


def parsed(command: Sequence[str]) -> Push | None:
    """The push of a command line, None for one of another program."""
    if not command or Path(command[0]).name not in ("git", "git.exe", "git-push"):
        return None
    rest = list(command[1:])
    if Path(command[0]).name != "git-push":
        while rest and rest[0].startswith("-"):
            del rest[: 1 + (rest[0] in _GIT_VALUES)]
        if rest[:1] != ["push"]:
            return None
        rest = rest[1:]
    parser = argparse.ArgumentParser(add_help=False)
    for name in ("--all", "--branches", "--mirror", "--tags"):
        parser.add_argument(name, action="store_true")
    for names in (("--repo",), ("-o", "--push-option"), ("--receive-pack", "--exec")):
        parser.add_argument(*names)
    parser.add_argument("words", nargs="*")
    # Flags in between would part the words.
    taken, left = parser.parse_known_intermixed_args(rest)
    words = [*taken.words, *(word for word in left if not word.startswith("-"))]
    refspecs = words if taken.repo else words[1:]
    families = {"refs/heads/": taken.all or taken.branches, "refs/tags/": taken.tags, "refs/": taken.mirror}
    return Push(tuple(refspecs), tuple(family for family, wanted in families.items() if wanted))


def sources(root: Path, remote: str, push: Push | None) -> list[str]:
    """Revisions that may be pushed besides the one that a runner names.

    Exact for refspecs and for `--all`, `--tags` and `--mirror`; every branch where the remote decides which (`:`,
    `push.default = matching`), and every branch and tag where the push cannot be seen.
    """
    if push is None:
        return list(_refs(root, "refs/heads/")) + list(_refs(root, "refs/tags/"))
    refspecs, families = list(push.refspecs), list(push.families)
    if not refspecs and not families:
        refspecs = git.setting_values(root, f"remote.{remote}.push") if remote else []
        if git.setting_values(root, f"remote.{remote}.mirror")[-1:] == ["true"]:
            refspecs, families = [], ["refs/"]
        elif not refspecs and git.setting_values(root, "push.default")[-1:] == ["matching"]:
            refspecs = [":"]
    found = [ref for family in families for ref in _refs(root, family)]
    words = iter(refspecs)
    for word in words:
        source = f"refs/tags/{next(words, '')}" if word == "tag" else word.removeprefix("+").partition(":")[0]
        if word.removeprefix("+") == ":":
            found += _refs(root, "refs/heads/")
        elif "*" in source:
            before, _, after = source.partition("*")
            found += (ref for ref in _refs(root, before.rpartition("/")[0] or "refs/") if ref.startswith(before) and ref.endswith(after))
        elif source and not source.startswith("^"):
            found.append(source)
    return found


def _refs(root: Path, family: str) -> Iterator[str]:
    return iter(git.refs(root, family))
