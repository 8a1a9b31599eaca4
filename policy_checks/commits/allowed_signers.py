"""Who may sign with which SSH key: a file as ssh-keygen(1) describes it under ALLOWED SIGNERS, read as `ssh-keygen -Y verify` does."""

import re
import time
from calendar import timegm
from collections.abc import Iterator

from policy_checks.commits import ssh_keys
from policy_checks.commits.ssh_keys import Certificate, Key
from policy_checks.commits.ssh_wire import base64
from policy_checks.commits.verdict import Outcome, Verdict
from policy_checks.record import record

_SPACE = " \t\r\n"
_OPTION = re.compile(
    r'(?P<flag>cert-authority)|(?P<name>namespaces|valid-after|valid-before)="(?P<value>(?:\\"|\\(?!")|[^"\\])*)"', re.IGNORECASE
)
_OPTIONS = re.compile(r'(?:\\"|\\(?!")|"(?:\\"|\\(?!")|[^"\\])*"|[^"\\\s])+')
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z|UTC)?", re.IGNORECASE)
_MAX_PATTERN = 1024  # as OpenSSH


@record
class Voucher:
    """One line: the principals (patterns) that a key, or a certificate by an authority's key, may sign as."""

    line: int
    principals: str
    key: Key
    is_authority: bool
    namespaces: str | None
    valid_after: int  # seconds since 1970; 0: always
    valid_before: int  # 0: for ever

    def refusal(self, signer: Key, principal: str, when: int) -> Verdict | None:
        """Why this line does not vouch for a signer of its key at a time; None where it does."""
        if not matches(principal, self.principals):
            return Verdict(Outcome.UNTRUSTED, f"it is that of {self.principals}, not of {principal or 'nobody'}")
        if self.namespaces is not None and not matches("git", self.namespaces):
            return Verdict(Outcome.UNTRUSTED, f"it is for {self.namespaces}, not for git")
        if self.is_authority and signer.certificate and (refusal := _misuse(signer.certificate, principal, when)):
            return refusal
        if when < self.valid_after or (self.valid_before and when > self.valid_before):
            return Verdict(Outcome.EXPIRED, "it was not valid when the commit was made")
        return None

    def is_for(self, signer: Key) -> bool:
        """Whether it is the line of this very key (with its certificate), or of the authority that certified it."""
        if self.is_authority:
            return signer.certificate is not None and signer.certificate.authority.blob == self.key.blob
        return signer.whole == self.key.whole


@record
class AllowedSigners:
    """The lines of a file, and those that are not understood (number and reason), which vouch for nobody."""

    vouchers: tuple[Voucher, ...]
    faults: tuple[tuple[int, str], ...]

    def of(self, signer: Key) -> tuple[Voucher, ...]:
        """The lines about a key."""
        return tuple(voucher for voucher in self.vouchers if voucher.is_for(signer))


def parse(data: bytes) -> AllowedSigners:
    """The file's lines."""
    vouchers, faults = [], []
    for number, line in enumerate(data.decode(errors="surrogateescape").split("\n"), start=1):
        text = line.lstrip(_SPACE)
        if text and not text.startswith("#"):
            try:
                vouchers.append(_voucher(number, text))
            except ValueError as error:
                faults.append((number, str(error)))
    return AllowedSigners(tuple(vouchers), tuple(faults))


def matches(text: str, patterns: str) -> bool:
    """Whether comma-separated patterns (`*`, `?`, `!` for none of these) match a text, letter case kept."""
    found = False
    for pattern in patterns.split(","):
        if len(pattern) >= _MAX_PATTERN:
            return False
        if _like(text, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _like(text: str, pattern: str) -> bool:
    """Two pointers and one place to go back to: a hostile pattern takes no more than length times length steps."""
    at = place = back = 0
    star = -1
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, back = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            back += 1
            at, place = back, star + 1
        else:
            return False
    return not pattern[place:].strip("*")


def _misuse(certificate: Certificate, principal: str, when: int) -> Verdict | None:
    if not certificate.is_user:
        return Verdict(Outcome.UNTRUSTED, "its certificate is that of a host")
    if principal not in certificate.principals:
        people = ", ".join(certificate.principals) or "nobody"
        return Verdict(Outcome.UNTRUSTED, f"its certificate is that of {people}, not of {principal or 'nobody'}")
    if not certificate.valid_after <= when < certificate.valid_before:
        return Verdict(Outcome.EXPIRED, "its certificate was not valid when the commit was made")
    return None


def _voucher(number: int, text: str) -> Voucher:
    if "\0" in text:
        raise ValueError("a NUL byte")
    principals, rest = _principals(text)
    if (key := _key(rest)) is not None:
        return Voucher(number, principals, key, is_authority=False, namespaces=None, valid_after=0, valid_before=0)
    match = _OPTIONS.match(rest)
    if not match or (match.end() < len(rest) and rest[match.end()] not in " \t"):
        raise ValueError("options that do not end")
    key = _key(rest[match.end() :].lstrip(" \t"))
    if key is None:
        raise ValueError("no SSH public key, or one of a kind that is not verified here")
    options = dict(_options(match[0]))
    after, before = (_time(options[name]) if name in options else 0 for name in ("valid-after", "valid-before"))
    if after and before and before <= after:
        raise ValueError("`valid-before` is not after `valid-after`")
    return Voucher(number, principals, key, "cert-authority" in options, options.get("namespaces"), after, before)


def _principals(text: str) -> tuple[str, str]:
    """The first word, which may stand in quotes, and what follows it."""
    match = re.match(r'"(?P<quoted>[^"]*)"[ \t\r\n]*|(?P<plain>[^ \t\r\n"]+)[ \t\r\n]+', text)
    if not match:
        raise ValueError("not `PRINCIPALS [OPTIONS] KEY`")
    return match["plain"] or match["quoted"] or "", text[match.end() :]


def _options(text: str) -> Iterator[tuple[str, str]]:
    seen, at = set(), 0
    while True:
        # Nothing may stand between two commas, as in OpenSSH.
        if match := _OPTION.match(text, at):
            name = (match["name"] or match["flag"]).lower()
            if name in seen and not match["flag"]:
                raise ValueError(f"several `{name}`")
            seen.add(name)
            yield name, (match["value"] or "").replace('\\"', '"')
            at = match.end()
            if at == len(text):
                return
        if text[at] != "," or at + 1 == len(text):
            raise ValueError("an unknown option")
        at += 1


def _key(text: str) -> Key | None:
    words = re.split("[ \t]+", text, maxsplit=2)
    if len(words) < 2:
        return None
    try:
        blob = base64(words[1].encode("ascii"))
        found = ssh_keys.key(blob)
    except ValueError:  # Malformed, Unsupported, Refused
        return None
    return found if blob[4 : 4 + int.from_bytes(blob[:4])] == words[0].encode() else None


def _time(text: str) -> int:
    """Seconds since 1970; without `Z` by the clock of this machine, as ssh-keygen reads them."""
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no time: YYYYMMDD or YYYYMMDDHHMM[SS], with `Z` for UTC")
    *numbers, zone = match.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    try:
        time.strptime(f"{year:04} {month} {day} {hour} {minute} {min(second, 59)}", "%Y %m %d %H %M %S")
        parts = (year, month, day, hour, minute, second, 0, 0, 0)
        found = timegm(parts) if zone else int(time.mktime(parts))
    except (ValueError, OverflowError):
        found = 0
    if found <= 0:
        raise ValueError(f"{text!r} is no time")
    return found
