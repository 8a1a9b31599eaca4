"""SSH signatures of texts (OpenSSH's PROTOCOL.sshsig), verified in process as `ssh-keygen -Y check-novalidate` does."""

import hashlib

from policy_checks.commits import ssh_keys
from policy_checks.commits.ssh_keys import Key, Refused, Unsupported
from policy_checks.commits.ssh_wire import Malformed, Reader, base64, string

NAMESPACE = "git"
_MAGIC = b"SSHSIG"
_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----\n", b"\n-----END SSH SIGNATURE-----"


def signer(armored: bytes, payload: bytes, namespace: str = NAMESPACE) -> Key:
    """The key (or certificate) that signed a text in a namespace.

    Raises Refused where it did not, Malformed for what is no signature, Unsupported for a kind that is not verified here.
    """
    reader = Reader(_dearmored(armored))
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise Malformed("no SSH signature: the magic bytes are not there")
    if (version := reader.number(4)) > 1:
        raise Unsupported(f"SSH signatures of version {version} are not verified here")
    blob, named, _reserved, algorithm, signature = (reader.string() for _ in range(5))
    reader.end()
    if named != namespace.encode():
        raise Refused(f"the signature was made for {named.decode(errors='replace')!r}, not for {namespace!r}")
    if algorithm not in (b"sha256", b"sha512"):
        raise Unsupported(f"signatures over {algorithm.decode(errors='replace')!r} are not verified here")
    digest = hashlib.new(algorithm.decode(), payload).digest()
    found = ssh_keys.key(blob)
    ssh_keys.verify(found, signature, _MAGIC + string(named) + string(b"") + string(algorithm) + string(digest))
    return found


def _dearmored(armored: bytes) -> bytes:
    """The bytes of an armored signature; what follows its last line is not read, as in OpenSSH."""
    if not armored.startswith(_BEGIN):
        raise Malformed("no SSH signature: its first line is another")
    body, end, _rest = armored[len(_BEGIN) :].partition(_END)
    if not end:
        raise Malformed("an SSH signature without its last line")
    return base64(body)
