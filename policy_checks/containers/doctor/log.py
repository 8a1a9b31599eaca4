"""Reads a log of any size once, in bounded memory, and notes where the symptoms of pitfalls show."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from policy_checks.containers.doctor.log_lines import chunks, cleaned, goes_on, unbroken
from policy_checks.containers.doctor.symptoms import SYMPTOMS, Symptom
from policy_checks.record import record

MOST = 200  # sightings of one pitfall: a log may repeat itself without end
TRIED = 50_000  # lines that hold a needle and are no sighting: then it is not looked for any more, and that is said
_BEFORE = 4_000  # characters in which the name of an image is looked for
_SHOWN = 300


@record
class Sighting:
    """A line that shows a symptom: its number from 1, its text, and what the pattern's groups found."""

    key: str
    line: int
    text: str
    found: Mapping[str, str]


@record
class Log:
    """What was seen in a log, in the order of its lines."""

    lines: int
    sightings: tuple[Sighting, ...]
    given_up: tuple[str, ...] = ()  # pitfalls that were not looked for to the end


class _Reading:
    """The state of one reading: what was seen so far, and how often a needle was met in vain."""

    def __init__(self) -> None:
        self.seen: list[Sighting] = []
        self.counted: Counter[str] = Counter()
        self.in_vain: Counter[tuple[str, str]] = Counter()
        self.before = b""  # the end of the piece before

    def chunk(self, chunk: bytes, lines: int) -> None:
        """Adds what a piece of whole lines holds, which begins after so many lines."""
        found: dict[tuple[int, str], Sighting] = {}
        for symptom in SYMPTOMS:
            for one in self._sightings(symptom, chunk, lines):
                found.setdefault((one.line, one.key), one)  # of a line that shows it twice, the wording that tells most: it stands first
        self.seen += sorted(found.values(), key=lambda one: one.line)
        self.before = chunk[-_BEFORE:]

    def _sightings(self, symptom: Symptom, chunk: bytes, lines: int) -> Iterator[Sighting]:
        needle, at = symptom.needle.encode(), 0
        name = symptom.key, symptom.pattern
        counted_to = 0
        while self.counted[symptom.key] < MOST and self.in_vain[name] < TRIED and (hit := chunk.find(needle, at)) >= 0:
            start = chunk.rfind(b"\n", 0, hit) + 1
            end = chunk.find(b"\n", hit)
            at = end if end >= 0 else len(chunk)
            if found := self._found(symptom, chunk, (start, hit, at)):
                first, sighting = found
                # Needles are met in order, and a sentence may begin some lines above one.
                lines += chunk.count(b"\n", counted_to, first) if first >= counted_to else -chunk.count(b"\n", first, counted_to)
                counted_to = first
                self.counted[symptom.key] += 1
                yield Sighting(symptom.key, lines + 1, *sighting)
            else:
                self.in_vain[name] += 1

    def _found(self, symptom: Symptom, chunk: bytes, at: tuple[int, int, int]) -> tuple[int, tuple[str, Mapping[str, str]]] | None:
        """What a line shows by itself, or the sentence that it is part of; and where that starts."""
        start, hit, end = at
        before = self.before + chunk[:start] if start < _BEFORE else chunk[start - _BEFORE : start]
        # Of a line without end the part around the needle: the time that a pattern takes stays bounded.
        part = chunk[start if hit - start < 3 * _SHOWN else hit - _SHOWN : min(end, hit + 3 * _SHOWN)]
        text = cleaned(part)
        alone = _judged(symptom, text, before)
        if (alone and not goes_on(text)) or end - start > 3 * _SHOWN:  # no terminal is that wide
            return (start, alone) if alone else None
        first, text = unbroken(chunk, start, end)
        if len(text) < 4 * _SHOWN and (whole := _judged(symptom, text, before)):
            return first, whole
        return (start, alone) if alone else None


def read(log: BinaryIO) -> Log:
    """Streams the log; raises OSError where it cannot be read."""
    reading, lines = _Reading(), 0
    for chunk in chunks(log):
        reading.chunk(chunk, lines)
        lines += chunk.count(b"\n") + (not chunk.endswith(b"\n"))
    given_up = dict.fromkeys(key for (key, _), count in reading.in_vain.items() if count >= TRIED)
    return Log(lines, tuple(reading.seen), tuple(given_up))


def _judged(symptom: Symptom, text: str, before: bytes) -> tuple[str, Mapping[str, str]] | None:
    match = None if symptom.unless and symptom.unless in text else re.search(symptom.pattern, text)
    if match is None:
        return None
    found = {name: value for name, value in match.groupdict().items() if value}
    if symptom.before and (named := list(re.finditer(symptom.before, before.decode(errors="replace")))):
        found |= named[-1].groupdict()
    return _shown(text, match.start(), match.end()), found


def _shown(text: str, start: int, end: int) -> str:
    """The line, or of a long one the part that says it."""
    first = max(0, min(start, end - _SHOWN)) if end > _SHOWN else 0
    return "…" * (first > 0) + text[first : first + _SHOWN] + "…" * (len(text) > first + _SHOWN)
