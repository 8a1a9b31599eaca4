"""What gpg's status lines say of one signature (GnuPG's doc/DETAILS), read strictly: what is not understood is not believed."""

from collections.abc import Iterable

from policy_checks.commits.verdict import Outcome, Verdict

_RESULTS = {"GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG"}
_NO_PUBLIC_KEY = "9"


def judged(statuses: Iterable[tuple[str, ...]], keys: str, revoked: frozenset[str] = frozenset()) -> tuple[Verdict, str]:
    """The verdict on a signature, and the fingerprint of the key (of its primary key) that made it, where it is known.

    `keys` is the name of the file that the keys come from, `revoked` are fingerprints of those that it revokes.
    """
    said = [status for status in statuses if status]
    results = [status for status in said if status[0] in _RESULTS]
    if not results:
        return Verdict(Outcome.BAD, "gpg finds no signature in it"), ""
    if len(results) > 1:
        return Verdict(Outcome.BAD, "it holds several signatures"), ""
    result, key = results[0][0], results[0][1] if len(results[0]) > 1 else ""
    if result == "BADSIG":
        return Verdict(Outcome.BAD, f"it is not that of this commit by key {key}"), ""
    if result == "ERRSIG":
        return _not_checked(results[0], key, keys), ""
    valid = [status for status in said if status[0] == "VALIDSIG"]
    if len(valid) != 1 or len(valid[0]) < 4:
        return Verdict(Outcome.UNVERIFIED, "gpg does not say when and by which key it was made"), ""
    # gpgsm names no primary key: there the certificate itself is one.
    signer = valid[0][10] if len(valid[0]) > 10 else valid[0][1]
    if len(valid[0]) > 9 and valid[0][9] not in ("00", "01"):
        return Verdict(Outcome.BAD, "it is no signature of a text"), ""
    # Of a key that is both, gpg's status only says that it has expired.
    if result == "REVKEYSIG" or not revoked.isdisjoint({signer, valid[0][1]}):
        return Verdict(Outcome.REVOKED, f"key {signer} is revoked"), signer
    if result == "EXPSIG":
        return Verdict(Outcome.EXPIRED, f"the signature by key {signer} has itself expired"), signer
    if result == "EXPKEYSIG" and not _made_before_expiry(said, valid[0][3]):
        return Verdict(Outcome.EXPIRED, f"key {signer} had expired when the signature was made"), signer
    return Verdict(Outcome.GOOD), signer


def _not_checked(result: tuple[str, ...], key: str, keys: str) -> Verdict:
    reason = result[6] if len(result) > 6 else ""
    if reason == _NO_PUBLIC_KEY:
        signer = result[7] if len(result) > 7 and result[7] not in ("-", "") else key
        return Verdict(Outcome.UNVERIFIED, f"key {signer} is not in {keys}")
    return Verdict(Outcome.UNVERIFIED, f"gpg cannot check a signature of this kind (key {key}, error {reason or 'unknown'})")


def _made_before_expiry(said: Iterable[tuple[str, ...]], made: str) -> bool:
    """Whether a key that has expired by today had not yet when it signed: what was right then stays right."""
    expired = [status[1] for status in said if status[0] == "KEYEXPIRED" and len(status) > 1]
    return bool(expired) and all(when.isdecimal() and made.isdecimal() and int(made) < int(when) for when in expired)
