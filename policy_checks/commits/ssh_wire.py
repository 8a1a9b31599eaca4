"""The data types of the SSH protocol (RFC 4251 section 5), read from bytes."""

from base64 import b64decode, b64encode

_MAX_INTEGER = 16384 // 8  # bytes, as OpenSSH (SSHBUF_MAX_BIGNUM)


class Malformed(ValueError):
    """Bytes that are not what they should be; the message says what."""


class Reader:
    """Reads one value after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes were not read yet."""
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        """So many bytes."""
        if size > self.left:
            raise Malformed("cut short")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int) -> int:
        """A number of so many bytes."""
        return int.from_bytes(self.take(size))

    def string(self) -> bytes:
        """Bytes that their length stands before."""
        return self.take(self.number(4))

    def text(self) -> str:
        """A string that is a name; no NUL, as in C."""
        found = self.string()
        if b"\0" in found:
            raise Malformed("NUL in a name")
        return found.decode(errors="surrogateescape")

    def integer(self) -> int:
        """An integer that is not negative (`mpint`)."""
        found = self.string()
        if found[:1] > b"\x7f" or len(found.lstrip(b"\0")) > _MAX_INTEGER:
            raise Malformed("a negative or overlong number")
        return int.from_bytes(found)

    def end(self) -> None:
        """Raises Malformed when something is left."""
        if self.left:
            raise Malformed("more bytes than there should be")


def string(data: bytes) -> bytes:
    """Bytes with their length before them."""
    return len(data).to_bytes(4) + data


def base64(text: bytes) -> bytes:
    """What a base64 text stands for, white space aside; raises Malformed unless it is spelled the one right way."""
    packed = b"".join(text.split())
    try:
        found = b64decode(packed, validate=True)
    except ValueError:
        raise Malformed("not base64") from None
    if b64encode(found) != packed:
        raise Malformed("not base64 as it is written")
    return found
