"""What many tests share: real repositories in temporary folders, cut off from the user's own git configuration."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]


@pytest.fixture(autouse=True)
def clean_git(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No GIT_* of a surrounding hook, no configuration but this one, no cache but this run's."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "PRE_COMMIT", "PREK"))]:
        monkeypatch.delenv(name)
    settings = tmp_path_factory.mktemp("git") / "config"
    settings.write_text(
        "[user]\n\tname = A Tester\n\temail = tester@mail.example\n[init]\n\tdefaultBranch = main\n[commit]\n\tgpgSign = false\n"
        "[safe]\n\tdirectory = *\n"  # this repository may be mounted into a container, whose user is another one
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Runs git in `tmp_path`, which becomes a repository."""

    def call(*arguments: str, **options: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=options.get("cwd", tmp_path), capture_output=True, text=True, check=True)
        return done.stdout

    call("init", "--quiet")
    return call
