"""What `git push` was told to push, read from its command line."""

from pathlib import Path

import pytest

from policy_checks.commands.push_arguments import Push, parsed, sources
from tests.commits.conftest import commit
from tests.conftest import Git


@pytest.mark.parametrize(
    ("line", "push"),
    [
        ("git push", Push(())),
        ("git push origin", Push(())),
        ("git push -q origin main", Push(("main",))),
        ("git push origin -f main topic:other", Push(("main", "topic:other"))),
        ("/usr/lib/git-core/git -C dir -c a.b=c --no-pager push origin main", Push(("main",))),
        ("git push -o ci.skip -u origin main", Push(("main",))),
        ("git push --force-with-lease=main:abc --signed origin +main", Push(("+main",))),
        ("git push --repo origin main", Push(("main",))),
        ("git push origin tag v1", Push(("tag", "v1"))),
        ("git push --all origin", Push((), ("refs/heads/",))),
        ("git push --branches --tags origin", Push((), ("refs/heads/", "refs/tags/"))),
        ("git push --mirror origin", Push((), ("refs/",))),
        ("git-push origin main", Push(("main",))),
        ("git commit -m push", None),
        ("git -c push status", None),
        ("/bin/sh .git/hooks/pre-push origin url", None),
        ("", None),
    ],
)
def test_command_lines(line: str, push: Push | None) -> None:
    assert parsed(line.split()) == push


@pytest.mark.parametrize(
    ("push", "found"),
    [
        (Push(("good", "+worse:other", ":gone", "^no")), ["good", "worse"]),
        (Push((), ("refs/heads/",)), ["refs/heads/good", "refs/heads/main", "refs/heads/worse"]),
        (Push(("tag", "v1")), ["refs/tags/v1"]),
        (Push((), ("refs/tags/",)), ["refs/tags/v1"]),
        (Push(("refs/heads/w*:refs/heads/*",)), ["refs/heads/worse"]),
        (Push((":",)), ["refs/heads/good", "refs/heads/main", "refs/heads/worse"]),
        (Push(()), []),
        (None, ["refs/heads/good", "refs/heads/main", "refs/heads/worse", "refs/tags/v1"]),
    ],
)
def test_sources(git: Git, tmp_path: Path, push: Push | None, found: list[str]) -> None:
    commit(git, "-m", "one")
    for name in ("good", "worse"):
        git("branch", name)
    git("tag", "-a", "-m", "v1", "v1")
    (tmp_path / "file").write_text("x")
    git("tag", "file", git("hash-object", "-w", "file").strip())  # publishes no commit
    assert sources(tmp_path, "origin", push) == found


def test_sources_of_the_configuration(git: Git, tmp_path: Path) -> None:
    commit(git, "-m", "one")
    git("branch", "good")
    git("config", "push.default", "matching")
    assert sources(tmp_path, "origin", Push(())) == ["refs/heads/good", "refs/heads/main"]
    git("config", "--add", "remote.origin.push", "refs/heads/main:refs/for/main")
    assert sources(tmp_path, "origin", Push(())) == ["refs/heads/main"]
    git("config", "remote.origin.mirror", "true")
    assert sources(tmp_path, "origin", Push(())) == ["refs/heads/good", "refs/heads/main"]
