"""Where settings of indexes are found, beyond the examples."""

import pytest

from policy_checks.lock.index_settings import INDEX_SETTINGS, IndexSetting
from policy_checks.lock.locked_project import LockedProject
from policy_checks.rules.sources.src003_index_policy import RULE, Options
from policy_checks.workspace import in_memory


def settings(path: str, text: str) -> list[tuple[str, str, str]]:
    """Each setting: what it is called, its value, and what its place covers."""
    found = []
    for setting in in_memory({path: text}).all(INDEX_SETTINGS):
        assert isinstance(setting, IndexSetting | LockedProject)
        if isinstance(setting, IndexSetting):
            found.append((setting.shown, setting.value, setting.place.file.cut(setting.place.span)))
    return found


URL = "https://index.example/simple"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("uv.toml", f'extra-index-url = ["{URL}"]\n', [("extra-index-url", URL, f'"{URL}"')]),
        ("uv.toml", f'[[index]]\nurl = "{URL}"\n', [("[[index]]", URL, f'"{URL}"')]),
        ("pyproject.toml", f'[tool.uv.pip]\nindex-url = "{URL}"\n', [("pip.index-url", URL, f'"{URL}"')]),
        ("a/requirements-dev.txt", f"-i {URL} --trusted-host index.example\nkit\n", [("--index-url", URL, URL), ("--trusted-host", "index.example", "index.example")]),
        ("requirements.txt", f"--extra-index-url={URL} \\\n  --find-links wheels\n", [("--extra-index-url", URL, URL), ("--find-links", "wheels", "wheels")]),
        ("Dockerfile", f'FROM base\nRUN uv pip install --extra-index-url "{URL}" kit\n', [("--extra-index-url", URL, URL)]),
        ("Dockerfile", f'FROM base\nENV UV_INDEX="{URL} kit=https://other.example/simple"\n', [("UV_INDEX", URL, URL), ("UV_INDEX", "https://other.example/simple", "https://other.example/simple")]),
        ("Dockerfile", f"FROM base\nENV PIP_INDEX_URL {URL}\n", [("PIP_INDEX_URL", URL, URL)]),
        ("Dockerfile", "FROM base\nRUN git apply --index a.patch && echo $UV_INDEX_STRATEGY\n", []),
        (".gitlab-ci.yml", f"variables:\n  PIP_EXTRA_INDEX_URL: '{URL}'\njob:\n  script:\n    - pip install --index-url {URL} kit\n", [("--index-url", URL, URL), ("PIP_EXTRA_INDEX_URL", URL, URL)]),
        (".github/workflows/a.yml", f"jobs:\n  a:\n    steps:\n      - run: |\n          # UV_INDEX={URL}\n          uv sync --index kit={URL}\n", [("--index", URL, URL)]),
        ("src/a.py", f'UV_INDEX = "{URL}"\n', []),
    ],
)  # fmt: skip
def test_a_setting_is_found(path: str, text: str, expected: list[tuple[str, str, str]]) -> None:
    assert settings(path, text) == expected


@pytest.mark.parametrize("section", ["project.optional-dependencies", "dependency-groups"])
def test_internal_packages_of_extras_and_groups_need_a_source(section: str) -> None:
    text = f'[project]\nname = "app"\nversion = "1"\n[{section}]\nx = ["Team.Kit[a]>=1"]\n'
    (project,) = in_memory({"pyproject.toml": text}).all(INDEX_SETTINGS)
    assert isinstance(project, LockedProject)
    (problem,) = RULE.check(project, Options(internal_packages=("team_*",)))
    assert problem.place.file.cut(problem.place.span) == '"Team.Kit[a]>=1"'
    assert 'add `team-kit = { index = "NAME" }`' in problem.message


def test_a_member_may_leave_the_source_to_the_root() -> None:
    root = '[tool.uv.workspace]\nmembers = ["kit"]\n[[tool.uv.index]]\nname = "inner"\nurl = "https://index.example/simple"\n[tool.uv.sources]\nteam-kit = { index = "inner" }\n'
    member = '[project]\nname = "kit"\nversion = "1"\ndependencies = ["team-kit"]\n'
    lock = 'version = 1\nrequires-python = ">=3.11"\n'
    problems = [
        problem
        for project in in_memory({"pyproject.toml": root, "kit/pyproject.toml": member, "uv.lock": lock}).all(INDEX_SETTINGS)
        if isinstance(project, LockedProject)
        for problem in RULE.check(project, Options(internal_packages=("team-*",)))
    ]
    assert problems == []
