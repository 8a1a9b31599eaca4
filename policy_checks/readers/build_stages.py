"""The stages of a Dockerfile with what is set, copied and mounted in each; build arguments by Docker's scoping rules.

An `ARG` before the first `FROM` holds in `FROM` only, and in the stages that declare it again; a stage has what its parent stage has
(Dockerfile reference, "Understand how ARG and FROM interact", "Scope").
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from policy_checks.readers import dockerfile
from policy_checks.readers.dockerfile_text import escape_character
from policy_checks.record import record
from policy_checks.source import SourceFile, Span
from policy_checks.workspace import per_file

if TYPE_CHECKING:
    from tree_sitter import Node

_EXPANSION = re.compile(r"\\\$|\$(?:(?P<plain>\w+)|\{(?P<name>\w+)(?::?(?P<sign>[-+?])(?P<word>(?:[^{}]|\{[^{}]*\})*))?\})")
_NAME = re.compile(r"[^\s=]*")
MAX_VALUE = 4096  # characters: `ARG B=$A$A` doubles with every line
_DEEPEST = 10  # expansions inside the defaults of expansions
_FROM_STAGE = re.compile(r"(?:--)?from=(.+)", re.DOTALL)


@record
class Text:
    """A text of a Dockerfile without its quotes, where it stands, and what it expands to; what is not known stands as it is written."""

    written: str
    span: Span
    value: str
    known: bool = True


@record
class Setting:
    """A name that `ARG` or `ENV` sets; an `ARG` may have no default."""

    keyword: str
    name: str
    value: Text | None
    span: Span  # of both


@record
class Copied:
    """One `COPY` or `ADD`."""

    sources: tuple[Text, ...]
    target: Text
    origin: str  # the stage or image of `--from`


@record
class Mount:
    """One `--mount` of a `RUN`: its options (without a value: `true`), and the text that runs with it."""

    options: Mapping[str, str]
    span: Span
    runs: str


@record(eq=False)
class BuildStage:
    """One stage. `parent` is the number of the stage that it starts from; None for an image."""

    number: int
    name: str  # in lower case; empty when it has none
    base: Text
    argument: Setting | None  # the global build argument that is the whole base
    parent: int | None
    settings: tuple[Setting, ...]
    copies: tuple[Copied, ...]
    mounts: tuple[Mount, ...]
    runs: tuple[Span, ...]  # all of each RUN

    def __str__(self) -> str:
        return self.name or str(self.number)


@record(eq=False)
class BuildStages:
    """All stages of one Dockerfile, and its global build arguments."""

    file: SourceFile
    arguments: tuple[Setting, ...]
    stages: tuple[BuildStage, ...]

    def find(self, name: str) -> BuildStage | None:
        """A stage by its name or number; of several with one name the last."""
        if name and (named := self._named.get(name.lower())):
            return named
        number = int(name) if name.isascii() and name.isdigit() and len(name) < 10 else len(self.stages)
        return self.stages[number] if number < len(self.stages) else None

    @cached_property
    def _named(self) -> Mapping[str, BuildStage]:
        return {stage.name: stage for stage in self.stages}

    def reached(self, target: str) -> dict[int, bool]:
        """The stages that building a target needs (empty: the last one), by number: whether its layers are part of the image."""
        last = self.find(target) if target else self.stages[-1] if self.stages else None
        found: dict[int, bool] = {}
        waiting = [(last.number, True)] if last else []
        while waiting:
            number, is_part = waiting.pop()
            if found.get(number, False) or (number in found and not is_part):
                continue
            found[number] = is_part
            stage = self.stages[number]
            if stage.parent is not None:
                waiting.append((stage.parent, is_part))
            origins = [copied.origin for copied in stage.copies] + [mount.options.get("from", "") for mount in stage.mounts]
            waiting += [(other.number, False) for origin in origins if (other := self.find(origin)) and other.number < number]
        return found


def read(file: SourceFile) -> BuildStages:
    """The stages of a Dockerfile; raises Unreadable for a file that is no text."""
    reading = _Reading(file)
    reading.run()
    return BuildStages(file, tuple(reading.globals.values()), tuple(reading.finished()))


def _read(file: SourceFile) -> Iterator[BuildStages]:
    yield file.once(read)
    yield from dockerfile.raised(file.once(dockerfile.read))


BUILD_STAGES = per_file("build stages", dockerfile.is_dockerfile, _read)


def expand(text: str, values: Mapping[str, str], depth: int = 0) -> tuple[str, bool]:
    """A text with its variables replaced, and whether all of them are known; the others stand as they are written."""
    known = True

    def value(found: re.Match[str]) -> str:
        nonlocal known
        name, sign, word = found["plain"] or found["name"], found["sign"], found["word"]
        if name is None:  # an escaped dollar sign
            return "$"
        if (sign == "+") == (name in values) and sign in ("+", "-") and depth < _DEEPEST:
            inner, inner_known = expand(word, values, depth + 1)
            known = known and inner_known
            return inner
        if sign == "+":
            return ""
        known = known and name in values
        return values.get(name, found[0])

    return _EXPANSION.sub(value, text), known


@record(eq=False)
class _Open:
    """A stage while its instructions are read."""

    number: int
    name: str
    base: Text
    argument: Setting | None
    parent: int | None
    values: dict[str, str]
    settings: list[Setting]
    copies: list[Copied]
    mounts: list[Mount]
    runs: list[Span]


class _Reading:
    """A walk over the instructions of one file."""

    def __init__(self, file: SourceFile) -> None:
        self._text, self._root, self._character = file.once(dockerfile.syntax)
        self._escape = re.compile(re.escape(escape_character(file.text)) + "(.)", re.DOTALL)
        self.globals: dict[str, Setting] = {}
        self._stages: list[_Open] = []
        self._named: dict[str, _Open] = {}

    def run(self) -> None:
        """Reads every instruction."""
        for node in self._root.named_children:
            self._instruction(node)

    def finished(self) -> Iterator[BuildStage]:
        """The stages, complete."""
        for one in self._stages:
            lists = tuple(one.settings), tuple(one.copies), tuple(one.mounts), tuple(one.runs)
            yield BuildStage(one.number, one.name, one.base, one.argument, one.parent, *lists)

    def _instruction(self, node: "Node") -> None:
        stage = self._stages[-1] if self._stages else None
        match node.type:
            case "from_instruction":
                self._from(node)
            case "arg_instruction" | "env_instruction":
                self._sets(node, stage)
            case "copy_instruction" | "add_instruction" if stage:
                self._copies(node, stage)
            case "run_instruction" if stage:
                self._runs(node, stage)
            case "onbuild_instruction":
                for child in node.named_children:
                    self._instruction(child)
            case _:
                pass

    def _from(self, node: "Node") -> None:
        spec = next((child for child in node.named_children if child.type == "image_spec"), None)
        alias = next((self._cut(child).lower() for child in node.named_children if child.type == "image_alias"), "")
        values = {name: setting.value.value for name, setting in self.globals.items() if setting.value and setting.value.known}
        base = self._plain(spec, values) if spec else Text("", self._span(node), "", known=False)
        parent = self._named.get(base.value.lower()) if base.value else None
        whole = _EXPANSION.fullmatch(base.written)
        argument = self.globals.get(whole["plain"] or whole["name"] or "") if whole else None
        held = dict(parent.values) if parent else {}
        self._stages.append(_Open(len(self._stages), alias, base, argument, parent.number if parent else None, held, [], [], [], []))
        if alias:
            self._named[alias] = self._stages[-1]

    def _sets(self, node: "Node", stage: _Open | None) -> None:
        keyword = "ENV" if node.type == "env_instruction" else "ARG"
        held = stage.values if stage else {name: one.value.value for name, one in self.globals.items() if one.value and one.value.known}
        for pair in node.named_children:
            if pair.type not in ("env_pair", "arg_pair") or not pair.named_children:
                continue
            # Docker takes any name; the grammar finds an error behind the word that a name such as `a.b` begins with.
            name = _NAME.match(self._cut(pair))[0]  # type: ignore[index]  # it may be empty, but it matches
            last = pair.named_children[-1]
            value = self._plain(last, held) if pair.named_child_count > 1 and last.type != "ERROR" else None
            if value is None and (keyword == "ENV" or self._cut(pair).endswith("=")):
                value = Text("", Span(self._span(pair).end, self._span(pair).end), "")
            setting = Setting(keyword, name, value, self._span(pair))
            inherited = self.globals.get(name)
            seen = value or (inherited.value if inherited and keyword == "ARG" else None)
            if seen and seen.known:
                held[name] = seen.value
            elif keyword == "ENV" or value is not None:
                held.pop(name, None)
            if stage:
                stage.settings.append(setting)
            else:
                self.globals[name] = setting

    def _copies(self, node: "Node", stage: _Open) -> None:
        paths = [self._plain(child, stage.values) for child in node.named_children if child.type == "path"]
        for array in node.named_children:
            if array.type == "json_string_array":
                paths += [self._plain(string, stage.values) for string in array.named_children]
        if len(paths) > 1:
            stage.copies.append(Copied(tuple(paths[:-1]), paths[-1], self._origin(node)))

    def _origin(self, node: "Node") -> str:
        found = [_FROM_STAGE.fullmatch(self._cut(child)) for child in node.named_children if child.type == "param"]
        return next((one[1] for one in found if one), "")

    def _runs(self, node: "Node", stage: _Open) -> None:
        span = self._span(node)
        stage.runs.append(span)
        for mount in node.named_children:
            if mount.type == "mount_param":
                parts = [self._cut(part).partition("=") for part in mount.named_children]
                options = {name: value if equals else "true" for name, equals, value in parts}
                stage.mounts.append(Mount(options, self._span(mount), self._text.text[span.start : span.end]))

    def _plain(self, node: "Node", values: Mapping[str, str]) -> Text:
        """A word without quotes and escapes."""
        span = self._span(node)
        written = self._text.text[span.start : span.end]
        if len(written) > 1 and written[0] == written[-1] and written[0] in "'\"":
            span = Span(span.start + 1, span.end - 1)
            text = written[1:-1]
            if written[0] == "'":
                return Text(text, span, text)
            written = text
        value, known = expand(written, values)
        if len(value) > MAX_VALUE:
            value, known = written, False
        return Text(written, span, self._escape.sub(lambda found: found[1], value), known)

    def _span(self, node: "Node") -> Span:
        return Span(self._character(node.start_byte), self._character(node.end_byte))

    def _cut(self, node: "Node") -> str:
        span = self._span(node)
        return self._text.text[span.start : span.end]


def external(stages: Sequence[BuildStage]) -> Iterator[BuildStage]:
    """The stages that start from an image of a registry."""
    return (stage for stage in stages if stage.parent is None and stage.base.value.lower() not in ("", "scratch"))
