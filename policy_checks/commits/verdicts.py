"""The verdicts on the signatures of a series, all found together when the first is asked for."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from policy_checks.commits.commit import Commit, SignatureKind
from policy_checks.commits.policy import CommitPolicy
from policy_checks.commits.verdict import GOOD, Outcome, Verdict
from policy_checks.workspace import Workspace

if TYPE_CHECKING:
    from policy_checks.commits.trust import Trust

_KINDS = (SignatureKind.SSH, SignatureKind.OPENPGP, SignatureKind.X509)
_FORGETTABLE = SignatureKind.X509  # whether a certificate is good depends on the day as well


class Verdicts:
    """The verdicts on a workspace's commits, found once while they are asked for by one policy."""

    def __init__(self, workspace: Workspace, commits: Mapping[str, Commit]) -> None:
        self._workspace = workspace
        self._commits = commits
        self._policy: CommitPolicy | None = None
        self._found: dict[str, Verdict] = {}

    def of(self, commit: Commit, policy: CommitPolicy) -> Verdict | None:
        """The verdict on a commit's signature; None where none is asked for, or there is nothing that could be verified."""
        if not policy.signature.verifies:
            return None
        if policy is not self._policy:
            wanted = {name: one for name, one in self._commits.items() if one.signature in _KINDS and not policy.is_history(one)}
            self._found = dict(_judged(self._workspace, wanted, policy)) if wanted else {}
            self._policy = policy
        return self._found.get(commit.file.path)


def _judged(workspace: Workspace, wanted: Mapping[str, Commit], policy: CommitPolicy) -> Iterator[tuple[str, Verdict]]:
    """Verdicts by commit id; those that are remembered first."""
    # What verifies is not loaded where it is enough that signatures are there.
    from policy_checks.commits import memory
    from policy_checks.commits.trust import Trust

    trust = Trust(workspace, policy)
    digest = trust.digest() if workspace.cache else ""
    good = memory.good(workspace.cache, digest) & wanted.keys() if workspace.cache else frozenset()
    yield from ((name, GOOD) for name in good)
    left = {name: commit for name, commit in wanted.items() if name not in good}
    if not left:
        return
    new = set()
    for name, verdict in _verified(workspace, left, trust):
        if verdict == GOOD and wanted[name].signature is not _FORGETTABLE:
            new.add(name)
        yield name, verdict
    if new and workspace.cache:
        memory.remember(workspace.cache, digest, new)


def _verified(workspace: Workspace, commits: Mapping[str, Commit], trust: "Trust") -> Iterator[tuple[str, Verdict]]:
    from policy_checks.commits.signatures import signed
    from policy_checks.commits.verifying import VERIFIERS, Case

    cases: dict[SignatureKind, list[Case]] = {}
    # A commit's own text may have been decoded: what was signed is the raw object.
    for file in workspace.commits:
        commit = commits.get(file.path)
        if commit is None or commit.signature is None:
            continue
        if found := signed(file.path, file.data):
            cases.setdefault(commit.signature, []).append(Case(commit, found))
        else:
            yield file.path, Verdict(Outcome.UNVERIFIED, "it covers the commit in the other object format, which is not here")
    for kind, several in cases.items():
        yield from ((case.commit.file.path, verdict) for case, verdict in VERIFIERS[kind](several, trust))
