"""Which names and addresses are one person's: git's `.mailmap` (gitmailmap(5); mailmap.c)."""

import re
from collections.abc import Mapping

from policy_checks.commits.commit import Identity, text_of
from policy_checks.record import record
from policy_checks.source import SourceFile

_PERSON = re.compile(r"([^<]*)<([^>]*)>")


@record
class Mailmap:
    """The proper name and address (empty: kept) by the address in use and, where a line says so, the name in use; in lower case."""

    entries: Mapping[tuple[str, str], tuple[str, str]]

    def proper(self, person: Identity) -> Identity:
        """The person under their proper name and address."""
        name, email = person.name, person.email
        by_email = (_lower(email), "")
        found = self.entries.get((_lower(email), _lower(name))) or self.entries.get(by_email, ("", ""))
        return Identity(found[0] or name, found[1] or email, person.when)


def parse(file: SourceFile) -> Mailmap:
    """The lines `Proper Name <proper@address> Name <address>`; parts may be left out. What is no such line counts for nothing, as in git."""
    entries: dict[tuple[str, str], tuple[str, str]] = {}
    for line in text_of(file.data).split("\n"):
        if line.startswith("#") or not (first := _PERSON.match(line)) or not first[2]:
            continue
        new_name, new_email, old_name, old_email = first[1].strip(), first[2].strip(), "", ""
        if second := _PERSON.match(line, first.end()):
            old_name, old_email = second[1].strip(), second[2].strip()
        else:
            new_email, old_email = "", new_email
        key = (_lower(old_email), _lower(old_name))
        kept = entries.get(key, ("", "")) if not old_name else ("", "")
        entries[key] = (new_name or kept[0], new_email or kept[1])
    return Mailmap(entries)


def _lower(text: str) -> str:
    # git folds ASCII alone (strcasecmp in the C locale).
    return "".join(char.lower() if char.isascii() else char for char in text)
