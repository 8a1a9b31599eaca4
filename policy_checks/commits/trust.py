"""Which keys a repository believes: the files that its policy names, read from the tree under judgement.

Never the user's own keyring, and never git's gpg.ssh.allowedSignersFile: a verdict is the same for everybody.
"""

import hashlib
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from policy_checks.commits import allowed_signers, revoked_keys
from policy_checks.commits.allowed_signers import AllowedSigners
from policy_checks.commits.policy import CommitPolicy
from policy_checks.commits.revoked_keys import RevokedKeys
from policy_checks.source import Unreadable
from policy_checks.workspace import Workspace

T = TypeVar("T")


class Untold(ValueError):
    """A file of keys that is not there or not understood: what depends on it cannot be verified. The message says why."""


class Trust:
    """The files of a policy; each is read when the first signature needs it."""

    def __init__(self, workspace: Workspace, policy: CommitPolicy) -> None:
        self._workspace = workspace
        self.policy = policy

    @cached_property
    def signers(self) -> AllowedSigners:
        """Whose SSH keys are whose; raises Untold."""
        return self._parsed(self.policy.allowed_signers, "allowed-signers", allowed_signers.parse)

    @cached_property
    def revoked(self) -> RevokedKeys:
        """SSH keys that are no longer believed, none where no file is named; raises Untold."""
        if not self.policy.revoked_keys:
            return RevokedKeys()
        return self._parsed(self.policy.revoked_keys, "revoked-keys", revoked_keys.parse)

    @property
    def openpgp(self) -> bytes:
        """The OpenPGP keyring; raises Untold."""
        return self._parsed(self.policy.openpgp_keys, "openpgp-keys", bytes)

    @property
    def certificates(self) -> bytes:
        """The X.509 certificates; raises Untold."""
        return self._parsed(self.policy.x509_certificates, "x509-certificates", bytes)

    def digest(self) -> str:
        """Everything that a verdict depends on besides the commit, as a short text."""
        found = hashlib.blake2b(self.policy.signature.encode(), digest_size=20)
        for name in ("allowed_signers", "revoked_keys", "openpgp_keys", "x509_certificates"):
            path = getattr(self.policy, name)
            try:
                data = self._parsed(path, name, bytes) if path else b""
            except Untold as error:
                data = str(error).encode()
            found.update(f"\0{name}\0{path}\0{len(data)}\0".encode(errors="surrogateescape") + data)
        return found.hexdigest()

    def _parsed(self, path: str, key: str, parse: Callable[[bytes], T]) -> T:
        if not path:
            raise Untold(f"no keys are known to compare with: the policy has no `{key}`")
        try:
            file = self._workspace.get(path)
        except Unreadable as error:
            raise Untold(f"{path}: {error.message}") from None
        if file is None:
            raise Untold(f"`{key}` names {path}, which is no file of the repository")
        try:
            return parse(file.data)
        except ValueError as error:
            raise Untold(f"{path}: {error}") from None
