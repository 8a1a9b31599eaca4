"""The baseline: what it holds, what it hides, and when an entry is stale."""

import json
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks import baseline, config, fixes, judgement, registry
from policy_checks.baseline import Entry
from policy_checks.judgement import Judgement
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import in_memory

PATH = ".policy-checks-baseline.json"


def judged(files: dict[str, str], held: str = "", *select: str, policy: str = "") -> Judgement:
    tree = in_memory({**files, "policy-checks.toml": policy})
    recorded = baseline.read(SourceFile(PATH, held.encode())) if held else ()
    rules = registry.selected(select, ())
    return judgement.judge(tree, rules, config.load_from(tree.get), date(2026, 1, 1), recorded)


def recorded(files: dict[str, str], policy: str = "") -> str:
    return baseline.written(baseline.entries(judged(files, policy=policy).findings))


def left(judgement_: Judgement) -> list[str]:
    found = [one for one in judgement_.findings if one.suppressed is None]
    return [f"{one.code} {one.problem.place.file.path}:{one.problem.place.line}" for one in found]


def test_what_was_there_is_hidden_with_its_reason() -> None:
    files = {"a.sh": "pip install x\n", "b.sh": "pip install y\n"}
    found = judged(files, recorded(files))
    assert left(found) == []
    assert [(one.suppressed.by, one.suppressed.reason) for one in found.findings if one.suppressed] == [
        ("baseline", "there before the policy"),
        ("baseline", "there before the policy"),
    ]


def test_what_is_new_is_found() -> None:
    held = recorded({"a.sh": "pip install x\n"})
    assert left(judged({"a.sh": "echo\n\n  pip install x\npip install y\n"}, held)) == ["PIP001 a.sh:4"]
    assert left(judged({"a.sh": "pip install x\npip install x\n"}, held)) == ["PIP001 a.sh:2"]
    assert left(judged({"a.sh": "pip install x\n", "b.sh": "pip install x\n"}, held)) == ["PIP001 b.sh:1"]


def test_an_entry_whose_finding_is_gone_is_stale() -> None:
    held = recorded({"a.sh": "pip install x\npip install x\n", "b.sh": "pip install x\n"})
    of_a, of_b = left(judged({"a.sh": "pip install x\n"}, held))
    assert of_a in {f"POL008 {PATH}:2", f"POL008 {PATH}:3"}  # by fingerprint
    assert of_b == f"POL008 {PATH}:4"


def test_nothing_is_known_of_what_did_not_run() -> None:
    held = recorded({"a.sh": "pip install x\n"})
    assert left(judged({}, held, "LCK", "POL")) == []
    assert left(judged({"a.sh": "(((((\npip install x\n"}, held)) == ["POL001 a.sh:2"]


def test_another_suppression_comes_first() -> None:
    held = recorded({"a.sh": "pip install x\n"})
    comment = "pip install x  # policy: ignore[PIP001] the bootstrap\n"
    assert left(judged({"a.sh": comment}, held)) == [f"POL008 {PATH}:2"]
    waiver = '[[waivers]]\ncodes = ["PIP001"]\npaths = ["a.sh"]\nreason = "why"\nuntil = 2030-01-01\n'
    assert left(judged({"a.sh": "pip install x\n"}, held, policy=waiver)) == [f"POL008 {PATH}:2"]
    assert recorded({"a.sh": comment}) == '[{"version": 1}\n]\n'


def test_an_expired_waiver_does_not_hide_behind_it() -> None:
    waiver = '[[waivers]]\ncodes = ["PIP001"]\npaths = ["a.sh"]\nreason = "why"\nuntil = 2025-01-01\n'
    held = recorded({"a.sh": "pip install x\n"}, policy=waiver)
    assert left(judged({"a.sh": "pip install x\n"}, held, policy=waiver)) == ["POL005 policy-checks.toml:1"]


def test_what_is_said_of_the_policy_is_not_recorded_but_an_unreadable_file_is() -> None:
    files = {"a.sh": "echo  # policy: ignore[PIP001] why\n", "b.sh": "(((((\npip install x\n"}
    held = recorded(files)
    assert [item["code"] for item in json.loads(held)[1:]] == ["POL001"]
    assert left(judged(files, held)) == ["POL003 a.sh:1"]
    assert left(judged({"b.sh": "uv sync --locked\n"}, held)) == [f"POL008 {PATH}:2"]


