"""Text inside HTML and XML, neither of which can hold every character."""

from html import escape

from policy_checks.reporters import printable


def markup(text: str) -> str:
    """The text escaped, in ASCII: right whatever encoding the output is written in."""
    return escape(printable(text)).encode("ascii", "xmlcharrefreplace").decode()
