"""Comments of Dockerfiles that look like a parser directive, but come too late to be one."""

import re
from collections.abc import Iterator

from policy_checks.readers import dockerfile
from policy_checks.readers.dockerfile_text import DIRECTIVE, directives
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span
from policy_checks.workspace import per_file

# What such a comment has behind the sign when it is meant for Docker, and not a note on some setting.
_MEANT = {
    "syntax": re.compile(r"[\w.:@/-]*/[\w.:@/-]+"),
    "escape": re.compile(r"[\\`]"),
    "check": re.compile(r"(?:skip|error|experimental)=.*"),
}


@record(eq=False)
class LateDirective:
    """A comment that is meant as a directive and read as none."""

    name: str
    place: Place  # the line, without its end
    whole: Span  # the line with its end
    top: int  # the offset at which a directive would be read
    is_second: bool  # the same directive stands at the top already


def _late(file: SourceFile) -> Iterator[LateDirective]:
    read, top = directives(file.text)
    _text, root, character = file.once(dockerfile.syntax)
    for node in root.named_children:
        start = character(node.start_byte)
        if node.type != "comment" or start < top:
            continue
        line = file.line_span(file.location(start)[0])
        found = DIRECTIVE.fullmatch(file.cut(line))
        name = found[1].lower() if found else ""
        if found and _MEANT[name].fullmatch(found[2]):
            end = file.offset(file.location(start)[0] + 1)
            yield LateDirective(name, Place(file, line), Span(line.start, end), top, name in read)


LATE_DIRECTIVES = per_file("late parser directive", dockerfile.is_dockerfile, _late)
