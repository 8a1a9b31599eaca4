"""A repository whose branches change uv.lock, each locked by real uv from small wheels on disk, with the merge driver installed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.real_uv import uv

ROOT = Path(__file__).parents[2]
# The driver without the start of the whole program.
LAUNCHER = """\
import argparse, sys
sys.path.insert(0, {root!r})
from policy_checks.commands import lock_merge
parser = argparse.ArgumentParser()
lock_merge.configure_merge_driver(parser)
sys.exit(lock_merge.run_merge_driver(parser.parse_args()))
"""
PROJECT = """\
[project]
name = "app"
version = "0.1"
requires-python = ">=3.11"
dependencies = [
    "alpha==1",
    # the lines between two changes are what lets git merge them
    # one
    #
    # two
    #
    # three
    #
    "zeta",
]

[project.optional-dependencies]
fast = ["eta"]
# five
# six
# seven

[dependency-groups]
test = ["eta"]
# eight
# nine
# ten

[tool.uv]
no-index = true
find-links = ["wheels"]
# eleven
# twelve

[tool.policy-checks]
ignore = ["LCK015"]  # find-links on disk give no hashes
"""
# Branch → what it replaces in pyproject.toml.
BRANCHES = {
    "beta": ("# one", '"beta",'),
    "delta": ("# two", '"delta",'),
    "up2": ('"alpha==1"', '"alpha==2"'),
    "up3": ('"zeta",', '"zeta",\n    "alpha>=1",'),
    "extra": ("# six", 'slow = ["theta", "beta"]'),
    "group": ("# nine", 'lint = ["iota"]'),
    "python": ('">=3.11"', '">=3.11.1"'),
    "without": ('    "zeta",\n', ""),
}
WHEELS = {
    "alpha": ("1", "2", "3"), "beta": ("1", "gamma"), "gamma": ("1",), "delta": ("1", "alpha"), "zeta": ("1", "gamma"),
    "eta": ("1",), "theta": ("1", "eta"), "iota": ("1",),
}  # fmt: skip


def wheel(folder: Path, name: str, version: str, *requires: str) -> None:
    """The smallest wheel that uv reads."""
    folder.mkdir(exist_ok=True, parents=True)
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {one}\n" for one in requires)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{info}/METADATA", about)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def git(folder: Path, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
    """Runs git; returns all that it printed."""
    identity = {
        f"GIT_{who}_{what}": f"tester{at}" for who in ("AUTHOR", "COMMITTER") for what, at in (("NAME", ""), ("EMAIL", "@mail.example"))
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | identity
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_EDITOR": "true"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode in accept, said
    return said


def lock(folder: Path) -> None:
    """Runs `uv lock`."""
    done = uv(folder, "lock", "--python", sys.executable)
    assert done.returncode == 0, done.stderr


def is_what_uv_writes(folder: Path) -> bool:
    """Whether uv accepts the lock, and would not change a letter of it."""
    before = (folder / "uv.lock").read_text()
    accepted = uv(folder, "lock", "--check", "--python", sys.executable).returncode == 0
    lock(folder)
    return accepted and (folder / "uv.lock").read_text() == before


def install_driver(folder: Path) -> None:
    """What `policy-checks init --merge-driver` tells to do."""
    launcher = folder / ".git/driver.py"
    launcher.write_text(LAUNCHER.format(root=str(ROOT)))
    git(folder, "config", "merge.uv-lock.driver", f"'{sys.executable}' '{launcher.relative_to(folder)}' %O %A %B %P")


def repository(folder: Path, project: str = "") -> Path:
    """The repository; `project` is the folder of the project in it."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    install_driver(folder)
    (folder / ".gitattributes").write_text("uv.lock merge=uv-lock\n")
    (folder / ".gitignore").write_text(".uv-cache/\n")
    inside = folder / project
    for name, (*versions, last) in WHEELS.items():
        requires = () if last.isdigit() else (last,)
        for version in versions if requires else (*versions, last):
            wheel(inside / "wheels", name, version, *requires)
    commit(folder, "main", PROJECT, project)
    for branch, (old, new) in BRANCHES.items():
        assert old in PROJECT
        git(folder, "checkout", "--quiet", "-B", branch, "main")
        commit(folder, branch, PROJECT.replace(old, new), project)
    git(folder, "checkout", "--quiet", "main")
    return folder


def commit(folder: Path, message: str, pyproject: str, project: str = "") -> None:
    """Commits a project and its lock."""
    (folder / project / "pyproject.toml").write_text(pyproject)
    lock(folder / project)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
