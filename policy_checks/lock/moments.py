"""`exclude-newer`: a moment, a date or a span of time, and which changes of it make a lock stale (uv-configuration, `exclude_newer.rs`)."""

import re
from datetime import UTC, date, datetime, timedelta

from policy_checks.record import record

_ISO = r"(?i)([+-]?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
_FRIENDLY = r"(?i)(\d+)\s*([a-zµ]+),?\s*"
_UNITS = (
    ("years", "year", "yrs", "yr", "y"),
    ("months", "month", "mos", "mo"),
    ("weeks", "week", "wks", "wk", "w"),
    ("days", "day", "d"),
    ("hours", "hour", "hrs", "hr", "h"),
    ("minutes", "minute", "mins", "min", "m"),
    ("seconds", "second", "secs", "sec", "s"),
)
_UNIT = {name: position for position, names in enumerate(_UNITS) for name in names}

Span = tuple[int, ...]


@record
class Cutoff:
    """One of a moment in time and a span before now; a span is its fields: `3 weeks` is not `21 days`."""

    moment: datetime | None = None
    span: Span | None = None


def cutoff(text: str) -> Cutoff | None:
    """What a setting says; None for a text that uv refuses. A date is the end of that day (taken as UTC)."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return Cutoff(datetime.combine(date.fromisoformat(text) + timedelta(days=1), datetime.min.time(), UTC))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return Cutoff(moment)
    except (ValueError, OverflowError):
        pass
    span = _span(text.strip())
    # Years and months have no fixed length: uv asks for days instead.
    return None if span is None or any(span[:2]) else Cutoff(span=span)


def _span(text: str) -> Span | None:
    iso = re.fullmatch(_ISO, text)
    if iso is not None and any(iso.groups()[1:]):
        sign = -1 if iso[1] == "-" else 1
        return tuple(sign * int(number or 0) for number in iso.groups()[1:])
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-").strip()
    if text.lower().endswith(" ago"):
        sign, text = -sign, text[:-4].strip()
    found, position, last = [0] * len(_UNITS), 0, -1
    while position < len(text):
        match = re.compile(_FRIENDLY).match(text, position)
        unit = _UNIT.get(match[2].lower(), -1) if match else -1
        if match is None or unit <= last:
            return None
        found[unit], position, last = sign * int(match[1]), match.end(), unit
    return tuple(found) if last >= 0 else None


def stricter(before: Cutoff, now: Cutoff) -> bool:
    """Whether a changed cutoff makes a lock stale: an earlier moment, another span, or one for the other."""
    if before.span is not None or now.span is not None:
        return before.span != now.span
    return before.moment is not None and now.moment is not None and now.moment < before.moment
