"""What belongs to a clone on which people work: hooks, signing, the merge driver. Missing is advice; broken is wrong."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from policy_checks import git
from policy_checks.commands import commit_setup, init
from policy_checks.commands.doctor_machine import read
from policy_checks.commands.doctor_repository import Repository
from policy_checks.commits.policy import SignatureLevel
from policy_checks.containers.doctor import clone
from policy_checks.containers.doctor.clone import HookFile
from policy_checks.containers.doctor.verdicts import Check, Status
from policy_checks.readers.pre_commit_config import is_config
from policy_checks.readers.yaml_text import Document, elements, get, text
from policy_checks.rules.commits.signed import Options
from policy_checks.source import SourceFile
from policy_checks.workspace import Disk

# What is looked at, where people commit and merge.
NAMES = ("hooks", "signing", "merge driver")


def hook_files(root: Path) -> Iterator[Check]:
    """The git hooks that the configuration of pre-commit or prek asks for, where git looks for them (core.hooksPath)."""
    path = next((name for name in sorted(os.listdir(root), reverse=True) if is_config(name)), None)
    if path is None:
        yield Check(clone.GROUP, "hooks", Status.NOTE, "no .pre-commit-config.yaml: no hooks are asked for")
        return
    config = next(iter(Document(SourceFile(path, Disk(root).read(path))).roots), None)
    types = [text(node) for node in elements(get(config, "default_install_hook_types"))]
    asked = [hook for repo in elements(get(config, "repos")) for hook in elements(get(repo, "hooks"))]
    stages = [[text(stage) for stage in elements(get(hook, "stages"))] for hook in asked]
    folder = root / os.fsdecode(git.run(root, "rev-parse", "--git-path", "hooks").removesuffix(b"\n"))
    for kind in clone.wanted(types, stages):
        yield clone.check(kind, _hook(folder / kind), os.path.exists)


def _hook(path: Path) -> HookFile:
    content = read(str(path))
    return HookFile(str(path), content, content is not None and bool(path.stat().st_mode & stat.S_IXUSR))


def signing(repository: Repository) -> Iterator[Check]:
    """Whether commits made here would be signed, where the policy asks for it."""
    if repository.policy.options(Options).commits.signature is SignatureLevel.OFF:
        yield Check(clone.GROUP, "signing", Status.OK, "the policy asks for no signatures")
        return
    lacking = commit_setup.lacking(repository.here.root)
    said = f"not set up: {', '.join(lacking)}; `policy-checks commits setup` explains" if lacking else "set up: `git commit -S -s`"
    yield Check(clone.GROUP, "signing", Status.NOTE if lacking else Status.OK, said)


def merge_driver(root: Path) -> Iterator[Check]:
    """Whether git merges uv.lock with our driver: .gitattributes asks for it, the clone's configuration says what it is."""
    attributes = root / ".gitattributes"
    asked = attributes.is_file() and init.is_set(attributes.read_bytes())
    (driver,) = git.settings(root, f"merge.{init.NAME}.driver")
    if asked and driver:
        yield Check(clone.GROUP, "merge driver", Status.OK, driver)
    elif asked:
        yield Check(clone.GROUP, "merge driver", Status.NOTE, f".gitattributes asks for it, this clone does not know it: `{init.SETTING}`")
    else:
        yield Check(clone.GROUP, "merge driver", Status.NOTE, "uv.lock is merged as text: `policy-checks init --merge-driver`")
