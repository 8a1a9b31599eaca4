"""`policy-checks commits message FILE`: the commit-msg hook, the last moment at which a sign-off costs nothing."""

import os
import shlex
from pathlib import Path

from policy_checks import git, git_objects
from policy_checks.commits import commit, message, sign_off
from policy_checks.commits.series import Member
from policy_checks.config import Config
from policy_checks.failure import Failure
from policy_checks.rules.commits import cmt002_missing_signoff as missing, cmt009_signoff_mismatch as mismatch
from policy_checks.rules.commits.signed import Options
from policy_checks.source import SourceFile
from policy_checks.workspace import Disk, Workspace, own_files


def judge(root: Path, settings: Config, file: Path, *, mend: bool) -> int:
    """Asks for the sign-off, or adds the committer's to mend it; 1 refuses the commit."""
    options = settings.options(Options)
    committer = _person(root, "GIT_COMMITTER_IDENT")
    made = _being_made(root, file, committer)
    names = Workspace(own_files(root, [".mailmap"] * options.commits.mailmap), Disk(root)).get(".mailmap")
    member = Member(made, None, mailmap=names)
    problems = [(missing.RULE, problem) for problem in missing.check(member, options)]
    problems += [(mismatch.RULE, problem) for problem in mismatch.check(member, options)]
    if not problems or (options.commits.exempt_merges and _is_merge(root, made.author)):
        return 0
    if mend:
        _write(file, git.with_trailer(root, file.absolute(), sign_off.line(committer)))
        print(f"policy-checks: added `{commit.printable(sign_off.line(committer))}`")
        return 0
    for rule, problem in problems:
        row, column = problem.place.file.location(problem.place.span.start)
        print(f"{problem.place.file.path}:{row}:{column}: {rule.code} {rule.name}: {problem.message}")
    again = shlex.join(["git", "commit", "-s", "-e", "-F", os.fspath(file)])
    print(f"add this line to the end of the message, or run `{again}`:\n\n{commit.printable(sign_off.line(committer))}")
    return 1


def _being_made(root: Path, file: Path, committer: commit.Identity) -> commit.Commit:
    encoding, comment, cleanup = git.settings(root, "i18n.commitencoding", "core.commentchar", "commit.cleanup")
    text = commit.text_of(_read(file), encoding)
    author = _person(root, "GIT_AUTHOR_IDENT")
    return message.being_made(SourceFile(os.fspath(file), text.encode()), author, committer, comment=comment, cleanup=cleanup)


def _is_merge(root: Path, author: commit.Identity) -> bool:
    """Whether a merge is being made, or the one at HEAD amended: git then keeps its author and date, to the second."""
    if git.exists(root, "MERGE_HEAD"):
        return True
    if not git.exists(root, "HEAD"):
        return False
    head = git.commit_id(root, "HEAD")
    last = commit.parse(SourceFile(head, git_objects.Batch(root).read(head, git_objects.MAX_COMMIT_BYTES)))
    return last.is_merge and last.author == author


def _person(root: Path, variable: str) -> commit.Identity:
    found = commit.identity(commit.text_of(git.variable(root, variable)))
    if found is None:
        raise Failure(f"git gives no name and address in {variable}: set them with `git config user.name` and `git config user.email`")
    return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Failure(f"{file}: cannot be read: {error.strerror or error}") from None


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise Failure(f"{file}: cannot be written: {error.strerror or error}") from None
