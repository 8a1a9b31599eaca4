"""How signatures of each kind are verified: SSH in process, OpenPGP and X.509 through GnuPG."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from policy_checks import gpg
from policy_checks.commits import openpgp, sshsig
from policy_checks.commits.commit import Commit, SignatureKind, printable
from policy_checks.commits.gnupg_status import judged
from policy_checks.commits.policy import SignatureLevel
from policy_checks.commits.signatures import Signed
from policy_checks.commits.ssh_keys import Refused, Unsupported
from policy_checks.commits.ssh_wire import Malformed
from policy_checks.commits.trust import Trust, Untold
from policy_checks.commits.verdict import GOOD, Outcome, Verdict
from policy_checks.record import record


@record(eq=False)
class Case:
    """One commit whose signature is to be verified."""

    commit: Commit
    signed: Signed


def _ssh(cases: Iterable[Case], trust: Trust) -> Iterator[tuple[Case, Verdict]]:
    for case in cases:
        try:
            yield case, _ssh_verdict(case, trust)
        except Untold as error:
            yield case, Verdict(Outcome.UNVERIFIED, str(error))


def _ssh_verdict(case: Case, trust: Trust) -> Verdict:
    """As `ssh-keygen -Y check-novalidate` (`valid`) or `-Y verify` for the committer's address and date (`trusted`)."""
    try:
        signer = sshsig.signer(case.signed.armored, case.signed.payload)
    except Unsupported as error:
        return Verdict(Outcome.UNVERIFIED, str(error))
    except (Refused, Malformed) as error:
        return Verdict(Outcome.BAD, str(error))
    if trust.revoked.revokes(signer):
        return Verdict(Outcome.REVOKED, f"key {signer.fingerprint} is revoked in {trust.policy.revoked_keys}")
    if trust.policy.signature is SignatureLevel.VALID:
        return GOOD
    path, signers, committer = trust.policy.allowed_signers, trust.signers, case.commit.committer
    refusals = []
    for voucher in signers.of(signer):
        if (refusal := voucher.refusal(signer, committer.email, committer.when)) is None:
            return GOOD
        refusals.append(Verdict(refusal.outcome, f"key {signer.fingerprint}: {printable(refusal.reason)} ({path}:{voucher.line})"))
    if refusals:
        # That it is the right key at the wrong time says more than that it is somebody else's as well.
        return min(refusals, key=lambda refusal: refusal.outcome is not Outcome.EXPIRED)
    unread = "".join(f"; line {number} is not understood: {printable(why)}" for number, why in signers.faults[:1])
    return Verdict(Outcome.UNTRUSTED, f"nobody vouches for key {signer.fingerprint} in {path}{unread}")


def _openpgp(cases: Iterable[Case], trust: Trust) -> Iterator[tuple[Case, Verdict]]:
    messages: dict[Case, bytes] = {}
    for case in cases:
        try:
            messages[case] = openpgp.message(case.signed.armored, case.signed.payload)
        except Malformed as error:
            yield case, Verdict(Outcome.BAD, str(error))
    if not messages:
        return
    path = trust.policy.openpgp_keys
    try:
        with gpg.OpenPGP(trust.openpgp) as home:
            known = home.known()
            for case, statuses in zip(messages, home.verify(list(messages.values())), strict=True):
                yield case, _held_to_committer(case, *judged(statuses, path, known.revoked), trust, path, known.addresses)
    except (Untold, gpg.GpgError) as error:
        for case in messages:
            yield case, Verdict(Outcome.UNVERIFIED, f"{path}: {error}" if path and isinstance(error, gpg.GpgError) else str(error))


def _x509(cases: Iterable[Case], trust: Trust) -> Iterator[tuple[Case, Verdict]]:
    path = trust.policy.x509_certificates
    try:
        with gpg.X509(trust.certificates) as home:
            for case in cases:
                statuses = home.verify(case.signed.armored, case.signed.payload)
                verdict, signer = judged(statuses, path)
                if verdict == GOOD and not any(status[0] in ("TRUST_FULLY", "TRUST_ULTIMATE") for status in statuses):
                    verdict = Verdict(Outcome.UNTRUSTED, f"no root in {path} vouches for certificate {signer}")
                    verdict = GOOD if trust.policy.signature is SignatureLevel.VALID else verdict
                yield case, _held_to_committer(case, verdict, signer, trust, path, home.known().addresses)
    except (Untold, gpg.GpgError) as error:
        for case in cases:
            yield case, Verdict(Outcome.UNVERIFIED, f"{path}: {error}" if path and isinstance(error, gpg.GpgError) else str(error))


def _held_to_committer(case: Case, verdict: Verdict, signer: str, trust: Trust, path: str, people: Mapping[str, frozenset[str]]) -> Verdict:
    """At `trusted` a good signature has to be that of the committer: one of the key's addresses is the commit's."""
    if verdict != GOOD or trust.policy.signature is not SignatureLevel.TRUSTED:
        return verdict
    committer = case.commit.committer.email.lower()
    known = people.get(signer, frozenset())
    if committer in known:
        return GOOD
    whose = ", ".join(sorted(known)) or "nobody"
    return Verdict(Outcome.UNTRUSTED, printable(f"key {signer} is that of {whose} in {path}, not of {committer or 'nobody'}"))


Verifier = Callable[[list[Case], Trust], Iterator[tuple[Case, Verdict]]]
VERIFIERS: dict[SignatureKind, Verifier] = {SignatureKind.SSH: _ssh, SignatureKind.OPENPGP: _openpgp, SignatureKind.X509: _x509}
