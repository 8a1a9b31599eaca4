"""Every notation in which a repository pins uv: the span is the version, or the range, as it stands in the file."""

import pytest

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.readers.uv_pins import UV_PINS, UvPin
from policy_checks.source import Unreadable

STEP = "jobs:\n  a:\n    steps:\n      - uses: {}\n        with:\n          {}\n"
HOOK = "repos:\n  - repo: https://git.example/astral-sh/uv-pre-commit\n    rev: {}\n"


def pins(files: dict[str, str]) -> list[UvPin]:
    """The pins of some files."""
    (found,) = (subject for subject in workspace.in_memory(files).all(UV_PINS) if not isinstance(subject, Unreadable))
    return list(found.pins)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "ARG UV_VERSION=⟦0.7.2⟧\nFROM ghcr.io/astral-sh/uv:${UV_VERSION} AS uv\n"),
        ("Dockerfile", "FROM x\nENV A=b UV_VERSION=⟦0.7.2⟧ C=d\nENV UV_VERSION ⟦0.7.3⟧\nENV UV_VERSION='⟦0.7.4⟧'\n"),
        ("Dockerfile", "FROM ghcr.io/astral-sh/uv:⟦0.7.2⟧-python3.12-bookworm\nCOPY --from=ghcr.io/astral-sh/uv:⟦0.7⟧ /uv /bin/\n"),
        ("Dockerfile", "FROM astral/uv:⟦0.7.2⟧@sha256:abc\nFROM docker.io/astral/uv:⟦0.7⟧-alpine\nFROM ghcr.io/astral-sh/uv:latest\n"),
        ("Dockerfile", "FROM ghcr.io/astral-sh/uv:python3.12-alpine\nFROM example/astral/uv:0.7.2\n# FROM ghcr.io/astral-sh/uv:0.7.2\n"),
        ("Dockerfile", "FROM x\nRUN --mount=from=ghcr.io/astral-sh/uv:⟦0.7.2⟧,source=/uv,target=/bin/uv uv sync\n"),
        ("Dockerfile", 'FROM x\nRUN pip install --no-cache-dir \\\n  uv==⟦0.7.2⟧ numpy\nRUN ["pip", "install", "uv⟦<0.9.29⟧"]\n'),
        ("a.sh", 'UV_VERSION="⟦0.7.2⟧"\nexport UV_VERSION=⟦0.7.3⟧\nUV_VERSION=$1\ncurl https://astral.sh/uv/${UV_VERSION:-⟦0.7.4⟧}/install.sh\n'),
        ("a.sh", '[ "$UV_VERSION" = 0.7.2 ]\nLIBUV_VERSION=1.0.0\nMY_UV_VERSION=1.0.0\nUV_VERSIONS=1.0.0\n# UV_VERSION=1.0.0\n'),
        ("a.sh", "curl -LsSf https://astral.sh/uv/⟦0.7.2⟧/install.sh | sh\ncurl https://astral.sh/uv/install.sh | sh\n"),
        ("a.sh", "wget https://github.com/astral-sh/uv/releases/download/⟦0.7.2⟧/uv-x86_64-unknown-linux-gnu.tar.gz\n"),
        ("a.sh", "pip install 'uv==⟦0.7.2⟧' uvicorn==0.1.0\npip install 'uv[x] ⟦~=0.7.0⟧'\npip install uv\n"),
        ("a.sh", "uv tool install uv@⟦0.7.2⟧\nuv pip install uv==⟦0.7.3⟧\npipx install uv==⟦0.7.4⟧\nuv self update ⟦0.7.5⟧\n"),
        ("a.sh", "conda install -c conda-forge uv=⟦0.7.2⟧\nmamba install 'uv⟦>=0.7⟧'\nmise use uv@⟦0.7.3⟧\n"),
        ("a.sh", 'V=0.7.2\npip install "uv==$V" "uv==${W}"\necho uv==0.7.2\n'),
        (".github/workflows/a.yml", STEP.format("astral-sh/setup-uv@v8", 'version: "⟦0.7.2⟧"')),
        (".github/workflows/a.yml", STEP.format("astral-sh/setup-uv@v8", "version: '⟦>=0.7⟧'  # 0.7.2")),
        (".github/workflows/a.yml", STEP.format("astral-sh/setup-uv@0123 # v8.0.0", "version: ⟦0.7.x⟧")),
        (".github/workflows/a.yml", STEP.format("astral-sh/setup-uv@v8", "version: latest")),
        (".github/workflows/a.yml", STEP.format("astral-sh/setup-uv@v8", "version: ${{ matrix.uv }}")),
        (".github/workflows/a.yml", STEP.format("actions/setup-python@v6", 'version: "0.7.2"')),
        (".github/workflows/a.yml", 'env:\n  UV_VERSION: "⟦0.7.2⟧"\njobs:\n  a:\n    container: ghcr.io/astral-sh/uv:⟦0.7.3⟧-alpine\n'),
        ("action.yml", "runs:\n  using: composite\n  steps:\n    - uses: astral-sh/setup-uv@v8\n      with: {version: ⟦0.7.2⟧}\n"),
        (".gitlab-ci.yml", "variables:\n  UV_VERSION: ⟦0.7.2⟧\njob:\n  script:\n    - pip install uv==⟦0.7.3⟧\n"),
        (".pre-commit-config.yaml", HOOK.format("⟦0.7.2⟧")),
        (".pre-commit-config.yaml", HOOK.format("'v⟦0.7.2⟧'")),
        (".pre-commit-config.yaml", HOOK.format("0397b68f6f88c024f1d2b355a9818779f6336d16  # frozen: ⟦0.11.3⟧")),
        (".pre-commit-config.yaml", HOOK.format("0.7.2").replace("uv-pre-commit", "ruff-pre-commit")),
        ("pyproject.toml", '[tool.uv]\nrequired-version = "⟦>=0.7⟧"\n[build-system]\nrequires = ["uv_build>=0.8,<0.9"]\n'),
        ("uv.toml", 'required-version = "==⟦0.7.2⟧"\n'),
        ("pyproject.toml", '[project]\nname = "a"\nversion = "1"\ndependencies = ["uv>=0.5"]\n'),
        ("requirements-dev.txt", "numpy\nuv==⟦0.7.2⟧ \\\n    --hash=sha256:abc\nuvloop==1\nuv-x==1\n"),
        ("requirements/ci.in", "uv ⟦<0.9⟧  # for the lock\n# uv==0.5\n"),
        ("constraints.txt", "uv==0.7.2\n"),
        ("README.md", "```bash\nexport UV_VERSION=⟦0.7.2⟧\npip install uv==⟦0.7.3⟧\n```\n\n`pip install 'uv⟦<0.9⟧'`, uv 0.7.2, see <https://docs.astral.sh/uv/0.1/x>\n"),
        ("docs/a.md", "[0.7.2](https://github.com/astral-sh/uv/releases/tag/0.7.2) https://astral.sh/uv/⟦0.7.2⟧/install.ps1\n"),
        ("CHANGELOG.md", "`pip install uv==0.7.2`, ghcr.io/astral-sh/uv:0.7.2\n"),
        ("Makefile", "UV_VERSION ?= ⟦0.7.2⟧\nUV_VERSION := ⟦0.7.3⟧\n"),
        ("tests/fixtures/a.sh", "UV_VERSION=0.7.2\npip install uv==0.7.2\n"),
        ("a.py", 'UV_VERSION = "0.7.2"\n'),
    ],
)  # fmt: skip
def test_places(path: str, text: str) -> None:
    files, expected = unmarked({path: text})
    assert [(pin.place.span.start, pin.place.span.end) for pin in pins(files)] == expected.get(path, [])
    assert all(pin.place.file.cut(pin.place.span) == pin.written for pin in pins(files))


def test_a_pin_that_is_more_than_its_text() -> None:
    files = {
        "Dockerfile": "FROM ghcr.io/astral-sh/uv:0.7.2@sha256:abc\n",
        "requirements.txt": "uv==0.7.2 \\\n  --hash=sha256:abc\n",
        ".pre-commit-config.yaml": HOOK.format("0397b68f6f88c024f1d2b355a9818779f6336d16  # frozen: 0.11.3"),
        "a.sh": "pip install uv==0.7.2\n",
    }
    assert {pin.place.file.path for pin in pins(files) if pin.fixed} == set(files) - {"a.sh"}


def test_unreadable() -> None:
    found = workspace.in_memory({".github/workflows/a.yml": "a: [setup-uv", "uv.toml": "required-version", "a.sh": "UV_VERSION=1.2.3"}).all(
        UV_PINS
    )
    assert sorted({error.file.path for error in found if isinstance(error, Unreadable)}) == [".github/workflows/a.yml", "uv.toml"]
