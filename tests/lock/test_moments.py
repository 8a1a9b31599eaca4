"""`exclude-newer`: what it can be, and which changes count."""

import pytest

from policy_checks.lock.moments import cutoff, stricter


@pytest.mark.parametrize(
    ("before", "now", "counts"),
    [
        ("2024-06-02T00:00:00Z", "2024-06-01", False),  # a date is the end of that day
        ("2024-06-02T00:00:00Z", "2024-06-02T02:00:00+02:00", False),
        ("2024-06-02T00:00:00Z", "2030-01-01", False),
        ("2024-06-02T00:00:00Z", "2024-05-31", True),
        ("P3W", "3 weeks", False),
        ("P3W", "3w", False),
        ("P3W", "21 days", True),
        ("P3W", "2024-06-01", True),
        ("P1DT2H", "1 day 2 hours", False),
    ],
)
def test_changes(before: str, now: str, counts: bool) -> None:
    first, second = cutoff(before), cutoff(now)
    assert first is not None
    assert second is not None
    assert stricter(first, second) is counts


@pytest.mark.parametrize("text", ["soon", "3 years", "P1M", "2024-13-01", "2024-06-02T00:00:00", "", "1 day 2 weeks", "3 moons"])
def test_refused(text: str) -> None:
    assert cutoff(text) is None
