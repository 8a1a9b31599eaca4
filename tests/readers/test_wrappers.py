"""Which words of a command line are another command."""

import pytest

from policy_checks.readers.wrappers import Started, command_name, in_container, started, unknown_command


@pytest.mark.parametrize(
    ("line", "inner"),
    [
        ("sudo -Hu worker A=b pip", "pip"),
        ("sudo -- pip -x", "pip -x"),
        ("env -i A=b pip", "pip"),
        ("timeout --signal=KILL 10s pip", "pip"),
        ("timeout -s KILL 10s pip", "pip"),
        ("docker run -itv a:b -e A --name=x image pip -q", "pip -q"),
        ("docker --context x container exec box pip", "pip"),
        ("docker run -p 80:80 image --entry", "--entry"),
        ("docker compose -f x.yml run --rm app pip", "pip"),
        ("kubectl -n space exec -it pod -c box -- pip", "pip"),
        ("uv --quiet run --with x --no-sync pip", "pip"),
        ("uv run -m pip install", "-m pip install"),
        ("uv tool run --from x pip", "pip"),
        ("xargs -0 -I{} -n1 pip", "pip"),
        ("nice -10 pip", "pip"),
        ("retry 3 5s pip", "pip"),
        ("srun -N 2 --pty --mpi=pmix pip", "pip"),
        ("env - A=b pip", "pip"),
        ("nix develop .#ci --command pip x", "pip x"),
        ("tox -e venv -- pip", "pip"),
        ("enroot start -m a:b image pip", "pip"),
        ("pyenv exec pip", "pip"),
        ("screen -dmS name pip", "pip"),
        ("docker run $OPTIONS image bash -c x", "bash -c x"),
    ],
)
def test_command(line: str, inner: str) -> None:
    words = line.split()
    (found,) = started(words)
    assert found.how == "command"
    assert [words[index] for index in found.words] == inner.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bash -c x", Started("script", (2,))),
        ("/bin/sh -exc x y", Started("script", (2,))),
        ("bash --norc -o pipefail -c x", Started("script", (5,))),
        ("bash", Started("stdin")),
        ("bash -e -s -- x", Started("stdin")),
        ("sh -", Started("stdin")),
        ("eval a b", Started("script", (1, 2))),
        ("trap x EXIT", Started("script", (1,))),
        ("ssh -p 22 host a b", Started("script", (4, 5))),
        ("ssh host", Started("stdin")),
        ("su - worker -c x", Started("script", (4,))),
        ("su worker", Started("stdin")),
        ("sbatch --wrap=x", Started("script", (1,), 7)),
        ("sbatch -N 2", Started("stdin")),
        ("sudo -iu worker", Started("stdin")),
        ("bash <(x)", Started("stdin")),
        ("source <(x)", Started("stdin")),
        ("watch -n 5 a b", Started("script", (3, 4))),
        ("parallel -j 4 a b ::: c", Started("script", (3, 4))),
        ("pdsh -w a,b x y", Started("script", (3, 4))),
        ("tmux new-session -d -s name x", Started("script", (5,))),
        ("hatch run test:pip x", Started("script", (2, 3), 5)),
        ("docker run image -lc x", Started("script", (4,))),
    ],
)
def test_text(line: str, expected: Started) -> None:
    assert list(started(line.split())) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "command -v pip",
        "bash setup.sh pip",
        "trap - EXIT",
        "trap",
        "docker ps",
        "docker",
        "docker run",
        "uv pip install",
        "uv",
        "sudo",
        "xargs",
        "echo sudo pip",
        "find . -exec ;",
    ],
)
def test_nothing(line: str) -> None:
    assert list(started(line.split())) == []


def test_each_exec_of_find() -> None:
    words = "find . -exec a {} ; -execdir b {} +".split()
    assert [found.words for found in started(words)] == [(3, 4), (7, 8)]


@pytest.mark.parametrize(
    ("line", "inside"), [("docker run image x", True), ("podman exec box x", True), ("docker build .", False), ("sudo x", False)]
)
def test_in_container(line: str, inside: bool) -> None:
    assert in_container(line.split()) == inside


def test_names() -> None:
    assert [command_name(word) for word in ("pip", "/opt/bin/pip", "C:\\py\\pip.exe", "$X/pip")] == ["pip"] * 4


@pytest.mark.parametrize(
    ("word", "expected"),
    [("$DOCKER", "docker"), ("${KUBECTL}", "kubectl"), ("$SUDO", "sudo"), ("${RUN_IN_BOX}", "sudo"), ("$LOG", None), ("$X/run", None)],
)
def test_commands_that_are_unknown_variables(word: str, expected: str | None) -> None:
    assert unknown_command(word) == expected
