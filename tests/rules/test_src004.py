"""SRC004 in real repositories: age is judged at the date of the commit, and by today only for what is not committed."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policy_checks import workspace
from policy_checks.lock.dated_lock import DATED_LOCK, DatedLock
from policy_checks.rules.sources.src004_too_young import Options, check

Git = Callable[..., str]
WEEK = Options(cooldown_days=7)


def lock_of(uploaded: datetime) -> str:
    return (
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n[[package]]\nname = "idna"\nversion = "3.10"\n'
        'source = { registry = "https://index.example/simple" }\nwheels = [\n'
        f'    {{ url = "https://files.example/idna-3.10-py3-none-any.whl", hash = "sha256:00", upload-time = "{uploaded:%Y-%m-%dT%H:%M:%SZ}" }},\n]\n'
    )


def told(found: workspace.Workspace, options: Options = WEEK) -> list[str]:
    (lock,) = found.all(DATED_LOCK)
    assert isinstance(lock, DatedLock)
    return [problem.message for problem in check(lock, options)]


@pytest.fixture
def commit(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], str]:
    def make(when: datetime) -> str:
        monkeypatch.setenv("GIT_COMMITTER_DATE", when.isoformat())
        git("add", "-A")
        git("commit", "-qm", "lock", "--allow-empty")
        return git("rev-parse", "HEAD").strip()

    return make


def test_a_commit_is_judged_at_its_own_date_for_good(commit: Callable[[datetime], str], tmp_path: Path) -> None:
    uploaded = datetime(2024, 3, 1, tzinfo=UTC)
    (tmp_path / "uv.lock").write_text(lock_of(uploaded))
    young = commit(uploaded + timedelta(days=3, hours=1))
    old = commit(uploaded + timedelta(days=8))
    (message,) = told(workspace.at_revision(tmp_path, young))
    assert "3 days before this lock (2024-03-01, the lock is of 2024-03-04)" in message
    assert told(workspace.at_revision(tmp_path, old)) == []


@pytest.mark.parametrize("read", [workspace.on_disk, workspace.staged])
def test_a_clean_file_has_the_date_of_the_commit(
    read: Callable[[Path], workspace.Workspace], commit: Callable[[datetime], str], tmp_path: Path
) -> None:
    uploaded = datetime(2024, 3, 1, tzinfo=UTC)
    (tmp_path / "uv.lock").write_text(lock_of(uploaded))
    commit(uploaded + timedelta(days=3))
    (tmp_path / "other").write_text("changed, and no matter")
    assert len(told(read(tmp_path))) == 1


def test_what_is_not_committed_is_judged_by_today(git: Git, commit: Callable[[datetime], str], tmp_path: Path) -> None:
    lock, now = tmp_path / "uv.lock", datetime.now(UTC)
    lock.write_text(lock_of(now - timedelta(days=2)))
    assert len(told(workspace.on_disk(tmp_path))) == 1, "before the first commit"
    git("add", "uv.lock")
    assert len(told(workspace.staged(tmp_path))) == 1, "before the first commit"
    lock.write_text(lock_of(now - timedelta(days=30)))
    commit(now - timedelta(days=29))
    assert len(told(workspace.on_disk(tmp_path))) == 1, "young when it was committed"
    lock.write_text(lock.read_text() + "\n")
    assert told(workspace.on_disk(tmp_path)) == []
    assert len(told(workspace.staged(tmp_path))) == 1, "the index still has what HEAD has"
    git("add", "uv.lock")
    assert told(workspace.staged(tmp_path)) == []


def test_a_shallow_clone_gives_the_same_verdict(
    git: Git, commit: Callable[[datetime], str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    uploaded = datetime(2024, 3, 1, tzinfo=UTC)
    (tmp_path / "uv.lock").write_text(lock_of(uploaded))
    commit(uploaded + timedelta(days=1))
    commit(uploaded + timedelta(days=9))
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    git("clone", "-q", "--depth=1", tmp_path.as_uri(), os.fspath(clone))
    assert told(workspace.on_disk(clone)) == told(workspace.on_disk(tmp_path)) == []


def test_a_folder_without_history_is_judged_by_today(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(lock_of(datetime.now(UTC) - timedelta(days=1)))
    assert len(told(workspace.on_disk(tmp_path))) == 1


def test_a_name_that_looks_like_a_pattern_is_a_name(git: Git, commit: Callable[[datetime], str], tmp_path: Path) -> None:
    uploaded = datetime.now(UTC) - timedelta(days=30)
    for folder in ("[ab]", "a"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "uv.lock").write_text(lock_of(uploaded))
    commit(uploaded + timedelta(days=1))
    (tmp_path / "a/uv.lock").write_text(lock_of(uploaded) + "\n")
    found = workspace.on_disk(tmp_path)
    dates = {path: found.date(path) for path in found.paths}
    assert dates["[ab]/uv.lock"] == (uploaded + timedelta(days=1)).replace(microsecond=0)
    assert dates["a/uv.lock"] is not None
    assert dates["a/uv.lock"] > uploaded + timedelta(days=29)


def test_any_number_of_days_is_judged() -> None:
    lock = lock_of(datetime(2025, 1, 1, tzinfo=UTC))
    found = workspace.in_memory({"uv.lock": lock}, date=datetime(2025, 6, 1, tzinfo=UTC))
    assert len(told(found, Options(cooldown_days=10**12))) == 1


@pytest.mark.parametrize("time", ["", "yesterday", "2025-13-01T00:00:00Z"])
def test_a_time_that_cannot_be_read_is_told(time: str) -> None:
    lock = lock_of(datetime(2025, 1, 1, tzinfo=UTC)).replace("2025-01-01T00:00:00Z", time)
    (message,) = told(workspace.in_memory({"uv.lock": lock}, date=datetime(2025, 6, 1, tzinfo=UTC)))
    assert "does not say when idna 3.10 was uploaded" in message
