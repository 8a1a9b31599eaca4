"""Dockerfiles: their build stages, and the shell text they run."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Never

from policy_checks.readers import python_calls
from policy_checks.readers.dockerfile_text import for_grammar, masked
from policy_checks.readers.embedded import Embedded, joined, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.python_command import is_python
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


@record
class Image:
    """An image that a Dockerfile takes something from: `FROM`, `COPY --from=…`, `RUN --mount=from=…`; build arguments by their default."""

    reference: str
    span: Span


@record(eq=False)
class Dockerfile:
    """A Dockerfile or Containerfile."""

    file: SourceFile
    stages: tuple[Stage, ...]
    scripts: tuple[Script, ...]
    faults: tuple[Unreadable, ...] = ()  # where something that runs may be hidden from the grammar
    images: tuple[Image, ...] = ()


def is_dockerfile(path: str) -> bool:
    """Whether a file goes by one of the usual names: `Dockerfile.ci`, `dev.Dockerfile`, `Containerfile`."""
    return _NAME.search(path.rpartition("/")[2]) is not None and not path.lower().endswith(tuple(_OTHER_SUFFIXES))


def read(file: SourceFile) -> Dockerfile:
    """What the grammar makes of a file; raises Unreadable for one that is no text."""
    text, root, character = file.once(syntax)
    reading = _Reading(file, text, character)
    for node in root.named_children:
        reading.instruction(node)
    return Dockerfile(file, tuple(reading.stages), tuple(reading.scripts), tuple(reading.faults), tuple(reading.images))


def syntax(file: SourceFile) -> "tuple[Embedded, Node, Callable[[int], int]]":
    """The masked text of a file, its tree, and what turns the tree's offsets into those of the text."""
    text = masked(whole(file))
    plain = for_grammar(text.text)
    return text, _parser().parse(plain.encode()).root_node, character_offsets(plain)


def scripts(file: SourceFile, _needles: Needles = ()) -> Iterator[Script]:
    """The shell text of a Dockerfile; raises Unreadable after it for what could not be read."""
    found = file.once(read)
    yield from found.scripts
    yield from raised(found)


def _read(file: SourceFile) -> Iterator[Dockerfile]:
    found = file.once(read)
    yield found
    yield from raised(found)


def raised(found: Dockerfile) -> Iterator[Never]:
    """Nothing; raises Unreadable for the first fault."""
    if found.faults:
        raise found.faults[0]
    yield from ()


DOCKERFILES = per_file("Dockerfile", is_dockerfile, _read)


@cache
def _parser() -> "Parser":
    import tree_sitter_containerfile
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_containerfile.language()))


_FROM = re.compile(r"(?:--)?from=(.+)", re.DOTALL)
_ARGUMENT = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})")
_JSON_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"')
_HEREDOC = re.compile(r"""<<-?(['"]?)[^\s'"]+\1\s*""")
# `RUN <<EOF bash`: legal, but the grammar of bash wants the command first
_HEREDOC_FIRST = re.compile(r"""((?:<<-?(?:'\w+'|"\w+"|\\?\w+)[ \t]+)+)([^\s<#][^\n]*)""")


