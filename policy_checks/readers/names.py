"""Names of packages, extras and groups (PEP 503, PEP 508, PEP 735)."""

import re
from functools import cache

_SEPARATORS = re.compile(r"[-_.]+")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@cache
def normalized(name: str) -> str:
    """The one spelling under which a name is compared (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def is_name(text: str) -> bool:
    """Whether a text is a valid name of a package, an extra or a group."""
    return _NAME.fullmatch(text) is not None
