"""A commit as git stores it: the raw object (`git cat-file commit ID`) as typed data.

The object is what was signed and what git itself shows; nothing here asks git a second time.
Layout: https://git-scm.com/docs/git-commit-tree and `git help format`, "gpgsig" in
gitformat-signature(5).
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable

# The address ends at the first `>`, the date follows the last one: git reads damaged lines so too.
_PERSON = r"([^<\n]*)<([^>\n]*)>.*?(?<=>) (\d{1,19}) [+-]\d{1,7}"
_IDENTITY = re.compile(_PERSON)
# The headers that every commit has, as git writes them: read at once, since a history has tens of thousands of them.
_USUAL = re.compile(rf"tree [^\n]+\n((?:parent [^\n]+\n)*)author {_PERSON}\ncommitter {_PERSON}(?=\n\n|\n?\Z|\n[^ \n])")
_HEADER_END = re.compile(r"\n(?! )")
_FIRST_LINE = re.compile(r"\S[^\r\n]*")
_NUL = "\0"
_SHOWN = 200  # characters of somebody's name and address in a message


class SignatureKind(StrEnum):
    """The format of a signature, told by its first line as git does (gpg-interface.c)."""

    OPENPGP = "OpenPGP"
    SSH = "SSH"
    X509 = "X.509"
    UNKNOWN = "unknown"


_ARMOR = {
    "-----BEGIN PGP SIGNATURE-----": SignatureKind.OPENPGP,
    "-----BEGIN PGP MESSAGE-----": SignatureKind.OPENPGP,
    "-----BEGIN SSH SIGNATURE-----": SignatureKind.SSH,
    "-----BEGIN SIGNED MESSAGE-----": SignatureKind.X509,
}


@record
class Identity:
    """Who, by name and address, and when (seconds since 1970, UTC) they wrote or committed."""

    name: str
    email: str
    when: int

    def __str__(self) -> str:
        """`Name <address>` with what could drive a terminal made visible."""
        return printable(f"{self.name} <{self.email}>")


@record(eq=False)
class Commit:
    """One commit; `file` holds its text, `message_start` is the offset of the message in it.

    `headers` are those after the committer line, unfolded, in their order (`encoding`, `gpgsig`,
    `mergetag`, …). `signature` says that a signature is there, not that it is good.
    """

    file: SourceFile
    parents: tuple[str, ...]
    author: Identity
    committer: Identity
    headers: tuple[tuple[str, str], ...]
    message_start: int

    @property
    def message(self) -> str:
        """The message as written, comments and trailers included."""
        return self.file.text[self.message_start :]

    @property
    def signature(self) -> SignatureKind | None:
        """The kind of the signature in `gpgsig` or, in a SHA-256 repository, `gpgsig-sha256`."""
        for name, value in self.headers:
            if name in ("gpgsig", "gpgsig-sha256"):
                return _ARMOR.get(value.partition("\n")[0].rstrip(), SignatureKind.UNKNOWN)
        return None

    @property
    def is_merge(self) -> bool:
        """Whether it joins histories."""
        return len(self.parents) > 1

    @property
    def subject(self) -> Place:
        """The first line of the message that is not blank: what people know a commit by."""
        text = self.file.text
        match = _FIRST_LINE.search(text, self.message_start)
        return Place(self.file, Span(*match.span()) if match else Span(len(text), len(text)))


def parse(file: SourceFile) -> Commit:
    """The commit in a raw object; raises Unreadable where it is not as git writes it."""
    file = decoded(file)
    text = file.text
    if _NUL in text:
        # git shows a message up to the first NUL only: what follows is hidden from every reader.
        raise Unreadable(file, _at(text, text.index(_NUL)), "NUL byte in a commit: git hides what follows it; write the commit anew")
    head, _, _ = text.partition("\n\n")
    usual = _USUAL.match(head)
    if not usual or "\nparent " in head[usual.end() :]:
        return _unusual(file, head)
    rest = list(_headers(file, head.removesuffix("\n"), usual.end() + 1)) if usual.end() + 1 < len(head) else []
    return _commit(
        file,
        head,
        tuple(usual[1].replace("parent ", "").split("\n")[:-1]),
        (_person(*usual.group(2, 3, 4)), _person(*usual.group(5, 6, 7))),
        rest,
    )


def _unusual(file: SourceFile, head: str) -> Commit:
    """The commit whose first headers are folded, or not all in their places; raises Unreadable where it is not as git writes it."""
    headers = list(_headers(file, head.removesuffix("\n")))
    names = [name for name, _value, _start in headers]
    parents = names.count("parent")
    expected = ["tree", *["parent"] * parents, "author", "committer"]
    for index, name in enumerate(expected):
        if names[index : index + 1] != [name]:
            offset = headers[index][2] if index < len(headers) else len(head)
            raise Unreadable(file, _at(file.text, offset), f"not a commit as git writes it: `{name}` expected here")
    return _commit(
        file,
        head,
        tuple(value for _name, value, _start in headers[1 : parents + 1]),
        (_identity(file, *header) for header in headers[parents + 1 : parents + 3]),
        headers[len(expected) :],
    )


def _commit(
    file: SourceFile, head: str, parents: tuple[str, ...], people: Iterable[Identity], rest: Sequence[tuple[str, str, int]]
) -> Commit:
    for name, _value, start in rest:
        if name in ("tree", "author", "committer"):
            raise Unreadable(file, _at(file.text, start), f"not a commit as git writes it: a second `{name}`")
    author, committer = people
    headers = tuple((name, value) for name, value, _start in rest)
    return Commit(file, parents, author, committer, headers, min(len(head) + 2, len(file.text)))


def identity(line: str) -> Identity | None:
    """The identity in `Name <address> SECONDS ZONE` (a header's value, `git var GIT_AUTHOR_IDENT`)."""
    match = _IDENTITY.fullmatch(line)
    return _person(*match.groups()) if match else None


def _person(name: str, email: str, seconds: str) -> Identity:
    return Identity(name.strip(), email.strip(), int(seconds))


def decoded(file: SourceFile) -> SourceFile:
    """The same object with its text in UTF-8, so that it can be shown and has positions.

    Read as UTF-8, else in the `encoding` it declares, else as Latin-1: the guess that git itself
    makes when it writes a message that is not UTF-8 (commit.c, verify_utf8).
    """
    try:
        _ = file.text
    except Unreadable:
        return SourceFile(file.path, text_of(file.data, _declared(file.data)).encode())
    return file


def text_of(data: bytes, encoding: str = "") -> str:
    """Text that people wrote in UTF-8, in a declared encoding, or in neither; never fails."""
    for name in ("utf-8", encoding):
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def printable(text: str) -> str:
    """Text for a message: cut short, and control characters, which could drive a terminal, as escapes."""
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    if shown.isprintable():
        return shown
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)


