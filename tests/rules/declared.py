"""Problems of one rule about declared dependencies, on files given as text."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policy_checks import config, engine
from policy_checks.registry import AnyRule
from policy_checks.rule import Problem
from policy_checks.workspace import in_memory

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real locks are not here")


def problems(rule: AnyRule, files: Mapping[str, str], options: Mapping[str, Any] | None = None) -> list[Problem]:
    """What a rule says; nothing may be unreadable and nothing may crash. Without options the files' own policy holds."""
    workspace = in_memory(files)
    settings = config.load_from(workspace.get) if options is None else config.of(options)
    outcome = engine.run(workspace, [rule], settings.options)
    assert not outcome.crashes, outcome.crashes
    assert not outcome.unreadable, [str(error) for error in outcome.unreadable]
    return [finding.problem for finding in engine.in_order(outcome.findings)]


def megatron(state: str = "head") -> dict[str, str]:
    """The real project and its lock."""
    return {name: (REAL / state / name).read_text() for name in ("pyproject.toml", "uv.lock")}
