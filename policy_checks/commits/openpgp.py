"""OpenPGP signatures taken out of their armor and put before what they sign, so that one gpg verifies many (RFC 4880, RFC 9580).

gpg verifies one detached signature a process, but any number of signed messages: a signature packet followed by the literal data it
covers is one (RFC 4880 section 11.3). The packet is written anew: nothing but a signature gets to gpg, and never data of its own.
"""

import re

from policy_checks.commits.ssh_wire import Malformed, base64

_ARMOR = re.compile(
    rb"-----BEGIN PGP (?P<kind>SIGNATURE|MESSAGE)-----[ \t\r]*\n"
    rb"(?:[A-Za-z][^\n:]*: ?[^\n]*\n)*[ \t\r]*\n"
    rb"(?P<body>[A-Za-z0-9+/=\s]*?)"
    rb"(?:^=[A-Za-z0-9+/]{4}[ \t\r]*\n)?"  # a checksum, which proves nothing (RFC 9580 section 6.1)
    rb"-----END PGP (?P=kind)-----\s*",
    re.MULTILINE,
)
_SIGNATURE, _LITERAL = 2, 11


def message(armored: bytes, payload: bytes) -> bytes:
    """The signed message of a detached signature; raises Malformed unless that is one signature and nothing else."""
    match = _ARMOR.fullmatch(armored)
    if not match:
        raise Malformed("no OpenPGP signature in the armor that git writes")
    packets = base64(match["body"])
    return _packet(_SIGNATURE, _only_signature(packets)) + _packet(_LITERAL, b"b\0" + bytes(4) + payload)


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4) + body


def _only_signature(packets: bytes) -> bytes:
    """The body of the one packet there is (RFC 4880 section 4.2); its length is told before it and not in parts."""
    first = packets[0] if packets else 0
    if first & 0xC0 == 0xC0:
        tag, start, length = first & 0x3F, *_new_length(packets)
    else:
        size = 1 << (first & 3)
        tag, start, length = first >> 2 & 0xF, 1 + size, int.from_bytes(packets[1 : 1 + size])
        if not first & 0x80 or first & 3 == 3:
            raise Malformed("no OpenPGP packet of a known length")
    if tag != _SIGNATURE:
        raise Malformed("the OpenPGP packet in the commit is no signature")
    if start + length != len(packets):
        raise Malformed("not one OpenPGP signature alone: it is cut short, or something follows it")
    return packets[start:]


def _new_length(packets: bytes) -> tuple[int, int]:
    """Where the body begins, and its length."""
    one = packets[1] if len(packets) > 1 else 0
    if one < 192:
        return 2, one
    if one < 224:
        return 3, (one - 192 << 8) + (packets[2] if len(packets) > 2 else 0) + 192
    if one == 255:
        return 6, int.from_bytes(packets[2:6])
    raise Malformed("an OpenPGP packet in parts")
