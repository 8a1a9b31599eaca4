"""Sign-offs under the Developer Certificate of Origin (https://developercertificate.org, `git commit -s`).

Found both ways that are in use: as a trailer of the message's last block, as git does, and on any
line, as the DCO app does (its lib/dco.js). A squashed message holds its sign-offs in the middle,
and a `Signed-off-by` folded over two lines is no line of its own: either way alone would miss some.
"""

import re

from policy_checks.commits.commit import Identity, printable
from policy_checks.commits.trailers import trailers
from policy_checks.record import record
from policy_checks.source import Span

KEY = "Signed-off-by"
_BEGINS = re.compile(rf"^{KEY}", re.IGNORECASE | re.MULTILINE)
_LINE = re.compile(rf"^{KEY}: (?P<value>.*)$", re.IGNORECASE | re.MULTILINE)
# An address that mail could reach, as the DCO app asks of the author's: with a domain of at least two parts.
_REACHED = re.compile(r"[^@\s<>]+@[^@\s<>.]+(\.[^@\s<>.]+)+")


@record
class SignOff:
    """One sign-off and its place in the message; `email` is None when it is not `Name <address>`."""

    name: str
    email: str | None
    span: Span

    def __str__(self) -> str:
        """The value as written, made printable."""
        return printable(self.name if self.email is None else f"{self.name} <{self.email}>")

    def is_by(self, *people: Identity) -> bool:
        """Whether name and address are each that of one of the people, letter case aside.

        Each on its own, as the DCO app has it: a forge that commits in an author's name may keep
        the one and replace the other.
        """
        if self.email is None:
            return False
        names = {person.name.lower() for person in people}
        return self.name.lower() in names and self.email.lower() in {person.email.lower() for person in people}


def sign_offs(message: str) -> tuple[SignOff, ...]:
    """The sign-offs of a message, in their order."""
    if not _BEGINS.search(message):
        return ()
    found = {}
    for match in _LINE.finditer(message):
        if (value := match["value"].rstrip()).endswith(">") and " <" in value:
            found[match.start()] = _sign_off(value, Span(match.start(), match.start("value") + len(value)))
    for trailer in trailers(message):
        if trailer.key.lower() == KEY.lower():
            found.setdefault(trailer.span.start, _sign_off(trailer.value, trailer.span))
    return tuple(found[start] for start in sorted(found))


def is_reachable(address: str) -> bool:
    """Whether an address has the form of one that mail could reach."""
    return bool(_REACHED.fullmatch(address))


def line(person: Identity) -> str:
    """The line that a person adds to sign off."""
    return f"{KEY}: {person.name} <{person.email}>"


def _sign_off(value: str, span: Span) -> SignOff:
    name, opened, email = value.rpartition(" <")
    return SignOff(name, email[:-1], span) if opened and email.endswith(">") else SignOff(value, None, span)