def test_a_waiver_may_cover_a_stale_entry() -> None:
    waiver = f'[[waivers]]\ncodes = ["POL008"]\npaths = ["{PATH}"]\nreason = "generated"\n'
    assert left(judged({}, recorded({"a.sh": "pip install x\n"}), policy=waiver)) == []


def test_the_fix_leaves_a_baseline() -> None:
    files = {"a.sh": "pip install x\n", "b.sh": "pip install y\n", "c.sh": "pip install z\n"}
    held = recorded(files)
    plan = fixes.plan(judged({"b.sh": files["b.sh"]}, held).findings)
    assert [change.text for change in plan.changes] == [recorded({"b.sh": files["b.sh"]})]


def test_it_may_be_laid_out_by_others() -> None:
    held = json.dumps(json.loads(recorded({"a.sh": "pip install x\n", "b.sh": "pip install x\n"})), indent=2)
    found = judged({}, held)
    assert len(left(found)) == 2
    assert all(one.problem.fix is None for one in found.findings)
    assert len(left(judged({}, json.dumps(json.loads(held))))) == 2


def test_an_entry_twice_is_stale_once() -> None:
    files = {"a.sh": "pip install x\n"}
    first, entry, last = recorded(files).splitlines()
    assert left(judged(files, f"{first}\n{entry}\n{entry}\n{last}\n")) == [f"POL008 {PATH}:3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: no baseline: not JSON"),
        ("{", "1:2: no baseline: not JSON"),
        ("[" * 100_000, "no baseline: not JSON"),
        ("[]", "1:1: no baseline: it begins with"),
        ('[{"version": 2}]', "1:1: no baseline: it begins with"),
        ('[{"version": 1}, 3]', "entry 1 is no finding"),
        ('[{"version": 1}, {"code": "PIP001"}]', "entry 1 is no finding"),
        ('[{"version": 1}, {"code": "A", "path": "b", "text": "", "fingerprint": 3}]', "entry 1 is no finding"),
        ('[{"version": 1}, {"code": "A", "path": "b", "text": "", "fingerprint": "\\u0061"}]', "entry 1 is not as"),
        ('[{"version": 1}, {"code": "A", "path": "b", "text": "", "fingerprint": "a", "more": ""}]', "entry 1 is no finding"),
        ('[{"version": 1}\n<<<<<<< ours\n]', "2:1: a conflict is not resolved"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        baseline.read(SourceFile(PATH, text.encode()))
    assert said in str(caught.value)


TEXTS = st.text(max_size=8)
ENTRIES = st.builds(Entry, TEXTS, TEXTS, TEXTS, st.text("0123456789abcdef", min_size=4, max_size=6), TEXTS)


@settings(deadline=None)
@given(st.lists(ENTRIES, max_size=6))
def test_what_is_written_is_read(entries: list[Entry]) -> None:
    text = baseline.written(entries)
    read = baseline.read(SourceFile(PATH, text.encode()))
    assert baseline.written(one.entry for one in read) == text == baseline.written(reversed(entries))
    assert sorted(map(repr, entries)) == sorted(repr(one.entry) for one in read)
    assert [one.place.line for one in read] == list(range(2, len(entries) + 2))
    assert all(one.alone for one in read)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(["pip install x", "pip install y", "echo"]), max_size=6), st.lists(st.integers(0, 6), max_size=3))
def test_a_baseline_hides_all_of_its_own_run_and_mending_never_shows_more(lines: list[str], mended: list[int]) -> None:
    held = recorded({"a.sh": "\n".join(lines) + "\n"})
    assert left(judged({"a.sh": "\n".join(lines) + "\n"}, held)) == []
    after = ["uv sync --locked" if number in mended else line for number, line in enumerate(lines)]
    assert {one.split()[0] for one in left(judged({"a.sh": "\n".join(after) + "\n"}, held))} <= {"POL008"}
