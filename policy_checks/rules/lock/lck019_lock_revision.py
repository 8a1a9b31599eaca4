"""uv.lock has a revision outside the policy, or one that the required uv cannot have written.

Why: each uv release writes one revision of the format and reads older ones; an older release rewrites a newer lock down,
without a word and in thousands of lines. A revision that the required uv does not write proves that the lock was made with
another one, and that the next `uv lock` of anybody else changes all of it.

Fix: run `uv lock` with the uv release that the repository requires. The bounds stand in `[tool.policy-checks.lock]`
(`revision-min`, `revision-max`); the required release in `required-version` of `[tool.uv]` or uv.toml, which counts as
soon as it has an upper bound. A revision that is older than what the required uv writes is no fault: uv leaves a lock
that is up to date as it is.

References: crate uv-lock, `REVISION`; https://docs.astral.sh/uv/reference/settings/#required-version
"""

import re
from collections.abc import Iterator

from policy_checks.lock import specifiers
from policy_checks.lock.integrity.surroundings import SURROUNDINGS, Surroundings
from policy_checks.lock.policy import LockPolicy
from policy_checks.lock.specifiers import InvalidSpecifier
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Span, Unreadable

# The first release that wrote each revision (measured, see the changelogs of uv); 4 was only ever written by a preview.
_SINCE = ((1, "0.6.0"), (2, "0.6.15"), (3, "0.8.4"), (4, "0.12.0"), (5, "0.13.0"))


@record
class Options:
    """What of the configuration this rule reads."""

    lock: LockPolicy = made(default_factory=LockPolicy)


def check(around: Surroundings, options: Options) -> Iterator[Problem]:
    """At most one problem about the policy, and one about the required uv."""
    lock, policy = around.lock, options.lock
    if policy.revision_max is not None and lock.revision > policy.revision_max:
        message = f"revision {lock.revision} of the lock format, the policy accepts up to {policy.revision_max}"
        yield Problem(_place(lock), f"{message}; run `uv lock` with {_before(policy.revision_max + 1)}")
    if policy.revision_min is not None and lock.revision < policy.revision_min:
        message = f"revision {lock.revision} of the lock format, the policy accepts {policy.revision_min} and newer"
        yield Problem(_place(lock), f"{message}; run `uv lock --upgrade-package` for one package with {_since(policy.revision_min)}")
    required = _required(around)
    if required is not None and (newest := _newest(required.text)) is not None and lock.revision > newest:
        message = (
            f"revision {lock.revision} of the lock format was not written by the uv that `required-version` asks for ({required.text})"
        )
        told = f"{message}: that writes {newest} at most, and rewrites the whole lock; run `uv lock` with the required release"
        yield Problem(_place(lock), told, related=(Related(required.place, "the required uv"),))


def _required(around: Surroundings) -> Text | None:
    table = around.settings.table if around.settings else None
    try:
        return None if table is None else table.text("required-version")
    except Unreadable:
        return None


def _newest(required: str) -> int | None:
    """The newest revision that some uv of a range writes; None where the range is open, or none."""
    from packaging.version import Version

    bare = required.strip()
    try:
        accepted = specifiers.accepted(f"=={bare}" if bare[:1].isdigit() else bare)
    except InvalidSpecifier:
        return None
    tops = [upper for _lower, upper in accepted.versions]
    if not tops or any(upper is None for upper in tops):
        return None
    reached = [revision for revision, since in _SINCE if any(upper is not None and upper > (Version(since), 0) for upper in tops)]
    return max(reached, default=0)


def _since(revision: int) -> str:
    since = dict(_SINCE).get(revision)
    return f"uv {since} or newer" if since else "a uv release that writes it"


def _before(revision: int) -> str:
    since = dict(_SINCE).get(revision)
    return f"a uv release before {since}" if since else "an older uv release"


def _place(lock: Lock) -> Place:
    """The line of the revision; that of the version where none is written."""
    found = re.search(r"^(?:revision|version) = \d+(?=\r?$)(?:\nrevision = \d+)?", lock.file.text, re.MULTILINE)
    if found is None:
        return lock.place(("revision" if lock.revision else "version",))
    start = found.start() + found[0].rfind("\n") + 1
    return Place(lock.file, Span(start, found.end()))


def _lock(revision: str) -> str:
    return f'version = 1\n{revision}requires-python = ">=3.12"\n'


def _project(required: str) -> str:
    return f'[project]\nname = "app"\nversion = "1"\n\n[tool.uv]\nrequired-version = "{required}"\n'


RULE = Rule(
    code="LCK019",
    name="lock-revision",
    severity=Severity.WARNING,
    subject=SURROUNDINGS,
    check=check,
    options=Options,
    examples=(
        Example("newer than the policy", {"uv.lock": _lock("⟦revision = 5⟧\n")}, options={"lock": {"revision-max": 2}}, message="a uv release before 0.8.4"),
        Example(
            "older than the policy", {"uv.lock": _lock("").replace("version = 1", "⟦version = 1⟧")}, options={"lock": {"revision-min": 2}}, message="uv 0.6.15 or newer"
        ),
        Example("not by the required uv", {"uv.lock": _lock("⟦revision = 3⟧\n"), "pyproject.toml": _project("==0.7.2")}, message="that writes 2 at most"),
        Example("not by any uv of a range", {"uv.lock": _lock("⟦revision = 5⟧\n"), "uv.toml": 'required-version = ">=0.9,<0.13"\n', "pyproject.toml": "[tool.uv]\n"}),
        Example("within the policy", {"uv.lock": _lock("revision = 3\n")}, options={"lock": {"revision-min": 2, "revision-max": 3}}),
        Example("by the required uv", {"uv.lock": _lock("revision = 2\n"), "pyproject.toml": _project("==0.7.2")}),
        Example("older than what the required uv writes", {"uv.lock": _lock("revision = 2\n"), "pyproject.toml": _project(">=0.13,<0.14")}),
        Example("an open range", {"uv.lock": _lock("revision = 5\n"), "pyproject.toml": _project(">=0.7.2")}),
        Example("nothing is required", {"uv.lock": _lock("revision = 5\n"), "pyproject.toml": '[project]\nname = "app"\nversion = "1"\n'}),
    ),
)  # fmt: skip
