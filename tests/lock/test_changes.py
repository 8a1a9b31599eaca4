"""`lock diff`: what a reviewer is told of two locks, and that nothing passes unseen."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

from policy_checks.commands import lock_diff
from policy_checks.commands.lock_diff_report import _cell
from policy_checks.failure import Failure
from policy_checks.lock import changes
from policy_checks.lock.changes import Changes
from policy_checks.readers import uv_lock
from policy_checks.source import SourceFile
from tests.conftest import Git

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm"
HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n'
INDEX = 'registry = "https://index.example/simple"'


def entry(name: str, version: str = "1", source: str = INDEX, more: str = "") -> str:
    return f'\n[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\n{more}'


def wheel(name: str, host: str = "files.example", digest: str = "sha256:aa", more: str = "") -> str:
    return f'wheels = [\n    {{ url = "https://{host}/{name}.whl", hash = "{digest}"{more} }},\n]\n'


def compare(before: str, after: str, head: str = HEAD) -> Changes:
    old, new = (uv_lock.parse(SourceFile("uv.lock", text.encode())) for text in (HEAD + before, head + after))
    return changes.compare(old, new)


def told(found: Changes) -> list[str]:
    """`kind name before after` of each change."""
    return [f"{change.kind} {change.name} {_version(change.before)} {_version(change.after)}" for change in found.packages]


def _version(package: uv_lock.Package | None) -> str | None:
    return package.version if package else None


def markers(*texts: str) -> str:
    return "resolution-markers = [\n" + "".join(f'    "{text}",\n' for text in texts) + "]\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", entry("a"), ["added a None 1"]),
        (entry("a"), "", ["removed a 1 None"]),
        (entry("a", "1.9"), entry("a", "1.10"), ["upgraded a 1.9 1.10"]),
        (entry("a", "1.0"), entry("a", "1.0rc1"), ["downgraded a 1.0 1.0rc1"]),
        (entry("a", "1.0"), entry("a", "1.0+local"), ["upgraded a 1.0 1.0+local"]),
        (entry("a", "odd"), entry("a", "odder"), ["upgraded a odd odder"]),
        (entry("a"), entry("a"), []),
        # Forks: the one that is the same is no change, the others are matched by where they are used.
        (entry("a", "1") + entry("a", "2"), entry("a", "1") + entry("a", "3"), ["upgraded a 2 3"]),
        (entry("a", "2"), entry("a", "1") + entry("a", "2"), ["added a None 1"]),
        (
            entry("a", "1", more=markers("x == '1'")) + entry("a", "2", more=markers("x == '2'")),
            entry("a", "2.1", more=markers("x == '2'")) + entry("a", "1.1", more=markers("x == '1'")),
            ["upgraded a 1 1.1", "upgraded a 2 2.1"],
        ),
        (entry("a", more=markers("x")), entry("a", more=markers("y")), ["forks a 1 1"]),
        (entry("a") + entry("b"), entry("a", more='dependencies = [\n    { name = "b" },\n]\n') + entry("b"), ["dependencies a 1 1"]),
        # A version is matched before its source: otherwise a source that changed would be an addition and a removal.
        (entry("a", source='git = "https://git.example/a#1"'), entry("a"), ["source a 1 1"]),
    ],
)
def test_kinds(before: str, after: str, expected: list[str]) -> None:
    assert told(compare(before, after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "alarm"),
    [
        (entry("a"), entry("a", source='registry = "https://other.example/simple"'), "source changed under the same version"),
        (entry("a", more=wheel("a")), entry("a", more=wheel("a", digest="sha256:bb")), "hash of a.whl changed under the same version: sha256:aa → sha256:bb"),
        (entry("a", more=wheel("a")), entry("a", more=wheel("a").replace(', hash = "sha256:aa"', "")), "sha256:aa → none"),
        (entry("a", more=wheel("a")), entry("a", more=wheel("a", host="evil.example")), "host of a.whl changed under the same version"),
        (entry("a", more=wheel("a")), entry("a", more=wheel("x/../a")), "URL of a.whl changed under the same version"),
        (entry("a", more=wheel("a", more=", size = 1")), entry("a", more=wheel("a", more=", size = 2")), "size of a.whl changed under the same hash"),
        (entry("a", more=wheel("a")), entry("a", more=wheel("b", host="evil.example")), "a host that this registry did not use before: evil.example"),
        (entry("a", more=wheel("a")), entry("a", "2", more=wheel("b", host="evil.example")), "did not use before: evil.example"),
        (entry("a", more=wheel("a")), entry("a", more=wheel("a")) + entry("b", more=wheel("b", host="evil.example")), "did not use before: evil.example"),
    ],
)  # fmt: skip
def test_alarms(before: str, after: str, alarm: str) -> None:
    found = compare(before, after)
    assert any(alarm in text for text in found.packages[0].alarms), found


def test_a_second_file_of_the_same_name_does_not_hide_the_first() -> None:
    twice = wheel("a").replace("]\n", "") + '    { url = "https://evil.example/a.whl", hash = "sha256:bb" },\n]\n'
    (change,) = compare(entry("a", more=wheel("a")), entry("a", more=twice)).packages
    assert change.alarms
    assert change.notes == ("a.whl #2 added",)


def test_alarms_come_first() -> None:
    found = compare(entry("z", more=wheel("z")), entry("a") + entry("z", more=wheel("z", digest="sha256:bb")))
    assert told(found) == ["artifacts z 1 1", "added a None 1"]


def test_settings() -> None:
    found = compare("", "", head=HEAD.replace("3.12", "3.13") + '\n[manifest]\nconstraints = [{ name = "a", specifier = "<2" }]\n')
    assert [(one.name, one.before, one.after) for one in found.settings] == [
        ("requires-python", ">=3.12", ">=3.13"),
        ("constraints", "", "a<2"),
    ]


def test_what_is_not_told_apart_is_still_told() -> None:
    uploaded = [wheel("a", more=f', upload-time = "202{year}-01-01T00:00:00Z"') for year in "12"]
    (setting,) = compare(entry("a", more=uploaded[0]), entry("a", more=uploaded[1])).settings
    assert "layout, order, upload times" in setting.after


# --- the command --------------------------------------------------------------------------------

PROJECT = """\
[tool.policy-checks.environments.dev]
groups = ["dev"]
[tool.policy-checks.environments.lts]
groups = ["lts"]
"""
ROOT = """
[[package]]
name = "app"
version = "1"
source = { virtual = "." }