class _Reading:
    """A walk over a Dockerfile's instructions: the stage and the shell that hold so far."""

    def __init__(self, file: SourceFile, text: Embedded, character: Callable[[int], int]) -> None:
        self.file, self.text = file, text
        self._character = character  # the masks keep the length in characters, so that an offset in one text is one in all
        self.stages: list[Stage] = []
        self.scripts: list[Script] = []
        self.faults: list[Unreadable] = []
        self.images: list[Image] = []
        self._shell = "sh"
        self._arguments: dict[str, str] = {}  # the defaults of build arguments
        self._variables: dict[str, str] = {}  # what ENV sets, and what it was set to in earlier stages, by name
        self._of_stage: dict[str, dict[str, str]] = {}

    def instruction(self, node: "Node") -> None:
        """One instruction; ONBUILD and HEALTHCHECK hold another."""
        match node.type:
            case "from_instruction":
                self._from(node)
            case "shell_instruction":
                words = [self._cut(word)[1:-1] for array in node.named_children for word in array.named_children]
                names = [command_name(word) for word in words] or ["sh"]
                self._shell = next((name for name in names if name in SHELLS), names[0])  # `conda run -n x /bin/bash -c`, too
            case "run_instruction" | "cmd_instruction" | "entrypoint_instruction":
                self._sources(node)
                self._runs(node)
            case "copy_instruction" | "add_instruction":
                self._sources(node)
            case "env_instruction" | "arg_instruction":
                self._assigns(node, self._variables if node.type == "env_instruction" else self._arguments)
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

    def _assigns(self, node: "Node", values: dict[str, str]) -> None:
        """What ENV or ARG sets; a value with an expansion in it stands as it is written."""
        for pair in node.named_children:
            if pair.type in ("env_pair", "arg_pair") and pair.named_child_count == 2:
                name, value = (self._cut(part) for part in pair.named_children)
                values[name] = value[1:-1] if value[:1] in ("'", '"') else value

    def _sources(self, node: "Node") -> None:
        """The images named by `--from=` and `--mount=from=`; a stage is none."""
        for child in node.named_children:
            parts = [child] if child.type == "param" else child.named_children if child.type == "mount_param" else []
            for part in parts:
                text = self._cut(part)
                found = _FROM.match(text)
                if found and found[1].lower() not in self._of_stage and not found[1].isdigit():
                    start, end = self._range(part)
                    self._image(found[1], start + found.start(1), end)

    def _image(self, reference: str, start: int, end: int) -> None:
        filled = _ARGUMENT.sub(lambda found: self._arguments.get(found[1] or found[2], found[3] or found[0]), reference)
        self.images.append(Image(filled, Span(start, end)))

    def _from(self, node: "Node") -> None:
        base, alias = "", ""
        for child in node.named_children:
            if child.type == "image_spec":
                base = self._cut(child)
                if base.lower() not in self._of_stage:
                    self._image(base, *self._range(child))
            elif child.type == "image_alias":
                alias = self._cut(child).lower()
        self.stages.append(Stage(alias, len(self.stages), base, Span(*self._range(node))))
        self._shell = "sh"
        self._variables = dict(self._of_stage.get(base.lower(), {}))
        self._of_stage[alias or str(len(self.stages) - 1)] = self._variables

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
        if _HEREDOC.fullmatch(self._cut(command)):
            for body in bodies:
                self._add_body(*self._range(body))
        else:
            self._add(self._unmasked(start, end, bodies))

    def _unmasked(self, start: int, end: int, bodies: "list[Node]") -> Embedded:
        """The text of an instruction; inside its here-documents nothing is masked: there a shell reads, not Docker."""
        parts, original = [], whole(self.file)
        for body in bodies:
            first, last = self._range(body)
            parts += [self.text.cut(start, first), original.cut(first, last)]
            start = last
        text = joined([*parts, self.text.cut(start, end)], "")
        ahead = _HEREDOC_FIRST.match(text.text)
        if not ahead:
            return text
        (before, middle), (_middle, after) = ahead.span(1), ahead.span(2)
        moved = ((ahead[2], middle, after), (" ", before, before), (ahead[1], before, middle))
        return text.rewrite((*moved, (text.text[after:], after, len(text.text))))

    def _add_body(self, start: int, end: int) -> None:
        """A here-document that is itself the script: with a shebang line its own interpreter reads it."""
        text = whole(self.file).cut(start, end)
        named = interpreter(text.text.encode())
        if named in {"", *SHELLS}:
            self._add(text)
        elif is_python(named):
            try:
                for script in python_calls.calls(text, Context.IMAGE):
                    self._add(script.source)
            except Unreadable as error:
                self.faults.append(error)

    def _reads_shell(self) -> bool:
        """Whether SHELL still names a shell: PowerShell and cmd run simple commands as they are written, too."""
        return self._shell in SHELLS or self._shell in ("powershell", "pwsh", "cmd")

    def _add(self, text: Embedded) -> None:
        stage = self.stages[-1] if self.stages else None
        name = (stage.name or str(stage.number)) if stage else ""
        self.scripts.append(Script(text, Context.IMAGE, name, {**self._arguments, **self._variables}))

    def _range(self, node: "Node") -> tuple[int, int]:
        return self._character(node.start_byte), self._character(node.end_byte)

    def _cut(self, node: "Node") -> str:
        start, end = self._range(node)
        return self.text.text[start:end]
