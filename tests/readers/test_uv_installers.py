"""How uv is installed, and whether that says which release."""

import pytest

from policy_checks.readers.uv_installers import UV_INSTALLERS, UvInstaller
from policy_checks.workspace import in_memory


def installers(files: dict[str, str]) -> list[UvInstaller]:
    return [one for one in in_memory(files).all(UV_INSTALLERS, ("uv",)) if isinstance(one, UvInstaller)]


@pytest.mark.parametrize(
    ("line", "pinned"),
    [
        ("curl -LsSf https://dl.example/uv/install.sh | sh", False),
        ("curl -LsSf dl.example/uv/install.sh | env UV_NO_MODIFY_PATH=1 sh", False),
        ('sh -c "$(curl -fsSL https://dl.example/uv/install.sh)"', False),
        ("curl -LsSf https://dl.example/uv/0.9.2/install.sh | sh", True),
        ("curl -LsSf https://dl.example/uv/${V}/install.sh | sh", True),
        ("wget -qO- https://dl.example/uv/install.sh | sh", False),
        ("curl -L https://git.example/astral-sh/uv/releases/latest/download/uv-installer.sh", False),
        ("curl -L https://git.example/astral-sh/uv/releases/download/0.9.2/uv-installer.sh", True),
        ("pip install uv", False),
        ("pip install -U pip 'uv[x]>=0.5'", False),
        ("pip install uv==0.9.2", True),
        ("pip install uv==0.9.*", False),
        ("pip install 'uv == 0.9.2 ; python_version > \"3\"'", True),
        ('pip install "uv==${V}"', True),
        ("uv pip install --system uv", False),
        ("uv tool install uv@0.9.2", True),
        ("pipx install uv", False),
        ("brew install uv", False),
        ("apk add --no-cache uv", False),
        ("apk add uv=0.9.2-r0", True),
        ("conda install -c conda-forge uv", False),
        ("micromamba create -n uv uv=0.9.2", True),
        ("cargo install --locked uv --version 0.9.2", True),
        ("cargo install uv@0.9.2", True),
        ("winget install --id=astral-sh.uv", None),
        ("winget install astral-sh.uv", False),
        ("winget install astral-sh.uv --version 0.9.2", True),
        ("scoop install main/uv", False),
        ("mise use uv@0.9", True),
        ("uv self update", False),
        ("uv self update 0.9.2", True),
        ("asdf install uv latest", False),
        ("asdf install uv 0.9.2", True),
        ("asdf plugin add uv", None),
        ("pip install uvloop uvicorn", None),
        ("pip download uv", None),
        ("pip install --help uv", None),
        ("pip install -r uv.txt", None),
        ("conda create -n uv python", None),
        ("brew uninstall uv", None),
        ("curl https://dl.example/uv/index.html", None),
        ("echo https://dl.example/uv/install.sh", None),
    ],
)
def test_command(line: str, pinned: bool | None) -> None:
    assert [one.pinned for one in installers({"a.sh": line + "\n"})] == ([] if pinned is None else [pinned])


@pytest.mark.parametrize(
    ("reference", "pinned"),
    [
        ("index.example/astral-sh/uv", False),
        ("index.example:5000/astral-sh/uv:latest", False),
        ("astral/uv:alpine", False),
        ("index.example/astral-sh/uv:0.9.2", True),
        ("index.example/astral-sh/uv:0.9-alpine", True),
        ("index.example/astral-sh/uv:latest@sha256:00", True),
        ("index.example/astral-sh/uv:$V", True),
        ("index.example/astral-sh/uv-build", None),
        ("index.example/uv:latest", None),
    ],
)
def test_image(reference: str, pinned: bool | None) -> None:
    found = installers(
        {"Dockerfile": f"FROM base\nCOPY --from={reference} /uv /bin/\n", "compose.yml": f"services:\n  a:\n    image: {reference}\n"}
    )
    assert [one.pinned for one in found] == ([] if pinned is None else [pinned, pinned])


SETTINGS = [
    ({"uv.toml": 'required-version = "==0.9.2"\n'}, "", True),
    ({"pyproject.toml": '[tool.uv]\nrequired-version = "0.9.2"\n'}, "", True),
    ({"pyproject.toml": "[tool.uv]\npackage = false\n"}, "", False),
    ({"sub/uv.toml": 'required-version = "0.9.2"\n'}, "", False),
    ({"sub/uv.toml": 'required-version = "0.9.2"\n'}, "working-directory: sub", True),
    ({}, "version-file: uv.toml", True),
    ({}, "version: latest", False),
    ({}, 'version: "0.9.2"', True),
    ({}, 'version: ">=0.9"', False),
    ({}, 'version: ">=0.9"\n        resolution-strategy: lowest', True),
    ({}, "version: ${{ matrix.uv }}", True),
]


@pytest.mark.parametrize(("files", "given", "pinned"), SETTINGS)
def test_setup_uv(files: dict[str, str], given: str, pinned: bool) -> None:
    inputs = f"\n      with:\n        {given}" if given else ""
    workflow = f"jobs:\n  a:\n    steps:\n    - uses: astral-sh/setup-uv@v6{inputs}\n"
    action = f"runs:\n  using: composite\n  steps:\n    - uses: astral-sh/setup-uv@v6{inputs}\n"
    found = installers({".github/workflows/a.yml": workflow, "action.yml": action, **files})
    assert [one.pinned for one in found] == [pinned, pinned]