[package.dev-dependencies]
dev = [
    { name = "a" },
    { name = "b" },
]
lts = [
    { name = "b" },
]
"""


@pytest.fixture
def repository(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "uv.lock").write_text(HEAD + entry("a", more=wheel("a")) + ROOT + entry("b"))
    git("add", "--all")
    git("commit", "-qm", "one")
    git("tag", "one")
    (tmp_path / "uv.lock").write_text(HEAD + entry("a", more=wheel("a", digest="sha256:bb")) + ROOT + entry("b", "2"))
    return tmp_path


def diff(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    lock_diff.configure(parser)
    return lock_diff.run(parser.parse_args(arguments))


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    diff(*arguments, "--output-format", "json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_text(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff() == 1
    assert capsys.readouterr().out.splitlines() == [
        "uv.lock: HEAD → working tree: 1 artifacts changed, 1 upgraded",
        "  ! a 1: artifacts changed   [dev]",
        "      ! hash of a.whl changed under the same version: sha256:aa → sha256:bb",
        "  ↑ b 1 → 2   [dev, lts]",
    ]


def test_revisions(repository: Path, git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    git("commit", "-qam", "two")
    assert diff() == 0
    assert diff("one") == 1
    assert diff("one", "HEAD") == 1
    assert diff("HEAD", "HEAD") == 0
    capsys.readouterr()
    assert [one["kind"] for one in report(capsys, "HEAD", "one")["locks"][0]["packages"]] == ["artifacts", "downgraded"]
    with pytest.raises(Failure, match="at most two"):
        diff("one", "one", "one")


def test_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys)
    assert (found["version"], found["before"], found["after"]) == (1, "HEAD", "working tree")
    assert found["locks"][0]["packages"][1] == {
        "kind": "upgraded",
        "name": "b",
        "before": {"version": "1", "source": {"registry": "https://index.example/simple"}},
        "after": {"version": "2", "source": {"registry": "https://index.example/simple"}},
        "alarms": [],
        "notes": [],
        "environments": ["dev", "lts"],
    }


def test_a_new_lock_and_one_folder(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "sub").mkdir()
    (repository / "sub/uv.lock").write_text(HEAD + entry("a"))
    assert [one["path"] for one in report(capsys)["locks"]] == ["sub/uv.lock", "uv.lock"]
    assert diff("--dir", "sub") == 1
    assert capsys.readouterr().out.splitlines()[0] == "sub/uv.lock: HEAD → working tree: new, 1 package"
    with pytest.raises(Failure, match="no git repository"):
        diff("--dir", "..")


def test_without_environments_groups_and_extras_are_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "pyproject.toml").write_text("")
    assert report(capsys)["locks"][0]["packages"][1]["environments"] == ["dev (group)", "lts (group)"]


def test_markdown(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    diff("--output-format", "markdown")
    text = capsys.readouterr().out
    assert "> - `a 1`: `hash of a.whl changed under the same version: sha256:aa → sha256:bb`\n" in text
    assert "| `b` | upgraded | `1` | `2` | `dev`, `lts` |  |\n" in text
    assert text.index("> [!WARNING]") < text.index("<details>") < text.index("</details>")


@given(st.text(max_size=30))
def test_nothing_of_a_lock_means_anything_in_markdown(text: str) -> None:
    """One cell with one code span, whatever the text."""
    shown = _cell(text)
    html = MarkdownIt("gfm-like", {"linkify": False}).render(f"| a | b |\n|---|---|\n| {shown} | x |\n")
    assert html.count("<td>") == 2
    assert html.count("<code>") == (1 if text else 0)
    assert "<a" not in html


@pytest.mark.skipif(not REAL.is_dir(), reason="the real locks are not here")
def test_real_locks() -> None:
    old, new = (uv_lock.parse(SourceFile("uv.lock", (REAL / state / "uv.lock").read_bytes())) for state in ("before-lts-moved", "head"))
    found = changes.compare(old, new)
    assert [change.name for change in found.packages if change.alarms] == ["flash-mla", "mamba-ssm"]
    for lock, side in ((old, "before"), (new, "after")):
        named = [getattr(change, side).number for change in found.packages if getattr(change, side)]
        assert len(named) == len(set(named)) <= len(lock.packages)
    assert changes.compare(new, new) == Changes((), ())
