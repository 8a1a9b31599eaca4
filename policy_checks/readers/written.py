"""A text of any file and where it stands: what a setting says, in whichever notation."""

from policy_checks.record import record
from policy_checks.source import Place, Span


@record
class Written:
    """A text and its place, without the quotes around it wherever it is spelled plainly."""

    text: str
    place: Place

    def part(self, text: str) -> Place | None:
        """Where a part of the text stands; None when it is not spelled plainly, or more than once."""
        spelled = self.place.file.cut(self.place.span)
        if spelled.count(text) != 1:
            return None
        start = self.place.span.start + spelled.index(text)
        return Place(self.place.file, Span(start, start + len(text)))


def unquoted(place: Place) -> Place:
    """The inside of a string on one line; any other place as it is."""
    text = place.file.cut(place.span)
    if len(text) < 2 or text[0] != text[-1] or text[0] not in "\"'" or text[:3] in ('"""', "'''"):
        return place
    return Place(place.file, Span(place.span.start + 1, place.span.end - 1))
