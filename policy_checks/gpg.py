"""The only place that runs gpg and gpgsm: in a home of its own that holds the given keys and ends with its owner.

The user's keyring, configuration, agent and trust are never read: what is believed is what was imported here.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from policy_checks.failure import Failure
from policy_checks.record import record

Status = tuple[str, ...]  # a line of --status-fd (GnuPG's doc/DETAILS) without its mark: keyword and arguments

_BATCH = 100  # messages one process verifies
_SECONDS = 300  # for one process: a key or a signature may be made to take long
# No prompt, no agent, no network, no trust database; a bad signature ends a process of `--batch`, so that is not given.
_GPG = ("gpg", "--no-options", "--no-tty", "--no-autostart", "--no-auto-check-trustdb", "--trust-model", "always",
        "--no-auto-key-retrieve", "--status-fd", "1")  # fmt: skip
_GPGSM = ("gpgsm", "--no-options", "--batch", "--disable-dirmngr", "--disable-crl-checks", "--status-fd", "1")


@record
class Known:
    """What a keyring says: the mail addresses of each key, in lower case, by its fingerprint, and the keys (and subkeys) it revokes."""

    addresses: Mapping[str, frozenset[str]]
    revoked: frozenset[str]


class GpgError(Failure):
    """gpg or gpgsm is not there, or does not do what it must; the message says which."""


class Home:
    """A temporary home of GnuPG; `with` it."""

    def __init__(self, program: str) -> None:
        if not shutil.which(program):
            raise GpgError(f"{program} is not installed or not on PATH")
        self._program = program

    def __enter__(self) -> Self:
        # Of mode 700. Its path stays short: gpgsm talks to its agent through a socket in it.
        self._folder = Path(tempfile.mkdtemp(prefix="pc-"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._program == "gpgsm":
            self._run(["gpgconf", "--kill", "all"])
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, command: Sequence[str]) -> bytes:
        environment = os.environ | {"GNUPGHOME": os.fspath(self._folder), "LC_ALL": "C"}
        try:
            done = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                timeout=_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise GpgError(f"{command[0]} took more than {_SECONDS} s") from None
        except OSError as error:
            raise GpgError(f"{command[0]} cannot be run: {error.strerror or error}") from None
        return done.stdout

    def _file(self, name: str, data: bytes) -> str:
        path = self._folder / name
        path.write_bytes(data)
        return os.fspath(path)


class OpenPGP(Home):
    """gpg with a keyring."""

    def __init__(self, keyring: bytes) -> None:
        super().__init__("gpg")
        self._keyring = keyring

    def __enter__(self) -> Self:
        super().__enter__()
        said = _statuses(self._run([*_GPG, "--import", self._file("keys", self._keyring)]))
        if not any(status[0] == "IMPORT_OK" for status in said):
            self.__exit__(None, None, None)
            raise GpgError("it holds no OpenPGP key that gpg can import")
        return self

    def verify(self, messages: Sequence[bytes]) -> list[tuple[Status, ...]]:
        """What gpg says of each signed message (a signature packet and its literal data), several processes at a time."""
        from concurrent.futures import ThreadPoolExecutor

        workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        size = max(1, min(_BATCH, -(-len(messages) // workers)))
        parts = [range(start, min(start + size, len(messages))) for start in range(0, len(messages), size)]
        with ThreadPoolExecutor(workers) as pool:
            judged = pool.map(lambda part: self._verify(part, messages), parts)
            return [statuses for part in judged for statuses in part]

    def _verify(self, part: range, messages: Sequence[bytes]) -> list[tuple[Status, ...]]:
        names = [self._file(f"message-{index}", messages[index]) for index in part]
        found: list[tuple[Status, ...]] = []
        while len(found) < len(names):
            said = _statuses(self._run([*_GPG, "--verify-files", *names[len(found) :]]))
            judged = _by_file(said, names[len(found) :])
            found += judged or [()]  # where it stopped on the very first nothing is known of that one
        for name in names:
            os.unlink(name)
        return found

    def known(self) -> Known:
        """What the keyring says of its keys."""
        return _known(self._run([*_GPG[:-2], "--with-colons", "--list-keys"]))


class X509(Home):
    """gpgsm with certificates, each of which may be a root."""

    def __init__(self, certificates: bytes) -> None:
        super().__init__("gpgsm")
        self._certificates = certificates
        self._certified = Known({}, frozenset())

    def __enter__(self) -> Self:
        super().__enter__()
        self._run([*_GPGSM, "--import", self._file("certificates", self._certificates)])
        self._certified = _known(self._run([*_GPGSM[:-2], "--with-colons", "--list-keys"]))
        if not self._certified.addresses:
            self.__exit__(None, None, None)
            raise GpgError("it holds no certificate that gpgsm can import")
        self._file("trustlist.txt", "".join(f"{fingerprint} S relax\n" for fingerprint in self._certified.addresses).encode())
        return self

    def verify(self, signature: bytes, payload: bytes) -> tuple[Status, ...]:
        """What gpgsm says of a detached signature."""
        return tuple(_statuses(self._run([*_GPGSM, "--verify", self._file("signature", signature), self._file("payload", payload)])))

    def known(self) -> Known:
        """What the certificates say of themselves."""
        return self._certified


def _statuses(output: bytes) -> list[Status]:
    lines = output.decode(errors="replace").split("\n")
    return [tuple(line.split(" ")[1:]) for line in lines if line.startswith("[GNUPG:] ")]


def _by_file(said: Iterable[Status], names: Sequence[str]) -> list[tuple[Status, ...]]:
    """The lines about each file, in their order, up to the first file that gpg did not come to the end of."""
    found: list[tuple[Status, ...]] = []
    current: list[Status] = []
    for status in said:
        if status[0] == "FILE_START":
            current = []
            if len(found) == len(names) or status[-1] != names[len(found)]:
                break
        elif status[0] == "FILE_DONE":
            found.append(tuple(current))
        else:
            current.append(status)
    return found


def _known(listing: bytes) -> Known:
    """From a listing with colons (doc/DETAILS): the fingerprint of a key stands below it, and its user ids below that."""
    addresses: dict[str, frozenset[str]] = {}
    revoked: set[str] = set()
    key, above = "", ["", ""]
    for line in listing.decode(errors="replace").split("\n"):
        fields = line.split(":")
        if fields[0] in ("pub", "crt", "sub"):
            above = fields
        elif fields[0] == "fpr" and len(fields) > 9:
            if above[1] == "r":
                revoked.add(fields[9])
            if above[0] != "sub":
                key = fields[9]
                addresses[key] = frozenset()
        elif fields[0] == "uid" and key and len(fields) > 9 and fields[1] != "r":
            text = fields[9].replace("\\x3a", ":").strip()
            address = text[text.rindex("<") + 1 : -1] if text.endswith(">") and "<" in text else text
            addresses[key] |= {address.lower()}
    return Known(addresses, frozenset(revoked))
