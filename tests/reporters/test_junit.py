"""JUnit XML, read by a real parser."""

from xml.etree import ElementTree as ET

from policy_checks.reporters import Report
from tests.reporters.reports import hostile, pinned, report, suppressed, text


def _suite(what: Report) -> ET.Element:
    root = ET.fromstring(text("junit", what))
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "policy-checks")
    assert int(suite.attrib["tests"]) == len(suite)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    return suite


def test_a_finding_is_a_failed_case() -> None:
    (case,) = _suite(report(pinned()))
    place = "pyproject.toml:2:42"
    assert case.attrib == {
        "classname": "pyproject.toml",
        "name": f"SRC001 unpinned-git-source at {place}",
        "file": "pyproject.toml",
        "line": "2",
    }
    (failure,) = case
    assert failure.attrib == {"type": "error", "message": "mla follows the branch main; pin `rev`"}
    assert failure.text == (
        f"{place}: mla follows the branch main; pin `rev`\nuv.lock:2:8: locked here at 0a1b2c\nfix: pin the locked commit (--fix)\n"
    )


def test_a_suppressed_finding_is_a_skipped_case() -> None:
    (case,) = _suite(report(suppressed(pinned())))
    assert [(child.tag, child.attrib) for child in case] == [("skipped", {"message": "waiver: the base image has no uv yet"})]


def test_a_clean_run_is_a_passed_case() -> None:
    (case,) = _suite(report())
    assert (len(case), case.get("name")) == (0, "3136 files are clean")


def test_hostile_content_is_well_formed() -> None:
    what = hostile()
    assert len(_suite(what)) == len(what.findings)
