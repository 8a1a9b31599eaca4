"""Where a git URL leads, in any of its forms, and whether a policy allows it: `host`, `host/organisation`, `host/organisation/repository`."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import unquote

from policy_checks.record import record

# `user@host:path`, as scp writes it; one letter before the colon is a drive of Windows.
_SCP = re.compile(r"(?:([^@/\s]+)@)?(\[[^\]]+\]|[\w.-]{2,}):(?!//)(.*)", re.DOTALL)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:([^/?#]*)@)?([^/@?#]*)([^?#]*)", re.DOTALL)
# What a reader of URLs and git could take for different hosts.
_AMBIGUOUS = re.compile(r"[\\\s%\x00-\x1f]")
_TOKEN = re.compile(r"(?=.*\d)[\w-]{20,}")


@record
class Location:
    """A repository: scheme, user and password as written, the host in lower case without and with its port, and the parts of the path."""

    scheme: str
    login: str
    host: str
    authority: str
    path: tuple[str, ...]

    @property
    def is_local(self) -> bool:
        """Whether it is no other machine's."""
        return not self.host

    @property
    def is_unknown(self) -> bool:
        """Whether a variable names the host."""
        return "$" in self.authority or "{" in self.authority

    @property
    def secret(self) -> str:
        """The credentials that are written in the URL, empty without any: a variable is none, nor is a user's plain name."""
        user, colon, password = self.login.partition(":")
        if colon and password:
            return "" if re.fullmatch(r"\$.*|\*+|.*[{<].*", password) else self.login
        return user if self.scheme in ("http", "https") and _TOKEN.fullmatch(user) else ""

    def __str__(self) -> str:
        return "/".join((self.authority, *self.path))


def locate(url: str) -> Location:
    """Where a URL leads; a path or a `file:` URL leads to no host."""
    plain = url.removeprefix("git+")
    found = _URL.match(plain)
    if found is not None:
        scheme, login, authority, path = found[1].lower(), found[2] or "", found[3].lower(), found[4]
    elif (scp := _SCP.fullmatch(plain.partition("#")[0])) is not None:
        scheme, login, authority, path = "ssh", scp[1] or "", scp[2].lower(), scp[3]
    else:
        return Location("file", "", "", "", _parts(plain))
    if scheme == "file":
        return Location(scheme, "", "", "", _parts(path))
    host = re.sub(r":\d*$", "", authority).rstrip(".")
    return Location(scheme, login, host, authority, _parts(path))


def _parts(path: str) -> tuple[str, ...]:
    """The parts of a path, without `.git` and an `@ref` behind the last one."""
    parts = [part for part in unquote(path).split("/") if part not in ("", ".")]
    if parts:
        parts[-1] = parts[-1].removesuffix(".git")
    return tuple(parts)


def is_allowed(location: Location, url: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns covers a repository; a URL that two readers could understand differently is covered by none."""
    if _AMBIGUOUS.search(url) or ".." in location.path:
        return False
    return any(_covers(pattern, location) for pattern in patterns)


def _covers(pattern: str, location: Location) -> bool:
    """Each part of a pattern is a glob for one part; what lies below it is covered. Forges do not tell upper from lower case."""
    host, *wanted = re.sub(r"^[a-z+]+://", "", pattern.strip().lower()).rstrip("/").removesuffix(".git").split("/")
    if wanted and wanted[-1] == "**":
        wanted.pop()
    if len(wanted) > len(location.path) or not fnmatchcase(location.authority if ":" in host else location.host, host):
        return False
    # A part that a variable names may be the right one.
    return all("$" in part or fnmatchcase(part.lower(), glob) for part, glob in zip(location.path, wanted, strict=False))
