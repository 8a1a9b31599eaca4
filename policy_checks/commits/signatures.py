"""What a commit's signature covers: the raw object taken apart as git does before it verifies (commit.c).

The signature of a SHA-1 commit stands in `gpgsig`, that of a SHA-256 commit in `gpgsig-sha256`; each covers the object without
both headers.
"""

from policy_checks.record import record

SHA256_DIGITS = 64  # of a commit id


@record
class Signed:
    """A signature in its armor, and the bytes that it was made over."""

    armored: bytes
    payload: bytes


def signed(commit: str, data: bytes) -> Signed | None:
    """The signature of a raw commit object, given with its id; None where it carries none of its own kind."""
    header = b"gpgsig-sha256 " if len(commit) == SHA256_DIGITS else b"gpgsig "
    head, separator, message = data.partition(b"\n\n")
    armored, payload = bytearray(), bytearray()
    inside = other = False
    for line in _lines(head + separator[:1]):
        if inside and line.startswith(b" "):
            armored += line[1:]
        elif line.startswith(header):
            armored += line[len(header) :]
            inside, other = True, False
        else:
            inside = False
            other = line.startswith(b"gpgsig") or (other and line.startswith(b" "))
            if not other:
                payload += line
    return Signed(bytes(armored), bytes(payload + separator[1:] + message)) if armored else None


def _lines(text: bytes) -> list[bytes]:
    """Lines that end with a line feed, and with nothing else that may be taken for a line's end."""
    *lines, rest = text.split(b"\n")
    return [line + b"\n" for line in lines] + [rest] * bool(rest)
