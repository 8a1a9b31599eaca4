"""What is written about the program is what the program says of itself."""

import re
import tomllib
from pathlib import Path

import pytest

from policy_checks import cli, documentation, registry

ROOT = Path(__file__).parents[1]


def test_the_rules_page_is_current() -> None:
    assert (ROOT / "docs/rules.md").read_text() == documentation.rules_page(
        registry.all_rules()
    ), "run `policy-checks rule --markdown > docs/rules.md`"


def test_every_dependency_has_its_reason() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split("[<>=]", requirement)[0] for requirement in declared}
    table = (ROOT / "docs/dependencies.md").read_text()
    told = {name for row in re.findall(r"^\| ([a-z][^|]*) \| [A-Z]", table, re.MULTILINE) for name in row.split(", ")}
    assert told == names


def test_the_readme_names_only_what_there_is() -> None:
    readme = (ROOT / "README.md").read_text()
    for path in re.findall(r"\]\(((?!https?:)[^)]+)\)", readme):
        assert (ROOT / path).exists(), path
    for command in re.findall(r"policy-checks ((?:(?:lock|container) )?[a-z]+)", readme):
        assert command in cli.COMMANDS, command
    for code in re.findall(r"\b[A-Z]{3}\d{3}\b", readme):
        assert code in {rule.code for rule in registry.all_rules()}, code
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
    for hook in re.findall(r"- id: (\S+)", readme):
        assert f"- id: {hook}\n" in hooks


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: policy-checks {command}")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    printed = capsys.readouterr().out
    assert all(word in printed for command in cli.COMMANDS for word in command.split())


def test_rule_explains(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rule", "pip001"]) == 0
    assert capsys.readouterr().out.startswith("PIP001 bare-pip-install")
    assert cli.main(["rule", "PIP999"]) == 2
    assert "perhaps you meant PIP00" in capsys.readouterr().err
