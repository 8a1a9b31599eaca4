"""The registry of the images that CI built: on the host of a git remote, never with the remote's port.

Guide, "Option A": the host comes from the `gitlab` remote; "Common Pitfalls": a port in the registry's address ends in `access forbidden`.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from policy_checks.containers import image_reference
from policy_checks.failure import Failure

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HELPER = re.compile(r"[A-Za-z0-9]+::")  # `ext::program`, see gitremote-helpers(7)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")  # a path of Windows
# `[user@]host:path`, where nothing before the colon holds a slash; a host in brackets may have a port: `[git@host:22]:path`.
_SCP = re.compile(r"(?:[^:/]*@)?(?P<host>\[[^\]/]*\]|[^:/@\[\]]+):(?!:)")
_LOCAL = ("file",)


def host(url: str, remote: str) -> str:
    """The host of a remote in any form that git takes (git-clone(1), "GIT URLS"), without user and port; IPv6 in brackets.

    Raises Failure for a local path, for what git hands to a helper, and for a short name, which image tools take for a path on Docker
    Hub. It does not show the address, which may hold a token.
    """
    found = _written_host(url)
    if not found:
        raise Failure(f"the remote `{remote}` is at no address with a host: name the registry's with --registry HOST")
    reference = image_reference.parse(f"{found}/x")
    if reference is None or not reference.registry:
        told = f"the remote `{remote}` names the host {found!r}, which is no full host name, and would be looked for on Docker Hub"
        raise Failure(f"{told}: name the registry's with --registry HOST")
    return found


def _written_host(url: str) -> str:
    if scheme := _SCHEME.match(url):
        if scheme[0].lower().removesuffix("://") in _LOCAL:
            return ""
        try:
            return _bare(urlsplit(url).netloc)
        except ValueError:  # a bracket that is not closed
            return ""
    if _HELPER.match(url) or _DRIVE.match(url):
        return ""
    found = _SCP.match(url)
    if not found:
        return ""
    inner = found["host"]
    # git takes `[user@host:port]:path` as well as `[::1]:path`.
    if inner.startswith("[") and inner.count(":") < 2:
        return _bare(inner[1:-1])
    return f"[{inner[1:-1].rpartition('@')[2]}]" if inner.startswith("[") else inner


def _bare(authority: str) -> str:
    """`user:password@host:port` without all but the host."""
    name = authority.rpartition("@")[2]
    if name.startswith("["):
        return name[: name.find("]") + 1]
    return name.partition(":")[0]


def with_port(found: str, known: Sequence[str]) -> str:
    """The host, or `HOST:PORT` where the policy says that the port has to be written."""
    return next((one for one in known if one.rpartition(":")[0] == found), found)


def given_host(text: str) -> str:
    """A host that the user names. Raises Failure for one with a port and for what is none."""
    found = image_reference.parse(f"{text}/x")
    if found is None or found.path != "x" or not found.registry:
        raise Failure(f"--registry {text!r} is no host name such as gitlab.example")
    if found.port:
        raise Failure(
            f"--registry {text}: leave the port out (with one the registry answers `access forbidden`): --registry {found.registry}"
        )
    return found.registry
