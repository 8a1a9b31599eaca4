"""Dockerfiles: their build stages, and the shell text they run."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Never

from policy_checks.readers.embedded import Embedded, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.script import interpreter
from policy_checks.readers.shell import Context, Script, quoted
from policy_checks.readers.wrappers import SHELLS, command_name
from policy_checks.record import record
from policy_checks.source import SourceFile, Span, Unreadable, character_offsets
from policy_checks.workspace import per_file

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_NAME = re.compile(r"(?:^|[._-])(?:docker|container)file(?:[._-]|$)", re.IGNORECASE)
# Names such as `dockerfile_test.go` are about Dockerfiles.
_OTHER_SUFFIXES = (
    ".dockerignore .md .rst .txt .adoc .html .py .pyi .sh .json .yml .yaml .toml .lock .xml .go .js .ts .tsx .rs .hs .java .kt "
    ".rb .php .c .h .cc .cpp .cs .lua .vim .el .patch .diff .svg .png"
).split()


_RUNNING = frozenset({"RUN", "CMD", "ENTRYPOINT", "ONBUILD", "HEALTHCHECK", "SHELL", "FROM"})
_IDLE = frozenset({"USER", "ENV", "ARG", "LABEL", "WORKDIR", "EXPOSE", "VOLUME", "STOPSIGNAL", "MAINTAINER", "ADD", "COPY"})


@record
class Stage:
    """A build stage: its name (lower case; empty when it has none), its number from 0, and what it is built from."""

    name: str
    number: int
    base: str
    span: Span  # the FROM instruction


@record(eq=False)
class Dockerfile:
    """A Dockerfile or Containerfile."""

    file: SourceFile
    stages: tuple[Stage, ...]
    scripts: tuple[Script, ...]
    faults: tuple[Unreadable, ...] = ()  # where something that runs may be hidden from the grammar


def is_dockerfile(path: str) -> bool:
    """Whether a file goes by one of the usual names: `Dockerfile.ci`, `dev.Dockerfile`, `Containerfile`."""
    return _NAME.search(path.rpartition("/")[2]) is not None and not path.lower().endswith(tuple(_OTHER_SUFFIXES))


def read(file: SourceFile) -> Dockerfile:
    """What the grammar makes of a file; raises Unreadable for one that is no text."""
    text = _masked(whole(file))
    plain = _for_grammar(text.text)
    root = _parser().parse(plain.encode()).root_node
    reading = _Reading(file, text, character_offsets(plain))
    for node in root.named_children:
        reading.instruction(node)
    return Dockerfile(file, tuple(reading.stages), tuple(reading.scripts), tuple(reading.faults))


def scripts(file: SourceFile, _needles: Needles = ()) -> Iterator[Script]:
    """The shell text of a Dockerfile; raises Unreadable after it for what could not be read."""
    found = read(file)
    yield from found.scripts
    yield from _raised(found)


def _read(file: SourceFile) -> Iterator[Dockerfile]:
    found = read(file)
    yield found
    yield from _raised(found)


def _raised(found: Dockerfile) -> Iterator[Never]:
    if found.faults:
        raise found.faults[0]
    yield from ()


DOCKERFILES = per_file("Dockerfile", is_dockerfile, _read)


@cache
def _parser() -> "Parser":
    import tree_sitter_containerfile
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_containerfile.language()))


_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPE_DIRECTIVE = re.compile(r"\s*(?:#[^\n]*\n\s*)*?#[ \t]*escape[ \t]*=[ \t]*`", re.IGNORECASE)


def _masked(text: Embedded) -> Embedded:
    """The text with each continuation as a plain backslash and line end, blanks after the escape and comments behind it blanked.

    Docker drops all of that (Dockerfile reference, "Escape directive"); the grammar knows only a
    part of it, and no other escape character.
    """
    escape = "`" if _ESCAPE_DIRECTIVE.match(text.text) else r"\\"
    continuation = re.compile(escape + r"[ \t\r]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*")
    return text.masked(continuation, lambda found: " " * (len(found[0]) - 2) + "\\\n")


_INSTRUCTION_LINE = re.compile(r"^[ \t]*[^#\s].*#.*$", re.MULTILINE)


_BRACKET = re.compile(
    r"(^[ \t]*(?:ONBUILD[ \t]+|HEALTHCHECK[ \t][^\n]*?)?(?:RUN|CMD|ENTRYPOINT)(?:[ \t]+--\S+)*[ \t]+)(\[(?:[^\n\\]|\\.|\\\n)*)",
    re.IGNORECASE | re.MULTILINE,
)


def _for_grammar(text: str) -> str:
    """Text of the same length without what misleads the grammar (tree-sitter-containerfile 0.9).

    It takes here-strings for here-documents, a `#` inside a line, after an escape, for a comment, and what begins with `[`
    for an exec form; that is parsed as JSON here.
    """
    text = _INSTRUCTION_LINE.sub(lambda line: line[0].replace("#", "_"), text).replace("<<<", "   ")
    return _BRACKET.sub(lambda found: found[1] + re.sub(r"\\\n|.", lambda part: part[0] if "\n" in part[0] else "_", found[2]), text)


class _Reading:
    """A walk over a Dockerfile's instructions: the stage and the shell that hold so far."""

    def __init__(self, file: SourceFile, text: Embedded, character: Callable[[int], int]) -> None:
        self.file, self.text = file, text
        self._character = character  # the masks keep the length in characters, so that an offset in one text is one in all
        self.stages: list[Stage] = []
        self.scripts: list[Script] = []
        self.faults: list[Unreadable] = []
        self._shell = "sh"

    def instruction(self, node: "Node") -> None:
        """One instruction; ONBUILD and HEALTHCHECK hold another."""
        match node.type:
            case "from_instruction":
                self._from(node)
            case "shell_instruction":
                words = [self._cut(word)[1:-1] for array in node.named_children for word in array.named_children]
                self._shell = command_name(words[0]) if words else "sh"
            case "run_instruction" | "cmd_instruction" | "entrypoint_instruction":
                self._runs(node)
            case "onbuild_instruction" | "healthcheck_instruction":
                for child in node.named_children:
                    self.instruction(child)
            case "ERROR":
                self._fault(node)
            case _:
                pass

    def _fault(self, node: "Node") -> None:
        """Notes an error, unless all its lines are instructions that run nothing: the grammar is stricter on those than Docker."""
        start, end = self._range(node)
        first = self.text.text.rfind("\n", 0, start) + 1
        lines = [line.split(maxsplit=1)[0].upper() for line in self.text.text[first:end].splitlines() if line.strip()]
        if not lines or lines[0] not in _IDLE or _RUNNING & set(lines):
            span = Span(start, max(start + 1, start + len(self.text.text[start:end].partition("\n")[0])))
            self.faults.append(Unreadable(self.file, span, "not understood as a Dockerfile instruction; what it runs is not checked"))

    def _from(self, node: "Node") -> None:
        base, alias = "", ""
        for child in node.named_children:
            if child.type == "image_spec":
                base = self._cut(child)
            elif child.type == "image_alias":
                alias = self._cut(child).lower()
        self.stages.append(Stage(alias, len(self.stages), base, Span(*self._range(node))))
        self._shell = "sh"

    def _runs(self, node: "Node") -> None:
        for child in node.named_children:
            if child.type == "ERROR":
                self._fault(child)
            elif strings := self._exec_form(child):
                self._add(quoted(self.text, strings))
            elif child.type == "shell_command" and self._reads_shell():
                self._shell_form(node, child)

    def _exec_form(self, node: "Node") -> list[tuple[int, int]]:
        """Where the strings of a JSON array stand; none for the shell form, which is all that is no such array (Docker parses it so, too)."""
        start, end = self._range(node)
        text = self.text.text[start:end]
        try:
            strings = json.loads(text.replace("\\\n", "")) if text.startswith("[") else None
        except (ValueError, RecursionError):
            return []
        if not isinstance(strings, list) or not all(isinstance(string, str) for string in strings):
            return []
        return [match.span() for match in _JSON_STRING.finditer(self.text.text, start, end)]

    def _shell_form(self, instruction: "Node", command: "Node") -> None:
        start, end = self._range(command)[0], self._range(instruction)[1]
        bodies = [part for block in instruction.named_children for part in block.named_children if part.type == "heredoc_content"]
        if [part.type for part in command.named_children] == ["heredoc_marker"] and self._cut(command).startswith("<<"):
            for body in bodies:
                self._add_body(*self._range(body))
        else:
            self._add(self._unmasked(start, end, bodies))

    def _unmasked(self, start: int, end: int, bodies: "list[Node]") -> Embedded:
        """The text of an instruction; inside its here-documents nothing is masked: there a shell reads, not Docker."""
        pieces = []
        original = whole(self.file)
        text = self.text.text
        for body in bodies:
            first, last = self._range(body)
            text = text[:first] + original.text[first:last] + text[last:]
        pieces.append((text[start:end], start, end))
        return Embedded(self.file, text, original.starts, original.places).rewrite(pieces)

    def _add_body(self, start: int, end: int) -> None:
        """A here-document that is itself the script: with a shebang line its own interpreter reads it."""
        text = whole(self.file).cut(start, end)
        if interpreter(text.text.encode()) in {"", *SHELLS}:
            self._add(text)

    def _reads_shell(self) -> bool:
        """Whether SHELL still names a shell: PowerShell and cmd run simple commands as they are written, too."""
        return self._shell in SHELLS or self._shell in ("powershell", "pwsh", "cmd")

    def _add(self, text: Embedded) -> None:
        stage = self.stages[-1] if self.stages else None
        self.scripts.append(Script(text, Context.IMAGE, (stage.name or str(stage.number)) if stage else ""))

    def _range(self, node: "Node") -> tuple[int, int]:
        return self._character(node.start_byte), self._character(node.end_byte)

    def _cut(self, node: "Node") -> str:
        start, end = self._range(node)
        return self.text.text[start:end]
