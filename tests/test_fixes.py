"""Fixes: whole or not at all, byte-exact outside their edits, and never over something else's work."""

import os
import stat
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_checks import fixes
from policy_checks.fixes import NotWritten, Plan
from policy_checks.rule import Finding, Fix, Problem, Severity, Suppressed
from policy_checks.source import Edit, Place, SourceFile, Span


def _finding(*edits: tuple[SourceFile, int, int, str], safe: bool = True, suppressed: Suppressed | None = None) -> Finding:
    changed = tuple((file, Edit(Span(start, end), text)) for file, start, end, text in edits)
    place = Place(changed[0][0], changed[0][1].span)
    return Finding("PIP001", "bare-pip-install", Severity.ERROR, Problem(place, "m", Fix("mend it", changed, safe)), suppressed)


def _texts(planned: Plan) -> dict[str, str]:
    return {change.file.path: change.text for change in planned.changes}


A = SourceFile("a.txt", b"0123456789")
B = SourceFile("b.txt", b"abcdefghij")


def test_fixes_are_applied_together() -> None:
    planned = fixes.plan([_finding((A, 0, 1, "zero ")), _finding((A, 8, 10, "")), _finding((B, 5, 5, "|"))])
    assert _texts(planned) == {"a.txt": "zero 1234567", "b.txt": "abcde|fghij"}
    assert len(planned.fixed) == 3


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((2, 5), (4, 6)),
        ((2, 5), (3, 4)),
        ((2, 5), (3, 3)),
        ((3, 3), (2, 5)),
        ((2, 5), (2, 3)),
        ((3, 3), (3, 3)),
        ((3, 3), (3, 5)),
        ((2, 5), (0, 9)),
    ],
)
def test_the_second_of_two_that_overlap_waits(first: tuple[int, int], second: tuple[int, int]) -> None:
    one, other = _finding((A, *first, "x")), _finding((A, *second, "y"))
    planned = fixes.plan([one, other])
    assert (planned.fixed, planned.waiting) == ((one,), (other,))


@pytest.mark.parametrize(("first", "second"), [((2, 5), (5, 7)), ((5, 7), (2, 5)), ((2, 5), (5, 5)), ((0, 0), (1, 1))])
def test_neighbours_do_not_overlap(first: tuple[int, int], second: tuple[int, int]) -> None:
    assert len(fixes.plan([_finding((A, *first, "x")), _finding((A, *second, "y"))]).fixed) == 2


def test_a_fix_of_several_files_goes_in_whole_or_not_at_all() -> None:
    both = _finding((B, 0, 1, "B"), (A, 0, 1, "A"), (B, 9, 10, "B"))
    assert _texts(fixes.plan([both])) == {"a.txt": "A123456789", "b.txt": "BbcdefghiB"}
    planned = fixes.plan([_finding((A, 0, 2, "")), both, _finding((B, 9, 10, "J"))])
    assert _texts(planned) == {"a.txt": "23456789", "b.txt": "abcdefghiJ"}
    assert planned.waiting == (both,)


def test_a_fix_that_overlaps_itself_is_never_applied() -> None:
    assert fixes.plan([_finding((A, 0, 5, ""), (A, 4, 6, ""))]).changes == ()


def test_two_readings_of_one_path_are_not_mixed() -> None:
    assert len(fixes.plan([_finding((A, 0, 1, "x")), _finding((SourceFile("a.txt", b"other"), 3, 4, "y"))]).waiting) == 1


def test_suppressed_findings_and_unsafe_fixes_are_left_alone() -> None:
    findings = [_finding((A, 0, 1, "x"), suppressed=Suppressed("inline", "reason")), _finding((A, 3, 4, "y"), safe=False)]
    assert fixes.plan(findings) == Plan((), (), ())
    assert _texts(fixes.plan(findings, unsafe=True)) == {"a.txt": "012y456789"}


def test_a_fix_that_changes_nothing_writes_nothing() -> None:
    assert fixes.plan([_finding((A, 0, 1, "0"))]).changes == ()


_TEXTS = st.text(st.sampled_from("ab\r\n\ufeff\té日 "), max_size=30)


@st.composite
def _problems(draw: st.DrawFn) -> list[Finding]:
    files = [SourceFile(path, draw(_TEXTS).encode()) for path in ("one", "two")]

    def edit() -> tuple[SourceFile, int, int, str]:
        file = draw(st.sampled_from(files))
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(file.text))] * 2)))
        return file, start, end, draw(_TEXTS)

    return [_finding(*(edit() for _ in range(draw(st.integers(1, 3))))) for _ in range(draw(st.integers(1, 6)))]


@given(_problems())
def test_accepted_edits_never_overlap_and_what_is_outside_them_stays(findings: list[Finding]) -> None:
    planned = fixes.plan(findings)
    assert {*map(id, planned.fixed)} | {*map(id, planned.waiting)} == {*map(id, findings)}
    for path in ("one", "two"):
        accepted = [
            (file, edit) for found in planned.fixed if found.problem.fix for file, edit in found.problem.fix.edits if file.path == path
        ]
        accepted.sort(key=lambda item: item[1].span)
        spans = [edit.span for _, edit in accepted]
        assert all(before.end <= after.start and before.start < after.start for before, after in pairwise(spans))
        rest, start = b"", 0
        for file, edit in accepted:
            rest += file.data[len(file.text[:start].encode()) : len(file.text[: edit.span.start].encode())] + edit.text.encode()
            start = edit.span.end
        for change in planned.changes:
            if change.file.path == path:
                assert change.text.encode() == rest + change.file.data[len(change.file.text[:start].encode()) :]


