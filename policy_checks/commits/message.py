"""The message of a commit that is being made: the file that git gives to a commit-msg hook."""

import re

from policy_checks.commits.commit import Commit, Identity
from policy_checks.source import SourceFile

_CUT = " ------------------------ >8 ------------------------"


def being_made(file: SourceFile, author: Identity, committer: Identity, *, comment: str, cleanup: str) -> Commit:
    """The commit that a message file would become; positions are those of the file.

    `comment` and `cleanup` are git's core.commentChar and commit.cleanup: what git takes out of
    the message is no part of it, and with `--verbose` a whole diff stands below the cut.
    """
    text = file.text
    mark = comment if comment not in ("", "auto") else "#"
    if cut := re.search(rf"^{re.escape(mark)}{_CUT}\n", text, re.MULTILINE):
        text = text[: cut.start()]
    if cleanup not in ("verbatim", "whitespace", "scissors"):
        # Kept as comments of the usual kind, so that what follows stays where it is.
        text = re.sub(rf"^{re.escape(mark)}", "#".ljust(len(mark)), text, flags=re.MULTILINE)
    return Commit(SourceFile(file.path, text.encode()), (), author, committer, (), 0)
