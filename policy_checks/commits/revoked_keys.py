"""SSH keys that are no longer believed: a key revocation list (OpenSSH's PROTOCOL.krl) or public keys, one a line.

What `ssh-keygen -Y verify -r` takes. A list that is not understood raises: a key that it was to revoke must not pass.
"""

import hashlib
from collections.abc import Iterator

from policy_checks.commits import ssh_keys
from policy_checks.commits.ssh_keys import Certificate, Key
from policy_checks.commits.ssh_wire import Malformed, Reader, base64
from policy_checks.record import record

_MAGIC = b"SSHKRL\n\0"
_CERTIFICATES, _EXPLICIT, _SHA1, _SIGNATURE, _SHA256 = 1, 2, 3, 4, 5
_SERIALS, _RANGE, _BITMAP, _KEY_IDS = 0x20, 0x21, 0x22, 0x23


@record
class RevokedCertificates:
    """Certificates of one authority (None: of any), by ranges of serial numbers and by key id."""

    authority: bytes | None
    serials: tuple[tuple[int, int], ...]
    key_ids: frozenset[str]

    def revokes(self, certificate: Certificate) -> bool:
        """Whether a certificate is one of them; the serial number 0 stands for none."""
        if self.authority not in (None, certificate.authority.blob):
            return False
        serial = certificate.serial
        return certificate.key_id in self.key_ids or (serial != 0 and any(low <= serial <= high for low, high in self.serials))


@record
class RevokedKeys:
    """Keys in their wire form, hashes of them, and certificates."""

    keys: frozenset[bytes] = frozenset()
    hashes: frozenset[bytes] = frozenset()  # SHA-1 and SHA-256 of a key in its wire form
    certificates: tuple[RevokedCertificates, ...] = ()

    def revokes(self, key: Key) -> bool:
        """Whether a key, its certificate, or the authority of that is revoked."""
        if key.blob in self.keys:
            return True
        sha1 = hashlib.sha1(key.blob, usedforsecurity=False)  # as a key revocation list names keys
        by_hash = (sha1.digest(), hashlib.sha256(key.blob).digest())
        if not self.hashes.isdisjoint(by_hash):
            return True
        certificate = key.certificate
        if certificate is None:
            return False
        return self.revokes(certificate.authority) or any(revoked.revokes(certificate) for revoked in self.certificates)


def parse(data: bytes) -> RevokedKeys:
    """The keys of a revocation file; raises Malformed (or Unsupported) for what is not understood."""
    if data.startswith(_MAGIC):
        return _krl(Reader(data[len(_MAGIC) :]))
    keys = set()
    for number, line in enumerate(data.split(b"\n"), start=1):
        text = line.strip(b" \t\r")
        if text and not text.startswith(b"#"):
            words = text.split(None, 2)
            try:
                keys.add(ssh_keys.key(base64(words[1])).blob)
            except (ValueError, IndexError):
                raise Malformed(f"line {number} is no SSH public key of a kind that is verified here") from None
    return RevokedKeys(frozenset(keys))


def _krl(reader: Reader) -> RevokedKeys:
    if reader.number(4) != 1:
        raise Malformed("a key revocation list of an unknown version")
    reader.take(3 * 8)  # its own version, date, flags
    reader.string()
    reader.string()
    keys: set[bytes] = set()
    hashes: set[bytes] = set()
    certificates: list[RevokedCertificates] = []
    while reader.left:
        kind, section = reader.number(1), Reader(reader.string())
        if kind == _CERTIFICATES:
            certificates.append(_certificates(section))
        elif kind == _EXPLICIT:
            keys.update(_strings(section))
        elif kind in (_SHA1, _SHA256):
            hashes.update(_strings(section))
        elif kind == _SIGNATURE:
            reader.string()  # of the list itself: what the repository holds needs no other proof
        else:
            raise Malformed(f"a key revocation list with an unknown section ({kind})")
    return RevokedKeys(frozenset(keys), frozenset(hashes), tuple(certificates))


def _strings(section: Reader) -> Iterator[bytes]:
    while section.left:
        yield section.string()


def _certificates(section: Reader) -> RevokedCertificates:
    authority, _reserved = section.string(), section.string()
    serials: list[tuple[int, int]] = []
    key_ids: set[str] = set()
    while section.left:
        kind, part = section.number(1), Reader(section.string())
        if kind == _SERIALS:
            while part.left:
                serials.append((serial := part.number(8), serial))
        elif kind == _RANGE:
            serials.append((part.number(8), part.number(8)))
        elif kind == _BITMAP:
            first, bits = part.number(8), part.integer()
            serials += [(first + bit, first + bit) for bit in range(bits.bit_length()) if bits >> bit & 1]
        elif kind == _KEY_IDS:
            while part.left:
                key_ids.add(part.text())
        else:
            raise Malformed(f"a key revocation list with an unknown kind of certificates ({kind:#x})")
        part.end()
    return RevokedCertificates(ssh_keys.key(authority).blob if authority else None, tuple(serials), frozenset(key_ids))
