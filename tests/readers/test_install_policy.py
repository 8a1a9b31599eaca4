"""What `allowed-installs` allows: every condition by itself, and together."""

from typing import Any

import pytest

from policy_checks import config, workspace
from policy_checks.config.schema import schema
from policy_checks.readers.commands import COMMANDS, DOCUMENTED
from policy_checks.readers.install_policy import InstallPolicy, allowance
from policy_checks.readers.pip_command import pip
from policy_checks.readers.shell import ShellCommand
from policy_checks.readers.uv_command import uv

DOCKERFILE = "FROM base AS Lint\nRUN pip install uv\nFROM base\nRUN pip install numpy\n"
VENV = 'T=$(mktemp -d)\npython3 -m venv "$T/venv"\n'


def allowed(files: dict[str, str], **entry: Any) -> list[str]:
    """The installs that one entry allows, as they are written."""
    table = {"allowed-installs": [{"reason": "because", **{key.replace("_", "-"): value for key, value in entry.items()}}]}
    policy = config.of(table, declared=[InstallPolicy]).options(InstallPolicy)
    tree = workspace.in_memory(files)
    found = [one for kind in (COMMANDS, DOCUMENTED) for one in tree.all(kind, ("install", "sync"))]
    commands = [one for one in found if isinstance(one, ShellCommand) and _installs(one)]
    return [one.place.file.cut(one.place.span) for one in commands if allowance(policy.allowed_installs, one)]


def _installs(command: ShellCommand) -> bool:
    tool = uv(command)
    return pip(command) is not None or (tool is not None and tool.subcommand[-1:] == ("install",)) or command.name == "pipx"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"stages": ["lint"]}, ["pip install uv"]),
        ({"stages": ["1"]}, ["pip install numpy"]),
        ({"packages": ["numpy", "scipy"]}, ["pip install numpy"]),
        ({"packages": ["n*"]}, ["pip install numpy"]),
        ({"inside-image": True}, ["pip install uv", "pip install numpy"]),
        ({"inside-image": True, "commands": ["uv pip"]}, []),
        ({"inside-image": True, "paths": ["other"]}, []),
        ({"require-hashes": True}, []),
        ({"throw-away-venv": True}, []),
    ],
)
def test_in_an_image(entry: dict[str, Any], expected: list[str]) -> None:
    assert allowed({"Dockerfile": DOCKERFILE}, **entry) == expected


@pytest.mark.parametrize(
    ("line", "installer"),
    [
        ("sudo python -m pip install x", "pip"),
        ("uv pip install x", "uv pip"),
        ("python -m uv pip install x", "uv pip"),
        ("uv tool install x", "uv tool"),
        ("pipx install x", "pipx"),
    ],
)
def test_commands(line: str, installer: str) -> None:
    for name in ("pip", "uv pip", "uv tool", "pipx"):
        found = allowed({"a.sh": line + "\n"}, commands=[name], packages=["x"])
        assert bool(found) == (name == installer)


@pytest.mark.parametrize(
    ("given", "only"),
    [
        ("uv", True),
        ("UV==0.9.0", True),
        ("'uv>=0.9,<1' uv[x]", True),
        ("'uv @ https://index.example/uv.whl'", True),
        ("--upgrade --index-url https://index.example uv", True),
        ("uv numpy", False),
        ("uv-plugin", False),
        ("./uv", False),
        ("uv -r requirements.txt", False),
        ("-e uv", False),
        ("$PACKAGES", False),
        ("", False),
    ],
)
def test_packages(given: str, only: bool) -> None:
    for tool in ("pip", "uv pip"):
        assert bool(allowed({"a.sh": f"{tool} install {given}\n"}, packages=["uv"])) is only


def test_inside_a_container_started_from_outside() -> None:
    text = 'docker exec box bash -c "pip install x"\nssh host pip install x\n'
    assert allowed({"a.sh": text}, inside_image=True) == ["pip install x"]


def test_hashes() -> None:
    text = "pip install --require-hashes -r a.txt\nuv pip install -r a.txt --require-hashes\npip install -r a.txt\n"
    assert len(allowed({"a.sh": text}, require_hashes=True)) == 2


@pytest.mark.parametrize(
    "text",
    [
        VENV + '"$T/venv/bin/pip" install x\n',
        VENV + "$T/venv/bin/python -m pip install x\n",
        VENV + ". $T/venv/bin/activate\npip install x\n",
        VENV + "uv pip install --python $T/venv x\n",
        VENV + "pip --python $T/venv/bin/python install x\n",
        "uv venv /tmp/x && source /tmp/x/bin/activate && pip install x\n",
        'virtualenv -p python3 "$RUNNER_TEMP/x"\n"$RUNNER_TEMP/x/bin/pip" install x\n',
        "python -m venv ./x\ntrap 'rm -rf x' EXIT\nx/bin/pip install x\n",
        "uv venv\nuv pip install x\nrm -r .venv\n",
        "bash -c 'python -m venv /tmp/x; /tmp/x/bin/pip install x'\n",
        "python -m venv work/x\nwork/x/bin/pip install x\nrm -rf work\n",
    ],
)
def test_a_venv_that_is_thrown_away(text: str) -> None:
    assert len(allowed({"a.sh": text}, throw_away_venv=True)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "pip install x\n",
        "/tmp/x/bin/pip install x\n",  # who made it?
        "python -m venv x\nx/bin/pip install x\n",  # it stays
        "python -m venv x\nx/bin/pip install x\nrm -rf y\n",
        "python -m venv /tmp/x\npip install x\n",  # not into it
        "python -m venv /tmp/x\n/tmp/y/bin/pip install x\n",
        "/tmp/x/bin/pip install x\npython -m venv /tmp/x\n",  # made afterwards
        "uv venv /tmp/x\n. /tmp/x/bin/activate\ndeactivate\npip install x\n",
        "uv venv /tmp/x\n. /tmp/x/bin/activate\nuv pip install --system x\n",
        "uv venv\nuv pip install x\n",
        "virtualenv --help\n$T/bin/pip install x\n",
    ],
)
def test_a_venv_that_is_not(text: str) -> None:
    assert allowed({"a.sh": text}, throw_away_venv=True) == []


def test_documentation_is_only_allowed_by_its_path() -> None:
    files = {"docs/users.md": "```sh\npip install uv\n```\n"}
    assert allowed(files, packages=["uv"]) == []
    assert allowed(files, packages=["uv"], paths=["docs/users.md"]) == ["pip install uv"]
    assert allowed(files, packages=["numpy"], paths=["docs/users.md"]) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"paths": ["a"], "reason": " "}, "say why in `reason`"),
        ({"reason": "x", "commands": ["pip"]}, "it would allow every such install"),
        ({"reason": "x", "commands": ["uvpip"], "paths": ["a"]}, "perhaps you meant 'uv pip'"),
        ({"paths": ["a"]}, "the key 'reason' is missing"),
        ({"reason": "x", "inside-images": True}, "perhaps you meant 'inside-image'"),
    ],
)
def test_an_entry_that_is_wrong(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(config.ConfigError, match=message):
        config.of({"allowed-installs": [entry]}, declared=[InstallPolicy])


def test_the_schema_tells_it() -> None:
    entry = schema([InstallPolicy])["properties"]["allowed-installs"]["items"]
    assert entry["required"] == ["reason"]
    assert entry["properties"]["commands"]["items"]["enum"] == ["pip", "uv pip", "uv tool", "pipx"]
    assert set(entry["properties"]) == {
        *("reason", "commands", "paths", "stages", "packages"),
        *("inside-image", "require-hashes", "throw-away-venv"),
    }
