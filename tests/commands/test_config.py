"""`policy-checks config` as its users call it."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from policy_checks import cli, config, registry
from policy_checks.commands import verdict
from policy_checks.config import layers
from tests.conftest import Git

OWN = """\
extends = ["preset:megatron-lm"]
extend-select = ["PIP003"]
exclude = ["docs"]
[per-file-ignores]
"tests/**" = ["PIP"]
[commits]
before = 2026-01-31
domains = ["a\\\\b\\"\\u001b\\u202e\\U0001f600.example"]
[[commits.exempt]]
author = "bot"
reason = "a bot"
[environments.empty]
[environments."with a dot."]
groups = []
[format.arguments]
ruff = ["--quiet"]
[[waivers]]
codes = ["PIP001"]
paths = ["x"]
until = 2027-01-31
reason = "a reason that is longer than any line of eighty columns could be, as reasons sometimes are"
"""


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert cli.main(["config", *arguments]) == code
    told = capsys.readouterr()
    return told.out if code == 0 else told.err


def test_each_value_says_where_it_comes_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy-checks.toml").write_text(OWN)
    lines = printed(capsys).splitlines()
    assert lines[:2] == [
        "# The policy in force, from preset:recommended, then preset:megatron-lm, then",
        "# policy-checks.toml",
    ]
    for line in (
        "select = []  # default",
        '    "PIP002",  # preset:megatron-lm',
        '    "PIP003",  # policy-checks.toml:2',
        'exclude = ["docs"]  # policy-checks.toml:3',
        '"tests/**" = ["PIP"]  # policy-checks.toml:5',
        "before = 2026-01-31  # policy-checks.toml:7",
        "exempt-merges = true  # preset:recommended",
        "allow-fixups = true  # default",
        "[[commits.exempt]]",
        'author = "bot"  # policy-checks.toml:10',
        "# revision-min is not set",
        "empty = {}  # policy-checks.toml:12",
        '[environments."with a dot."]',
    ):
        assert line in lines, line


@pytest.mark.parametrize("width", ["20", "80", "500"])
def test_what_is_printed_is_the_same_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    (tmp_path / "policy-checks.toml").write_text(OWN)
    (tmp_path / "same.toml").write_text(printed(capsys))
    declared = verdict.declared(registry.all_rules())
    first, second = (config.load(tmp_path, file=tmp_path / name, declared=declared) for name in ("policy-checks.toml", "same.toml"))
    assert first.keys == second.keys
    assert [first.options(kind) for kind in declared] == [second.options(kind) for kind in declared]


@pytest.mark.parametrize("name", layers.presets())
def test_a_preset_fits_a_narrow_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tmp_path / "policy-checks.toml").write_text(f'extends = ["preset:{name}"]\n')
    text = printed(capsys)
    tomllib.loads(text)
    assert max(map(len, text.splitlines())) <= 80


def test_nothing_configured_is_all_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys)
    assert text.startswith("# The policy in force: no configuration, all defaults\n")
    assert "preset" not in text


def test_programs_read_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy-checks.toml").write_text(OWN)
    report: dict[str, Any] = json.loads(printed(capsys, "--output-format", "json"))
    assert report["version"] == 1
    assert report["layers"] == ["preset:recommended", "preset:megatron-lm", "policy-checks.toml"]
    by_key = {one["key"]: one for one in report["settings"]}
    assert by_key["waivers[0].until"]["value"] == "2027-01-31"
    assert by_key["extend-select[1]"]["source"] == {"path": "policy-checks.toml", "line": 2}
    assert by_key["bans[0].package"]["source"]["path"] == "preset:megatron-lm"
    assert by_key["select"] == {"key": "select", "value": [], "source": None}
    assert by_key["lock.revision-min"]["value"] is None
    assert report["configuration"]["extend-select"] == ["PIP002", "PIP003"]
    assert report["configuration"]["lock"] == {}


def test_the_keys_of_one_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy-checks.toml").write_text(OWN)
    assert {*tomllib.loads(printed(capsys, "--rule", "cmt001"))} == {"commits"}
    assert "there is no rule 'PIP999'" in printed(capsys, "--rule", "PIP999", code=2)
    assert "LCK002 has no settings" in printed(capsys, "--rule", "LCK002", code=2)


def test_of_another_tree(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy-checks.toml").write_text('select = ["PIP"]\n')
    git("add", "-A")
    git("commit", "-qm", "one")
    (tmp_path / "policy-checks.toml").write_text('select = ["LCK"]\n')
    assert 'select = ["PIP"]' in printed(capsys, "--rev", "HEAD")
    assert 'select = ["PIP"]' in printed(capsys, "--staged")
    assert 'select = ["LCK"]' in printed(capsys)
    assert "select = []" in printed(capsys, "--isolated")


def test_a_shared_policy(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    git("commit", "-qm", "none", "--allow-empty")
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "base.toml").write_text('exclude = ["x"]\n[[waivers]]\ncodes = ["PIP001"]\npaths = ["b"]\nreason = "a"\n')
    (root / "policy-checks.toml").write_text('extends = ["../base.toml"]\n')
    git("init", "-q", cwd=str(root))
    monkeypatch.chdir(root)
    assert 'exclude = ["x"]  # ../base.toml:1' in printed(capsys)
    assert cli.main(["check"]) == 0  # what several share need not hide anything here
    git("add", "-A", cwd=str(root))
    git("commit", "-qm", "one", cwd=str(root))
    capsys.readouterr()
    for tree in (["--staged"], ["--rev", "HEAD"]):
        assert cli.main(["check", *tree]) == 2
        assert "'../base.toml' lies outside the tree that is judged; name the configuration on disk" in capsys.readouterr().err
        assert cli.main(["check", *tree, "--config", "policy-checks.toml"]) == 0
        capsys.readouterr()
    with (tmp_path / "base.toml").open("a") as base:
        base.write("until = 2020-01-01\n")
    assert cli.main(["check"]) == 1  # an end is an end for everyone
    assert "../base.toml:2:3: POL005" in capsys.readouterr().out