# Those that keep ASCII and line ends where they are: a codec like unicode_escape would forge headers.
_ENCODINGS = ("iso8859", "cp125", "cp866", "cp932", "koi8", "mac-", "euc_", "gb", "big5", "shift_jis")


def _declared(data: bytes) -> str:
    match = re.search(rb"^encoding (.+)$", data.partition(b"\n\n")[0], re.MULTILINE)
    try:
        name = codecs.lookup(match[1].decode("ascii").strip()).name if match else ""
    except (LookupError, UnicodeError, ValueError):
        return ""
    return name if name.startswith(_ENCODINGS) else ""


def _headers(file: SourceFile, head: str, start: int = 0) -> Iterator[tuple[str, str, int]]:
    """Name, unfolded value and offset of each header from an offset on; a line that begins with a space goes on with the one before."""
    for line in _HEADER_END.split(head[start:]):
        name, space, value = line.partition(" ")
        if not (name and space):
            raise Unreadable(file, _at(file.text, start), "not a commit as git writes it: a header without a value")
        yield name, value.replace("\n ", "\n"), start
        start += len(line) + 1


def _identity(file: SourceFile, name: str, value: str, start: int) -> Identity:
    found = identity(value)
    if found is None:
        raise Unreadable(file, _at(file.text, start), f"`{name}` line is not `Name <address> SECONDS ZONE`")
    return found


def _at(text: str, offset: int) -> Span:
    return Span(offset, min(offset + 1, len(text)))
