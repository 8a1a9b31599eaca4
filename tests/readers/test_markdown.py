"""Code blocks of Markdown and MyST documents."""

import pytest

from policy_checks import workspace
from policy_checks.readers.commands import COMMANDS, DOCUMENTED
from policy_checks.readers.shell import Context, ShellCommand


def shown(path: str, text: str, needles: tuple[str, ...] = ()) -> list[str]:
    """The documented commands of a file, as they stand there."""
    found = []
    for command in workspace.in_memory({path: text}).all(DOCUMENTED, needles):
        assert isinstance(command, ShellCommand), command
        assert command.script.context is Context.DOCUMENTATION
        found.append(command.place.file.cut(command.place.span))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```bash\na b\n```\n", ["a b"]),
        ("```\na b\n```\n", ["a b"]),
        ("~~~sh title=x\na b\n~~~\n", ["a b"]),
        ("- item\n\n  ```{.bash}\n  a \\\n    b\n  ```\n", ["a \\\n    b"]),
        ("1. > - ```\n   >   a b\n   >   ```\n", ["a b"]),
        ("> ```console\n> $ a b\n> output here\n> (venv) me@host:~$ c\n> ```\n", ["a b", "c"]),
        ("```bash\n$ a b\n# c d\n```\n", ["a b"]),
        ("```bash\r\na b\r\n```\r\n", ["a b"]),
        ("```\n> a b\n```\n```powershell\nPS C:\\src> a b\n```\n", ["a b", "a b"]),
        ("```bash\n~/src $ a b\n\u276f c d\n```\n", ["a b", "c d"]),
        ("```python\na b\n```\n", ["a b"]),  # no Python: a reader sees its lines
        ("```python\nx = 1\n```\n", []),
        ("```python\n!a b\n```\n", ["a b"]),
        ("```python\nsubprocess.run(['a', 'b'])\n```\n", ["'a', 'b'"]),
        ("Run `a b`, or\n\n    a b\n", ["a b"]),
        ("Run `a b` now\n", []),
        ("```bash\na b", ["a b"]),
        ("```bash\na b\n\x0cc d\n```\n", ["a b", "c d"]),
        ("```bash\na <your name>\nb <in >out\n```\n", ["a <your name>", "b"]),
        ("```\nif x then (\na b\n```\n", ["x then", "a b"]),
        ("```{code-block} bash\na b\n```\n", ["a b"]),
        ("```{ .dockerfile .annotate }\nRUN a b\n```\n", ["a b"]),
        (":::{tip}\nText `a b`.\n```bash\na b\n```\n:::\n", ["a b"]),
        ("````{tip}\nText `a b`.\n```bash\na b\n```\n````\n", ["a b"]),
        ("```{note}\nThe text a b\n```\n", []),
        ("```{code-cell} ipython3\n!a b\n```\n", ["a b"]),
        ("```{eval-rst}\n.. code:: sh\n\n   a b\n```\n", ["a b"]),
        ("````markdown\n```sh\na b\n```\n````\n", ["a b"]),
        ('!!! note "x"\n    ```sh\n    a b\n    ```\n', ["a b"]),
        ('=== "Linux"\n\n    === "bash"\n\n        ```sh\n        a b\n        ```\n', ["a b"]),
        ("??? tip\n\n    The text a b\n", []),
        ("<pre>\n$ a &amp;&amp; <b>c d</b>\n</pre>\n", ["a", "c d"]),
        ("<Tab>\n```sh\na b\n```\n</Tab>\n", ["a b"]),
        ('```toml\nx = "a b"\nx = [\'c "d"\']\n```\n', ["a b", 'c "d"']),
        ("```yaml\n- run: |\n    a b\n    c ${{ x }}\n  env: {KEY: {{ y }}}\n```\n", ["a b", "c ${{ x }}", "{{ y }}"]),
        ('```jsonc\n// why\n{"x": "a \\"b\\""}\n```\n', ['a \\"b\\"']),
        ("```makefile\nx:\n\ta b\n```\n", ["a b"]),
        ("```go\nfmt.Println(x)\n```\n", []),
    ],
)
def test_blocks(text: str, expected: list[str]) -> None:
    assert shown("README.md", text) == expected


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# pip install abc", ["pip install abc"]),
        ("x = 1  # or `pip install abc`, if you must", ["pip install abc"]),
        ("# $ python -m pip install abc", ["python -m pip install abc"]),
        ("// uv pip install abc", ["uv pip install abc"]),
        ("# pip install is slow", []),
        ("# Then pip install a", []),
        ("# pip install abc, then run it.", []),
        ("# Installs a", []),
        ("# !pip install abc", ["pip install abc"]),
        ("# %pip install abc", ["pip install abc"]),
    ],
)
def test_commands_in_comments(comment: str, expected: list[str]) -> None:
    assert shown("README.md", f"```js\n{comment}\n```\n", ("install",)) == expected


def test_a_placeholder_is_typed_as_it_is_written() -> None:
    (found,) = workspace.in_memory({"a.md": "```sh\npip install <your package>\n```\n"}).all(DOCUMENTED)
    assert isinstance(found, ShellCommand)
    assert found.typed(found.words) == "pip install <your package>"


def test_a_prompt_is_no_comment() -> None:
    assert shown("README.md", "```console\n# pip install abc\n```\n", ("install",)) == ["pip install abc"]


def test_a_template_of_yaml() -> None:
    text = "```yaml\n{% if x %}\n- name: X\n  run: pip install abc\n- pip install def\n{% endif %}\n```\n"
    assert shown("README.md", text, ("install",)) == ["pip install abc", "pip install def"]


def test_strings_in_a_language_that_is_not_read() -> None:
    text = '```go\nllb.Shlex("pip install ."), log.Fatal("pip install is not there")\n```\n'
    assert shown("README.md", text, ("install",)) == ["pip install ."]


def test_what_is_no_shell_is_no_fault() -> None:
    assert shown("README.md", "```\npip install (\n'\n```\n", ("install",)) == ["pip install"]


def test_documents_in_documents_end() -> None:
    fences = "".join(f"{'`' * (60 - depth)}md\n" for depth in range(50))
    assert shown("README.md", f"{fences}a b\n") == []


def test_notebooks_hold_documents() -> None:
    text = '{"cells": [{"cell_type": "markdown", "source": ["```sh\\n", "a \\"b\\"\\n", "```"]}, {"cell_type": "code", "source": "!c d"}]}'
    assert shown("a.ipynb", text) == ['a \\"b\\"']


def test_documentation_does_not_run() -> None:
    assert workspace.in_memory({"README.md": "```bash\na b\n```\n"}).all(COMMANDS) == []
