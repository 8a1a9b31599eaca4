"""What an installer takes for a version or a range."""

import pytest
from hypothesis import given, strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from policy_checks.readers.uv_releases import accepts, installed, order


@pytest.mark.parametrize(
    ("written", "release"),
    [
        ("0.7.2", "0.7.2"), ("==0.7.2", "0.7.2"), ("0.7", "<0.8"), ("0.7.x", "<0.8"), ("==0.7.*", "<0.8"), ("~=0.7.2", "<0.8"),
        ("~=0.7", "<1.0"), ("<0.9.29", "0.9.28"), ("<0.9", "<0.9"), ("<0.9.0", "<0.9"), ("<1", "<1.0"), ("<=0.7.2", "0.7.2"),
        (">=0.5", ""), (">=0.5,<0.8", "<0.8"), ("<0.9,<0.8", "<0.8"), (">=0.5,!=0.6.0", ""), ("1", "<2.0"), ("0.8.0rc1", "0.8.0rc1"),
        ("^0.7.2", "^0.7.2"), (" 0.7.2 ", "0.7.2"),
    ],
)  # fmt: skip
def test_installed(written: str, release: str) -> None:
    assert installed(written) == release


numbers = st.integers(0, 30)


@given(numbers, numbers, numbers, st.sampled_from(["==", "<=", "<", "~=", ">=", ">"]))
def test_no_release_beyond_it_is_accepted(major: int, minor: int, patch: int, operator: str) -> None:
    """What an installer takes is the last of what the range accepts: of the releases with three numbers none is later."""
    specifiers = SpecifierSet(f"{operator}{major}.{minor}.{patch}")
    top = installed(str(specifiers))
    later = [Version(text) for text in (f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0")]
    if order(top).exact:
        assert Version(top) in specifiers
        assert not any(version in specifiers and version > Version(top) for version in later)
    elif top:
        assert not any(version in specifiers and version not in SpecifierSet(top) for version in later)
    else:
        assert later[-1] in specifiers


def test_accepts() -> None:
    assert accepts(">=0.7", "0.7.2")
    assert accepts("0.7.2", "0.7.2")
    assert not accepts("==0.7.1", "0.7.2")
    assert accepts("what uv refuses to read", "0.7.2")
