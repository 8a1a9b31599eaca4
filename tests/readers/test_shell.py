"""Shell text as commands: what starts what, what is known, and where it ends."""

import pytest

from policy_checks.readers.embedded import whole
from policy_checks.readers.nesting import commands
from policy_checks.readers.shell import Context, Script, ShellCommand
from policy_checks.readers.shell_tree import MAX_LENGTH
from policy_checks.source import SourceFile, Unreadable


def read(text: str, context: Context = Context.SCRIPT, needles: tuple[str, ...] = ()) -> list[ShellCommand | Unreadable]:
    return list(commands(Script(whole(SourceFile("a.sh", text.encode())), context), needles))


def lines(text: str) -> list[str]:
    return [" ".join(word.value for word in command.words) for command in read(text) if isinstance(command, ShellCommand)]


def test_wrapper_and_wrapped_are_commands_in_order() -> None:
    assert lines("sudo nice a x; b") == ["sudo nice a x", "nice a x", "a x", "b"]


def test_outer_commands() -> None:
    *_, inner = read("sudo docker run image bash -c 'pip install x'")
    names = []
    command = inner
    while isinstance(command, ShellCommand):
        names.append(command.name)
        command = command.outer  # type: ignore[assignment]
    assert names == ["pip", "bash", "docker", "sudo"]


@pytest.mark.parametrize(
    ("text", "context", "inside"),
    [
        ("pip", Context.SCRIPT, False),
        ("pip", Context.IMAGE, True),
        ("sudo pip", Context.WORKFLOW, False),
        ("docker exec box sh -c 'sudo pip'", Context.SCRIPT, True),
        ("docker run image < x; pip", Context.SCRIPT, False),
    ],
)
def test_in_container(text: str, context: Context, inside: bool) -> None:
    *_, command = read(text, context)
    assert isinstance(command, ShellCommand)
    assert command.name == "pip"
    assert command.in_container == inside


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=x; $A", "x"),
        ("A=x\nA=y\n$A", "y"),
        ("A='x y'; $A", "x y"),
        ("A=x; B=$A/y; $B", "x/y"),
        ("A=(x y); ${A[@]} z", "x y z"),
        ("f() { $A; }\nA=x", "x"),
        ("${A:-x y}", "x y"),
        ("export A=x; ${A}", "x"),
        ("$(which x)", "x"),
        ("`command -v x` y", "x y"),
        ("$A", "$A"),
        ("A=$B; $A", "$B"),
    ],
)
def test_known_values(text: str, expected: str) -> None:
    (found,) = [command for command in read(text) if isinstance(command, ShellCommand) and command.name not in ("which", "command")]
    assert " ".join(word.value for word in found.words) == expected
    assert all(word.known for word in found.words) == ("$" not in expected)


def test_text_that_is_no_shell_is_left_alone() -> None:
    assert lines("cat <<E\na b\nE") == ["cat"]
    assert lines("python <<E\na b\nE") == ["python"]
    assert lines("echo 'a b'; # c d") == ["echo a b"]


def test_standard_input_reaches_through_wrappers() -> None:
    assert lines("sudo docker exec -i box bash <<E\na b\nE") == ["sudo docker exec -i box bash", "docker exec -i box bash", "bash", "a b"]
    assert lines("cat <<E | ssh host\na b\nE") == ["cat", "ssh host", "a b"]
    assert lines("x && sh <<< 'a b'") == ["x", "sh", "a b"]


def test_what_is_substituted_into_nested_text_is_met_once() -> None:
    assert lines('bash -c "x $(a b)"').count("a b") == 1


def test_needles_leave_plain_commands_out() -> None:
    found = [command.name for command in read("a b\npip install\n$X c\nsudo pip", needles=("pip",)) if isinstance(command, ShellCommand)]
    assert found == ["pip", "$X", "sudo", "pip"]


def test_a_broken_script_still_yields_its_commands() -> None:
    assert "pip install x" in lines("if true; then\n  pip install x\n")


@pytest.mark.parametrize(
    "text",
    [
        "sudo " * 10_000 + "pip",
        "eval " * 200 + "pip",
        "bash -c 'x' " + "y" * MAX_LENGTH,
        "x" * 10_000_001,
    ],
)
def test_beyond_measure_is_said(text: str) -> None:
    with pytest.raises(Unreadable):  # noqa: PT012
        for found in read(text):
            if isinstance(found, Unreadable):
                raise found


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "pip",
        "$(" * 2_000 + "pip",
        "{ " * 10_000,
        "A='eval $A; eval $A'\neval $A",
        "A=x\n" + "A=$A$A\n" * 100 + "$A",
        "'",
        '"$(',
        "\\",
        "",
    ],
)
def test_hostile_text_ends(text: str) -> None:
    read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b pip", "b"),
        ("env A=b pip", "b"),
        ("sudo -E A=b pip", "b"),
        ("export A=b\npip", "b"),
        ("export A='b c' D=e\nA=f bash -c 'sudo pip'", "f"),
        ("export A=b\nexport A=c\npip\nexport A=d", "c"),
        ("docker run -e A=b image pip", "b"),
        ("A=b x\npip", None),
        ("A=b\npip", None),
        ("pip A=b", None),
        ("pip", None),
    ],
)
def test_environment(text: str, value: str | None) -> None:
    found = next(command for command in read(text) if isinstance(command, ShellCommand) and command.name == "pip")
    assert found.environment("A") == value
