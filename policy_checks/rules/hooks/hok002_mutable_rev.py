"""A pre-commit hook at a revision that moves.

Why: pre-commit clones a hook once and keeps it by the text of `rev`. A branch there means that every machine runs whatever the branch
held on the day of its first run: two people, and CI, are judged by different code, and nobody can say by which.

Fix: write the tag of a release, or a commit; `pre-commit autoupdate` (with `--freeze` for commits) writes the newest.

References: guide section "Linting"; https://pre-commit.com/#using-the-latest-version-for-a-repository; https://pre-commit.com/#repos-rev
"""

import re
from collections.abc import Iterator

from policy_checks.readers.pre_commit_config import PRE_COMMIT_CONFIG, PreCommitConfig
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity

_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
_BRANCH = re.compile(r"(?:refs/heads|refs/remotes|heads|remotes|origin|upstream|feature|feat|fix|stable)/.|.*\.x$", re.IGNORECASE)
_HAS_NUMBER = re.compile(r"\d")


def check(config: PreCommitConfig, _options: NoOptions) -> Iterator[Problem]:
    """A problem for each revision that names neither a release nor a commit."""
    for repository in config.repositories:
        if repository.rev is not None and _moves(repository.rev.text):
            named = f"`{repository.rev.text}`" if repository.rev.text else "an empty `rev`"
            yield Problem(
                repository.rev.place,
                f"{named} is no fixed revision of {repository.url}: write the tag of a release or a commit"
                " (`pre-commit autoupdate --freeze` writes it)",
            )


def _moves(rev: str) -> bool:
    """A text with a number is taken for a tag, unless it is spelled as branches are: `refs/heads/…`, `2.x`."""
    if _COMMIT.fullmatch(rev):
        return False
    return not _HAS_NUMBER.search(rev) or _BRANCH.match(rev) is not None


def _config(*revisions: str) -> dict[str, str]:
    repositories = (f"- repo: https://git.example/a/b\n  rev: {rev}\n  hooks:\n  - id: c\n" for rev in revisions)
    return {".pre-commit-config.yaml": "repos:\n" + "".join(repositories)}


RULE = Rule(
    code="HOK002",
    name="mutable-rev",
    severity=Severity.WARNING,
    subject=PRE_COMMIT_CONFIG,
    check=check,
    examples=(
        Example("branches", _config("⟦main⟧", '"⟦HEAD⟧"', "'⟦stable⟧'  # the newest", "⟦release-train⟧"), message="is no fixed revision"),
        Example("branches with a number", _config("⟦2.x⟧", "⟦refs/heads/v1⟧", "⟦origin/v2⟧")),
        Example("no revision at all", _config("⟦''⟧"), message="an empty `rev`"),
        Example("tags", _config("v1.2.3", "1.0", "v4", "release-2024-01-01", "refs/tags/26.3.0:refs/tags/26.3.0", "v1.0.0-rc.1")),
        Example("commits", _config("39d9ac5938dadb73df0564a45f163e25ff9fa6e2  # frozen: v0.16.1", "39d9ac5")),
        Example(
            "hooks that are not cloned", {".pre-commit-config.yaml": "repos:\n- repo: local\n  hooks: []\n- repo: meta\n  hooks: []\n"}
        ),
        Example("actions are not asked", {".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n      - uses: a/b@main\n"}),
    ),
)
