"""SRC005 and SRC006 on the real lock: what is built, and what has no wheel, for packages that something reaches."""

from pathlib import Path

import pytest

from policy_checks import workspace
from policy_checks.environment import Environment, Markers
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.rules.sources import src005_built_from_source as src005, src006_no_wheel_for_platform as src006

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm/head"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real lock is not here")


@pytest.fixture
def megatron() -> LockedProject:
    (project,) = workspace.in_memory({name: (REAL / name).read_text() for name in ("pyproject.toml", "uv.lock")}).all(LOCKED_PROJECT)
    assert isinstance(project, LockedProject)
    return project


@needs_real
def test_torch_and_triton_are_pruned_not_built(megatron: LockedProject) -> None:
    told = [problem.message for problem in src005.check(megatron, src005.Options(()))]
    assert [message.split()[0] for message in told] == ["antlr4-python3-runtime", "causal-conv1d", "wget"]
    assert "(ssm (extra) → causal-conv1d)" in told[1]
    assert list(src005.check(megatron, src005.Options(("antlr4-*", "Causal_Conv1d", "wget")))) == []


@needs_real
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (Environment(markers=Markers("3.12", "linux/x86_64")), []),
        (Environment(extras=("dev",), markers=Markers("3.12", "linux/x86_64")), []),
        # Their wheels are for Linux (one also for macOS), and there are no source archives.
        (
            Environment(extras=("dev",), markers=Markers("3.12", "windows/amd64")),
            "multi-storage-client nccl4py nvidia-cutlass-dsl-libs-base nvidia-cutlass-dsl-libs-cu13 nvidia-resiliency-ext".split(),
        ),
        (Environment(extras=("mlm", "ssm"), groups=("build",), markers=Markers("3.12", "linux/arm64")), []),
    ],
)
def test_environments(megatron: LockedProject, environment: Environment, expected: list[str]) -> None:
    told = [problem.message for problem in src006.check(megatron, src006.Options({"one": environment}))]
    assert [message.split()[0] for message in told if "cannot be installed" in message] == expected
