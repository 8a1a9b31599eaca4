"""Commands that Python source runs."""

import pytest

from policy_checks import workspace
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.python_calls import may_run
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import Unreadable


def commands(path: str, text: str) -> list[tuple[str, str]]:
    """Each pip command: its words, and the first of them as it stands in the file."""
    found = workspace.in_memory({path: text}).all(COMMANDS, ("install",))
    assert not [subject for subject in found if isinstance(subject, Unreadable)]
    pip = [command for command in found if isinstance(command, ShellCommand) and "pip" in [word.value for word in command.words]]
    return [(" ".join(word.value for word in command.words), command.written(command.words[0])) for command in pip]


@pytest.mark.parametrize(
    ("code", "words", "first"),
    [
        ("subprocess.run(['pip', 'install', 'x'])", "pip install x", "'pip'"),
        ('check_call((sys.executable, "-m", "pip", "install"))', "${_} -m pip install", "sys.executable"),
        ("call('python', '-m', 'pip', 'install', *packages, env=env)", "python -m pip install ${_}", "'python'"),
        ("await asyncio.create_subprocess_exec(sys.executable, '-m', 'pip', 'install')", "${_} -m pip install", "sys.executable"),
        ("os.system('cd x && pip install y')", "pip install y", "pip"),
        (r"os.system('\x70ip install y')", "pip install y", r"\x70ip"),
        ("os.system(r'''\npip install y\n''')", "pip install y", "pip"),
        ("run(f'pip install {name}')", "pip install ${_}", "pip"),
        ("run('pip '\n    'install x', shell=True)", "pip install x", "pip"),
        ("os.execvp('pip', ['pip', 'install', 'x'])", "pip install x", "'pip'"),
        ("os.spawnlp(os.P_WAIT, 'pip', 'pip', 'install')", "pip install", "'pip'"),
        ("subprocess.Popen(['pip', 'install', \"it's\"])", "pip install it's", "'pip'"),
        ("é = run(['ü', '&&']) or run(['pip', 'install'])", "pip install", "'pip'"),
    ],
)
def test_calls(code: str, words: str, first: str) -> None:
    assert commands("a.py", f"import os\n\n\ndef f():\n    \f\n    if x:\r\n        {code}\n".replace("\f", "pass")) == [(words, first)]


@pytest.mark.parametrize(
    "code",
    [
        "print('pip', 'install')",
        "raise ImportError('pip install x')",
        "logger.info('pip install x')",
        "assert ['pip', 'install'] == run(x)",
        "command = ['pip', 'install']",
        "run(command)  # pip install",
        "'''run(['pip', 'install'])'''",
        "run(*pip, 'install')",
    ],
)
def test_text(code: str) -> None:
    assert commands("a.py", code) == []


@pytest.mark.parametrize(
    "text",
    [
        "python3 - <<EOF\nimport os\nos.system('pip install x')\nEOF\n",
        "python -c \"import os; os.system('pip install x')\"\n",
        "\"$PYTHON\" -u <<'EOF'\nos.system('pip install x')\nEOF\n",
    ],
)
def test_python_inside_a_script(text: str) -> None:
    assert commands("a.sh", text) == [("pip install x", "pip")]


def test_python_inside_a_workflow() -> None:
    step = (
        "jobs:\n  a:\n    steps:\n      - shell: python\n        run: |\n          x = ${{ inputs.y }}\n          run(['pip', 'install'])\n"
    )
    assert commands(".github/workflows/a.yml", step) == [("pip install", "'pip'")]


@pytest.mark.parametrize(
    "text",
    [
        "(\nrun('pip install x'",
        "run('install'" + "(" * 5000,
        "run('install' " + "+1" * 100_000 + ")",
        "run('install'); x = " + "-" * 100_000 + "1",
        "run('install')\0",
    ],
)
def test_no_python(text: str) -> None:
    (found,) = workspace.in_memory({"a.py": text}).all(COMMANDS, ("install",))
    assert isinstance(found, Unreadable)


def test_a_quick_look() -> None:
    assert may_run("run(f(x), 'install')", ("install",))
    assert may_run("x = [\n    'install',\n]\nrun(\n    x,\n)", ("install",))
    assert not may_run("x = 'install'\nprint(x)", ("install",))
    assert not may_run("run(x)\ny = 'install'", ("install",))
    assert not may_run("print('install')", ("install",))
