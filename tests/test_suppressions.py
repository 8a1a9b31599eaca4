"""Suppressions: what they hide, what they do not, and what is said about them."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks import config, suppressions
from policy_checks.rule import Finding, Problem, Severity, Suppressed
from policy_checks.source import Place, SourceFile, Span, Unreadable, apply
from policy_checks.suppressions import Suppression

CODES = ("CMT001", "LCK001", "PIP001", "PIP002", "POL001", "POL003", "POL004")
TODAY = date(2027, 1, 31)


def finding(file: SourceFile, code: str, text: str) -> Finding:
    """A finding on a text of the file."""
    start = file.text.index(text)
    return Finding(code, "a-name", Severity.ERROR, Problem(Place(file, Span(start, start + len(text))), "a message"))


def judged(
    files: Mapping[str, str], found: list[tuple[str, str, str]], policy: Mapping[str, object] | None = None, run: tuple[str, ...] = CODES
) -> tuple[list[Suppressed | None], tuple[Suppression, ...]]:
    """How each finding (path, code, text) is suppressed, and what became of the suppressions."""
    sources = {path: SourceFile(path, text.encode()) for path, text in files.items()}
    declared = suppressions.declared(sources.values(), config.of(policy or {}, codes=CODES), TODAY, CODES)
    findings, after = suppressions.apply([finding(sources[path], code, text) for path, code, text in found], declared, run)
    return [one.suppressed for one in findings], after


def hidden(text: str, code: str = "PIP001", on: str = "pip install x") -> bool:
    """Whether a comment in a script hides a finding."""
    return judged({"x.sh": text}, [("x.sh", code, on)])[0] != [None]


def test_a_comment_hides_with_its_reason() -> None:
    found, after = judged({"x.sh": "pip install x  # policy: ignore[PIP001] no uv there\n"}, [("x.sh", "PIP001", "pip install x")])
    assert found == [Suppressed("inline", "no uv there")]
    assert [one.unused for one in after] == [()]


@pytest.mark.parametrize(
    "text",
    [
        "pip install x  # policy: ignore[PIP001] reason",
        "pip install x  # policy: ignore[LCK001, PIP001] reason",
        "pip install x  # policy: ignore[PIP001]: reason",
        "pip install x  # noqa # policy: ignore[PIP001] reason",
        "# policy: ignore[PIP001] reason\npip install x",
        "# policy: ignore[PIP001] reason\n# more words\n  pip install x",
        "pip install x \\\n  --quiet  # policy: ignore[PIP001] reason",
    ],
)
def test_hidden(text: str) -> None:
    assert hidden(f"{text}\n", on=text[text.index("pip") :].partition("  #")[0])


@pytest.mark.parametrize(
    "text",
    [
        "pip install x  # policy: ignore[PIP001]",
        "pip install x  # policy: ignore[PIP001] -",
        "pip install x  # policy: ignore[PIP002] reason",
        "pip install x  # policy: ignore[PIP] reason",
        "pip install x  # policy: ignore[] reason",
        "pip install x  # policy: ignore PIP001 reason",
        "pip install x  # policy: ignore[PIP001 reason",
        "pip install x  # see policy: ignore[PIP001] reason",
        "pip install x; echo '# policy: ignore[PIP001] reason'",
        "# policy: ignore[PIP001] reason\n\npip install x",
        "echo  # policy: ignore[PIP001] reason\npip install x",
        "pip install x\n# policy: ignore[PIP001] reason",
    ],
)
def test_not_hidden(text: str) -> None:
    assert not hidden(f"{text}\n")


def test_no_comment_hides_what_is_found_about_the_policy() -> None:
    text = "echo  # policy: ignore[POL004] reason\n"
    found, after = judged({"x.sh": text}, [("x.sh", "POL004", "echo")])
    assert found == [None]
    assert after[0].unknown == ("POL004 is about the policy itself: waive it in the configuration, if at all",)


WAIVER = {"codes": ["PIP001"], "paths": ["old"], "reason": "vendored"}


@pytest.mark.parametrize(
    ("waiver", "by"),
    [
        (WAIVER, Suppressed("waiver", "vendored")),
        ({**WAIVER, "until": TODAY}, Suppressed("waiver", "vendored")),
        ({**WAIVER, "until": date(2027, 1, 30)}, None),
        ({**WAIVER, "reason": " "}, None),
        ({**WAIVER, "paths": ["new"]}, None),
        ({**WAIVER, "codes": ["PIP002"]}, None),
    ],
)
def test_waivers(waiver: Mapping[str, object], by: Suppressed | None) -> None:
    found, _ = judged({"a/old/x.sh": "pip install x\n"}, [("a/old/x.sh", "PIP001", "pip")], {"waivers": [waiver]})
    assert found == [by]


def test_a_waiver_may_name_commits() -> None:
    policy = {"waivers": [{"codes": ["CMT001"], "commits": ["abcdef0"], "reason": "made by a robot"}]}
    commits = {"abcdef0" + "1" * 33: "tree", "bbcdef0" + "1" * 33: "tree"}
    found, _ = judged(commits, [(sha, "CMT001", "tree") for sha in commits], policy)
    assert found == [Suppressed("waiver", "made by a robot"), None]


def test_a_waiver_of_commits_is_only_unused_where_they_were_judged() -> None:
    settings = config.of({"waivers": [{"codes": ["CMT001"], "commits": ["abcdef0"], "reason": "made by a robot"}]})
    for commits, unused_codes in (((), ()), (("b" * 40,), ()), (("abcdef0" + "1" * 33,), ("CMT001",))):
        (waiver,) = suppressions.declared((), settings, TODAY, CODES, commits)
        ((after,),) = (suppressions.apply((), (waiver,), CODES)[1],)
        assert after.unused == unused_codes


def test_per_file_ignores_take_prefixes() -> None:
    policy = {"per-file-ignores": {"tests/**": ["PIP"], "docs": ["LCK001"]}}
    found, after = judged({"tests/x.sh": "pip\n"}, [("tests/x.sh", "PIP002", "pip")], policy)
    assert found == [Suppressed("per-file-ignores", "per-file-ignores of tests/**")]
    assert [one.unused for one in after] == [(), ("LCK001",)]


def test_the_nearest_suppression_hides_and_the_other_is_unused() -> None:
    found, after = judged({"old": "pip  # policy: ignore[PIP001] here\n"}, [("old", "PIP001", "pip")], {"waivers": [WAIVER]})
    assert found == [Suppressed("inline", "here")]
    assert [one.unused for one in after] == [(), ("PIP001",)]


def unused(run: tuple[str, ...], found: list[tuple[str, str, str]]) -> list[tuple[str, ...]]:
    text = "echo  # policy: ignore[PIP001, LCK001] reason\n"
    return [one.unused for one in judged({"x.sh": text}, found, {"per-file-ignores": {"x.sh": ["PIP"]}}, run)[1]]


def test_unused_is_only_what_was_looked_for() -> None:
    assert unused(CODES, []) == [("PIP001", "LCK001"), ("PIP",)]
    assert unused(("PIP001", "PIP002"), []) == [("PIP001",), ("PIP",)]
    assert unused(("PIP001", "LCK001"), [("x.sh", "LCK001", "echo")]) == [("PIP001",), ()]
    assert unused((), []) == [(), ()]


def test_nothing_is_said_about_suppressions_in_a_file_that_was_unreadable() -> None:
    assert unused(CODES, [("x.sh", "POL001", "echo")]) == [(), ()]


def test_an_unreadable_file_declares_nothing() -> None:
    file = SourceFile("x.sh", b"")
    assert suppressions.declared([Unreadable(file, Span(0, 0), "gone")], config.of({}), TODAY, CODES) == ()


def test_a_file_that_is_no_text_hides_nothing() -> None:
    file = SourceFile("x.sh", b"\xff  # policy: ignore[PIP001] reason\n")
    assert suppressions.declared([file], config.of({}), TODAY, CODES) == ()


def removed(text: str, path: str = "x.sh", on: tuple[str, ...] = ()) -> str:
    """The text after the fix of its unused suppression; `on` are codes in use."""
    file = SourceFile(path, text.encode())
    declared = suppressions.declared([file], config.of({}), TODAY, CODES)
    ((*_, one),) = (suppressions.apply([finding(file, code, "echo") for code in on], declared, CODES)[1],)
    fix = suppressions.removal(one)
    assert fix is not None
    return apply(text, tuple(edit for _, edit in fix.edits))


@pytest.mark.parametrize(
    ("text", "after", "path"),
    [
        ("echo  # policy: ignore[PIP001] a\nb\n", "echo\nb\n", "x.sh"),
        ("a\r\n  # policy: ignore[PIP001] a\r\necho\r\n", "a\r\necho\r\n", "x.sh"),
        ("# policy: ignore[PIP001] a", "", "x.sh"),
        ("echo  # noqa  # policy: ignore[PIP001] a\n", "echo  # noqa\n", "x.sh"),
        ("One <!-- policy: ignore[PIP001] a --> two\n", "One two\n", "x.md"),
        ("<!-- policy:\n ignore -->\n<!-- policy: ignore[PIP001] a\nb -->\nText\n", "<!-- policy:\n ignore -->\nText\n", "x.md"),
        (".. policy: ignore[PIP001] a\n\nText\n", "\nText\n", "x.rst"),
    ],
)
def test_what_is_unused_is_taken_out(text: str, after: str, path: str) -> None:
    assert removed(text, path) == after


def test_what_is_used_stays() -> None:
    assert removed("echo  # policy: ignore[PIP001,LCK001] a\n", on=("LCK001",)) == "echo  # policy: ignore[LCK001] a\n"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["pip", "# policy: ignore[PIP001] a", "pip  # policy: ignore[PIP001] b", "", "# c"]), max_size=8))
def test_taking_out_what_is_unused_hides_no_less(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    file = SourceFile("x.sh", text.encode())
    starts = [file.offset(number) for number, line in enumerate(lines, 1) if line.startswith("pip")]
    places = [Place(file, Span(start, start + 3)) for start in starts]
    findings = [Finding("PIP001", "a-name", Severity.ERROR, Problem(place, "a message")) for place in places]
    after, declared = suppressions.apply(findings, suppressions.declared([file], config.of({}), TODAY, CODES), CODES)
    fixes = [suppressions.removal(one) for one in declared if one.unused]
    mended = SourceFile("x.sh", apply(text, tuple(edit for fix in fixes if fix for _, edit in fix.edits)).encode())
    again = [mended.line_span(number) for number, line in enumerate(mended.text.split("\n"), 1) if line.startswith("pip")]
    found = [Finding("PIP001", "a-name", Severity.ERROR, Problem(Place(mended, Span(span.start, span.start + 3)), "")) for span in again]
    hidden_then, left = suppressions.apply(found, suppressions.declared([mended], config.of({}), TODAY, CODES), CODES)
    assert [one.suppressed for one in hidden_then] == [one.suppressed for one in after]
    assert not any(one.unused for one in left)
