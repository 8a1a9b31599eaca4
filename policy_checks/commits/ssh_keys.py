"""SSH public keys and certificates in their wire form, and signatures made with them.

RFC 4253 section 6.6, RFC 5656, RFC 8332, RFC 8709; OpenSSH's PROTOCOL.u2f for keys on a token and PROTOCOL.certkeys for
certificates. `cryptography` does the mathematics. A SHA-1 signature (`ssh-rsa`) and DSA are refused.
"""

import hashlib
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from policy_checks.commits.ssh_wire import Malformed, Reader, string
from policy_checks.record import record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    PublicKey = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey

# Fields of each type of key in the wire form, after the type itself.
_FIELDS = {
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
_CERTIFIED = {f"{name.removesuffix('@openssh.com')}-cert-v01@openssh.com": name for name in _FIELDS}
_RSA_HASHES = {"rsa-sha2-256": "SHA256", "rsa-sha2-512": "SHA512"}
_ELLIPTIC_HASHES = {"256": "SHA256", "384": "SHA384", "521": "SHA512"}
_MIN_RSA_BITS = 1024  # as OpenSSH
_USER = 1


class Unsupported(ValueError):
    """A key or a signature of a kind that is not verified here; the message says which."""


class Refused(ValueError):
    """A signature that does not fit its key and text; the message says why."""


@record
class Certificate:
    """What a certificate says of its key: who may use it when (seconds since 1970), and which authority says so."""

    serial: int
    is_user: bool
    key_id: str
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int
    authority: "Key"


@record
class Key:
    """A public key: its type, its fields, its wire form `blob` without a certificate, and as it was given (`whole`)."""

    type: str
    fields: tuple[bytes, ...]
    blob: bytes
    whole: bytes
    certificate: Certificate | None = None

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it."""
        return "SHA256:" + b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


@lru_cache(maxsize=1024)  # a series is signed with few keys
def key(blob: bytes) -> Key:
    """The key or certificate of a wire form; raises Malformed or Unsupported, Refused for a certificate that nobody issued."""
    reader = Reader(blob)
    name = reader.text()
    plain = _CERTIFIED.get(name, name)
    if plain not in _FIELDS:
        raise Unsupported(f"keys of type {name!r} are not verified here")
    if plain != name:
        reader.string()  # the nonce
    fields = tuple(reader.string() for _ in range(_FIELDS[plain]))
    certificate = _certificate(reader, blob) if plain != name else None
    reader.end()
    found = Key(plain, fields, string(plain.encode()) + b"".join(map(string, fields)), blob, certificate)
    _public(found)
    return found


def _certificate(reader: Reader, blob: bytes) -> Certificate:
    serial, kind, key_id = reader.number(8), reader.number(4), reader.text()
    names = Reader(reader.string())
    principals = []
    while names.left:
        principals.append(names.text())
    valid_after, valid_before = reader.number(8), reader.number(8)
    for _options in ("critical", "extensions", "reserved"):
        reader.string()
    authority = key(reader.string())
    if authority.certificate is not None:
        raise Malformed("the authority of a certificate is itself a certificate")
    covered = blob[: len(blob) - reader.left]
    verify(authority, reader.string(), covered)
    if kind not in (_USER, 2):
        raise Malformed("a certificate that is of neither a user nor a host")
    return Certificate(serial, kind == _USER, key_id, tuple(principals), valid_after, valid_before, authority)


def verify(signer: Key, signature: bytes, message: bytes) -> None:
    """Raises Refused, Malformed or Unsupported unless the signature (wire form) is that of the message by the key."""
    from cryptography.exceptions import InvalidSignature

    reader = Reader(signature)
    algorithm, value = reader.text(), reader.string()
    if algorithm not in (_RSA_HASHES if signer.type == "ssh-rsa" else (signer.type,)):
        raise Unsupported(f"signatures of type {algorithm!r} by a key of type {signer.type!r} are not verified here")
    if signer.type.startswith("sk-"):
        # What the token signs: the application, its flags and counter, and what it was given.
        state = reader.take(5)
        message = hashlib.sha256(signer.fields[-1]).digest() + state + hashlib.sha256(message).digest()
    reader.end()
    try:
        _verify(signer, algorithm, value, message)
    except InvalidSignature:
        raise Refused("the signature is not that of the commit by the key it names") from None


def _verify(signer: Key, algorithm: str, value: bytes, message: bytes) -> None:
    public: Any = _public(signer)
    if "ed25519" in signer.type:
        public.verify(value, message)
        return
    from cryptography.hazmat.primitives import hashes

    if signer.type == "ssh-rsa":
        from cryptography.hazmat.primitives.asymmetric import padding

        size = (public.key_size + 7) // 8
        if len(value) > size:
            raise Malformed("an RSA signature longer than its key")
        # OpenSSH fills up a signature whose leading zeros were left out.
        public.verify(value.rjust(size, b"\0"), message, padding.PKCS1v15(), getattr(hashes, _RSA_HASHES[algorithm])())
    else:
        from cryptography.hazmat.primitives.asymmetric import ec, utils

        numbers = Reader(value)
        encoded = utils.encode_dss_signature(numbers.integer(), numbers.integer())
        numbers.end()
        public.verify(encoded, message, ec.ECDSA(getattr(hashes, _ELLIPTIC_HASHES[signer.type.removesuffix("@openssh.com")[-3:]])()))


@lru_cache(maxsize=1024)
def _public(signer: Key) -> "PublicKey":
    """The key as `cryptography` has it; raises Malformed for what is none."""
    try:
        if "ed25519" in signer.type:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

            return Ed25519PublicKey.from_public_bytes(signer.fields[0])
        if signer.type == "ssh-rsa":
            return _rsa(signer)
        return _elliptic(signer)
    except ValueError as error:
        raise Malformed(f"not a key of type {signer.type}: {error}") from None


def _rsa(signer: Key) -> "RSAPublicKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    exponent, modulus = (Reader(string(value)).integer() for value in signer.fields)
    if modulus.bit_length() < _MIN_RSA_BITS:
        raise ValueError(f"{modulus.bit_length()} bits, fewer than {_MIN_RSA_BITS}")
    return RSAPublicNumbers(exponent, modulus).public_key()


def _elliptic(signer: Key) -> "EllipticCurvePublicKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    curve, point = signer.fields[0].decode("ascii"), signer.fields[1]
    if not signer.type.removesuffix("@openssh.com").endswith(f"-{curve}"):
        raise ValueError(f"its curve is {curve}")
    if not point.startswith(b"\x04"):
        raise ValueError("a compressed point")
    curves: dict[str, type[ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1]] = {
        "nistp256": ec.SECP256R1,
        "nistp384": ec.SECP384R1,
        "nistp521": ec.SECP521R1,
    }
    return ec.EllipticCurvePublicKey.from_encoded_point(curves[curve](), point)
