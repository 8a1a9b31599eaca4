"""Damaged and hostile files: no rule about sources crashes, and none takes more than linear time."""

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks import engine, registry
from policy_checks.lock.git_hosts import locate
from policy_checks.lock.git_pin import mention
from policy_checks.lock.git_reference import GitScope
from policy_checks.workspace import in_memory

RULES = [registry.rule(code) for code in ("SRC001", "SRC002", "SRC003", "SRC009")]
COMMIT = "0123456789" * 4
FILES = {
    "pyproject.toml": '[project]\nname = "app"\nversion = "1"\ndependencies = ["kit @ git+https://git.example/a/kit@v1 ; python_version > \'3\'", "box"]\n'
    '[tool.uv]\nindex-strategy = "unsafe-best-match"\n[tool.uv.sources]\nbox = [{ git = "https://git.example/box", tag = "v1" }, { path = "../box" }]\n'
    '[[tool.uv.index]]\nname = "i"\nurl = "http://me:pw@index.example/simple"\n',
    "uv.lock": 'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
    f'[[package]]\nname = "box"\nversion = "1"\nsource = {{ git = "https://git.example/box?tag=v1#{COMMIT}" }}\n',
    "requirements.txt": "-e git+https://git.example/kit@main#egg=kit\n--extra-index-url https://me:pw@index.example/simple\n-e ../kit[a]\n",
    "Dockerfile": "FROM base\nADD https://git.example/kit.git?branch=v1#v2:a /kit\nENV UV_INDEX=http://index.example/simple\n"
    "RUN git clone -b v1 https://git.example/kit && cd kit && git -C . checkout v2 && pip install --trusted-host index.example git+https://git.example/x\n",
}


class Everything:
    """Options of any rule with every policy on."""

    git_scope = GitScope.EVERYWHERE
    allowed_git = ("git.example/team/*",)
    explicit_indexes = True
    internal_packages = ("k*", "b*")


def judged(files: dict[str, str]) -> set[str]:
    outcome = engine.run(in_memory(files), RULES, lambda _options: Everything())
    assert outcome.crashes == ()
    return {finding.code for finding in outcome.findings}


def test_every_rule_finds_something() -> None:
    assert judged(FILES) == {"SRC001", "SRC002", "SRC003", "SRC009"}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_crash_nothing(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(FILES)))
    text = FILES[path]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 30, len(text))))
    judged(
        {
            **FILES,
            path: text[:start]
            + data.draw(st.sampled_from(["", "=", '"', "[", "]", "@", "git+", "\n", "://", "../", "{", "\\", "${X}", "é"]))
            + text[end:],
        }
    )


@pytest.mark.parametrize("piece", ["a", "git+", "a@", "https://", " ", "a[", ".git", "pip ", "@git+https://"])
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    text = piece * 200_000
    mention(text)
    mention(f"{text} git+https://git.example/kit")
    locate(text)
    judged({"requirements.txt": text + "\n", "Dockerfile": f"FROM base\nADD {text}\nENV UV_INDEX{text}\n"})
