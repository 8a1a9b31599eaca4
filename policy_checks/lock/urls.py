"""URLs in the one spelling that comparison needs: the WHATWG rules that uv's URL type applies when it reads them."""

import posixpath
import re
from urllib.parse import quote, unquote, urlsplit, urlunsplit

# Schemes whose host is a domain name and whose path starts with `/` (WHATWG: special schemes).
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}


class InvalidUrl(ValueError):
    """A text that is no absolute URL."""


def canonical(text: str, *, credentials: bool = False) -> str:
    """Scheme and host in lower case, no default port, no `.` or `..`, and no credentials unless wanted.

    The user of `ssh://git@host/…` is no credential. Raises InvalidUrl.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise InvalidUrl(f"not a URL: {error}") from None
    scheme = parts.scheme.lower()
    if not scheme or (not parts.netloc and scheme not in ("file", "git+file")):
        raise InvalidUrl("not an absolute URL")
    host = parts.hostname or ""
    if scheme not in _PORTS and scheme != "file":
        host = parts.netloc.rpartition("@")[2].removesuffix(f":{port}")
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    netloc = host if port is None or port == _PORTS.get(scheme) else f"{host}:{port}"
    user = parts.netloc.rpartition("@")[0]
    if user and (credentials or (user == "git" and scheme in ("ssh", "git+ssh", "git+https"))):
        netloc = f"{user}@{netloc}"
    path = _path(parts.path, absolute=scheme in _PORTS or scheme == "file")
    if scheme == "git+file":  # urlunsplit would drop the empty host of a scheme that it does not know
        return "git+" + canonical(text.strip().removeprefix("git+"))
    return urlunsplit((scheme, netloc, path, quote(parts.query, safe="%/:?@!$&'()*+,;=-._~[]|"), parts.fragment))


def without_credentials(url: str) -> str:
    """A URL of any form as a message may show it: without a password, and without the user of one over http."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    is_login = bool(separator and at) and (":" in user or scheme.removeprefix("git+") in ("http", "https")) and user != "git"
    return f"{scheme}{separator}{host}{slash}{path}" if is_login else url


def _path(path: str, *, absolute: bool) -> str:
    path = quote(path, safe="%/:@!$&'()*+,;=-._~[]|")
    if "/." in path:
        trailing = path.endswith(("/", "/.", "/.."))
        normal = posixpath.normpath(path)
        normal = "/" + normal.lstrip("/") if path.startswith("/") else normal
        path = normal + "/" if trailing and not normal.endswith("/") else normal
    return path or ("/" if absolute else "")


def is_url(text: str) -> bool:
    """Whether a text starts with a scheme that uv knows; otherwise it is a path."""
    scheme, separator, _rest = text.partition(":")
    return bool(separator) and (scheme in ("file", "http", "https") or scheme.startswith(("git+", "bzr+", "hg+", "svn+")))


def from_path(path: str) -> str:
    """The `file:` URL of an absolute path."""
    return "file://" + quote(path)


def to_path(url: str) -> str:
    """The absolute path of a `file:` URL."""
    return unquote(urlsplit(url).path)


_ARCHIVE = re.compile(r"[^/]\.(?:whl|zip|tgz|tbz|txz|tlz|tar|tar\.(?:gz|bz2|xz|lz|lzma|zst))\Z", re.DOTALL)


def is_archive(path: str) -> bool:
    """Whether a name ends as a wheel's or a source archive's does."""
    return _ARCHIVE.search(path) is not None


def check_reference(text: str) -> None:
    """Raises InvalidUrl for what uv does not accept behind the `@` of a requirement."""
    if not is_url(text):
        if not text.startswith("/"):
            raise InvalidUrl(f"a path has to be absolute here, or a source in `[tool.uv.sources]`: `{text}`")
        return
    bare = canonical(text).partition("#")[0].partition("?")[0]
    scheme, plus, transport = bare.partition(":")[0].partition("+")
    if plus and scheme != "git":
        raise InvalidUrl(f"uv supports no other version control than git: `{scheme}`")
    if plus or bare.endswith(".git"):
        if plus and transport not in ("http", "https", "ssh", "file"):
            raise InvalidUrl("a git URL is an https, ssh or file URL")
        if urlsplit(bare).path.count("@") > 1:
            raise InvalidUrl("the path of a git URL holds more than one `@`; write `%40` for one that belongs to the revision")
    elif scheme != "file" and not is_archive(bare):
        raise InvalidUrl("the URL names no wheel or source archive (`.whl`, `.tar.gz`, `.zip`), and has no `git+` before it")