@given(_problems())
def test_the_first_fix_always_goes_in_so_that_repeating_comes_to_an_end(findings: list[Finding]) -> None:
    planned = fixes.plan(findings)
    assert planned.fixed or len(findings[0].problem.fix.edits if findings[0].problem.fix else ()) > 1
    assert fixes.plan(planned.fixed).changes == planned.changes
    assert not fixes.plan(planned.fixed).waiting


def _fixed(path: str, old: str, new: str) -> Plan:
    file = SourceFile(path, old.encode())
    return fixes.plan([_finding((file, 0, len(old), new))])


def test_a_diff() -> None:
    text = "".join(f"line {number}\r\n" for number in range(9))
    assert list(fixes.diff(_fixed("ci/a.sh", text, text.replace("line 5", "LINE 5")))) == [
        "--- a/ci/a.sh",
        "+++ b/ci/a.sh",
        "@@ -3,7 +3,7 @@",
        *(f" line {number}\r" for number in range(2, 5)),
        "-line 5\r",
        "+LINE 5\r",
        *(f" line {number}\r" for number in range(6, 9)),
    ]


def test_a_diff_tells_a_missing_line_end() -> None:
    end = "\\ No newline at end of file"
    assert list(fixes.diff(_fixed("a", "one", "two")))[3:] == ["-one", end, "+two", end]
    assert list(fixes.diff(_fixed("a", "one", "one\n")))[3:] == ["-one", end, "+one"]


ODD_NAMES = ["plain.sh", "with space.sh", 'quote".sh', "back\\slash", "line\nend", "é日.sh", "\udcff\udcfe.sh", "-dash", "a\tb"]


@pytest.mark.usefixtures("git")
@pytest.mark.parametrize("name", ODD_NAMES)
def test_git_applies_a_diff_of_any_file_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"one\ntwo\r\nthree")
    planned = _fixed(name, "one\ntwo\r\nthree", "one\nTWO\r\n\x0cthree\u2028\n")
    patch = "".join(f"{line}\n" for line in fixes.diff(planned)).encode()
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, check=True, capture_output=True)
    assert (tmp_path / name).read_bytes() == planned.changes[0].text.encode()


@given(_TEXTS, _TEXTS)
def test_a_diff_turns_the_old_lines_into_the_new_ones(old: str, new: str) -> None:
    lines = list(fixes.diff(_fixed("a", old, new)))
    taken = [line for line in lines[2:] if not line.startswith(("@@", "\\"))]
    if len(old.split("\n")) < 4 and lines:  # all of it is context
        assert [line[1:] for line in taken if line[0] in " -"] == old.removesuffix("\n").split("\n") * bool(old)
        assert [line[1:] for line in taken if line[0] in " +"] == new.removesuffix("\n").split("\n") * bool(new)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_writing_keeps_mode_mark_and_line_ends(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    target.write_bytes("\ufeffone\r\ntwo".encode())
    target.chmod(0o751)
    file = SourceFile(name, target.read_bytes())
    fixes.write(tmp_path, fixes.plan([_finding((file, 1, 4, "1"))]))
    assert target.read_bytes() == "\ufeff1\r\ntwo".encode()
    assert stat.S_IMODE(target.stat().st_mode) == 0o751
    assert os.listdir(tmp_path) == [name]


def _two(tmp_path: Path) -> Plan:
    for file in (A, B):
        (tmp_path / file.path).write_bytes(file.data)
    return fixes.plan([_finding((A, 0, 1, "x")), _finding((B, 0, 1, "x"))])


def _refused(tmp_path: Path, planned: Plan, message: str) -> None:
    """One line says why, no file was changed and nothing is left behind."""
    with pytest.raises(NotWritten, match=message):
        fixes.write(tmp_path, planned)
    assert (tmp_path / "a.txt").read_bytes() == A.data
    assert not list(tmp_path.glob(".policy-checks-*"))


def test_a_file_that_changed_meanwhile_stops_all_of_them(tmp_path: Path) -> None:
    planned = _two(tmp_path)
    (tmp_path / "b.txt").write_bytes(b"someone else's work")
    _refused(tmp_path, planned, "^b.txt: is not the file that was checked any more; run the command again$")
    assert (tmp_path / "b.txt").read_bytes() == b"someone else's work"
    (tmp_path / "b.txt").unlink()
    _refused(tmp_path, planned, "^b.txt: is not the file")


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    planned = _two(tmp_path)
    (tmp_path / "b.txt").rename(tmp_path / "real")
    (tmp_path / "b.txt").symlink_to("real")
    _refused(tmp_path, planned, "^b.txt: is or lies behind a symbolic link")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "c").write_bytes(b"abc")
    (tmp_path / "folder").symlink_to(outside)
    _refused(tmp_path, _fixed("folder/c", "abc", "x"), "^folder/c: is or lies behind a symbolic link")


def test_nothing_outside_the_root_is_written(tmp_path: Path) -> None:
    _two(tmp_path)
    root = tmp_path / "root"
    root.mkdir()
    for path in ("../a.txt", str(tmp_path / "a.txt")):
        with pytest.raises(NotWritten):
            fixes.write(root, _fixed(path, A.text, "x"))
    assert (tmp_path / "a.txt").read_bytes() == A.data


def test_a_root_behind_a_link_is_fine(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    planned = _two(real)
    (tmp_path / "link").symlink_to(real)
    fixes.write(tmp_path / "link", planned)
    assert (real / "a.txt").read_bytes() == b"x123456789"


def test_a_disk_that_refuses_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = _two(tmp_path)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("policy_checks.fixes.os.replace", full)
    _refused(tmp_path, planned, "^a.txt: cannot be rewritten: No space left on device$")
