"""Code blocks of documentation, and the commands that they tell a reader to run, whatever language they are in."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping

from policy_checks.readers import dockerfile, justfile, makefile, notebook, project_scripts, strings
from policy_checks.readers.embedded import Embedded
from policy_checks.readers.github_workflow import expansion
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.shell_tree import is_understood
from policy_checks.record import record, replace
from policy_checks.source import SourceFile, Unreadable

MAX_DEPTH = 20  # documents in documents
# Characters: the grammar takes quadratic time over what is no shell, and nobody types a longer line.
MAX_WHOLE, MAX_LINE = 20_000, 5_000


@record(eq=False)
class CodeBlock:
    """A block's text, without its indentation, and its language in lower case; empty where none is named."""

    text: Embedded
    language: str


# What a reader pastes into a shell; a block that names no language is taken for it, too.
_SHELLS = frozenset(
    "sh bash shell zsh ksh fish console shell-session shellsession shellscript bash-session terminal text txt plaintext plain none "
    "default output cmd bat batch dosbatch doscon powershell pwsh ps1 ps1con commandline cli azurecli codeblock pycon lang-none "
    "lang-bash lang-sh lang-shell".split()
) | {""}
_SESSIONS = frozenset({"console", "shell-session", "shellsession", "bash-session", "terminal", "doscon", "ps1con"})
_READERS: Mapping[str, tuple[str, Callable[[SourceFile, Needles], Iterator[Script]]]] = {
    **dict.fromkeys(("dockerfile", "docker", "containerfile"), ("Dockerfile", dockerfile.scripts)),
    **dict.fromkeys(("python", "py", "python3", "ipython", "ipython3", "jupyter"), ("block.py", notebook.cell_scripts)),
    **dict.fromkeys(("yaml", "yml", "json", "jsonc", "json5"), ("block.yml", strings.of_yaml)),
    "toml": ("block.toml", strings.of_toml),
    **dict.fromkeys(("ini", "cfg", "dosini"), ("tox.ini", project_scripts.scripts)),
    **dict.fromkeys(("make", "makefile"), ("Makefile", makefile.scripts)),
    **dict.fromkeys(("just", "justfile"), ("justfile", justfile.scripts)),
}

_BEFORE_PROMPT = r"^[ \t]*(?:\([\w.-]+\)[ \t]*)?"
_PROMPT = re.compile(_BEFORE_PROMPT + r"(?:[\w.-]+@[\w.-]+[^$#\n]*|[~/][\w./-]*[ \t]?)?(?:[$%#]|\u276f|\u279c)[ \t]+(?=\S)", re.MULTILINE)
# Where it may be no session: `# ` is a comment there, `> ` a redirection.
_PLAIN_PROMPT = re.compile(_PROMPT.pattern.replace("[$%#]", "[$%]"), re.MULTILINE)
_ANGLE_PROMPT = re.compile(_BEFORE_PROMPT + r"(?:(?:PS[ \t]+)?[A-Za-z]:[^>\n]*|PS[ \t]*)?>[ \t]*(?=[\w.])", re.MULTILINE)
_INTERPRETER = re.compile(r"^[ \t]*(?:>>>|In \[\d*\]:)[ \t]*!?(?=\S)", re.MULTILINE)
_OUTPUT = re.compile(rf"^(?!{_PROMPT.pattern[1:]}|{_ANGLE_PROMPT.pattern[1:]})(?<!\\\n)[^\n]+", re.MULTILINE)

_KEY = re.compile(r"^[ \t]*(?:-[ \t]+)*(?:[\w.-]+:[ \t]+)?", re.MULTILINE)  # of YAML, in front of a value
_STRING = re.compile(r"([\"'])((?:(?!\1)[^\\\n])+)\1")
_PLACEHOLDER = re.compile(r"<[A-Za-z][^<>\n]*[^<>\s]>")  # `<your name>`, never `<in >out`
_LOGICAL_LINE = re.compile(r"(?:[^\n\\]|\\[^\n]|\\\n)+")
_COMMENT = re.compile(r"(?:^|(?<=\s))(?:#+|//+)[ \t]*([^\n]*)", re.MULTILINE)
_NAMED = re.compile(r"(`+)([^`\n]+)\1")
_INSTEAD = re.compile(r"(?:[$%>][ \t]+)?[%!]?(?=(?:sudo\s+)?(?:python[\d.]*\s+-m\s+)?(?:pip[\d.]*|uv|uvx|pipx)\s)")
# Words of a sentence, none of an installer's command line.
_PROSE = re.compile(
    r"(?<!\S)(?:a|an|and|are|be|but|by|can|for|from|has|if|in|into|is|it|its|of|on|or|our|should|so|that|the|then|this|to|using|was|when|"
    r"which|will|with|you|your)(?!\S)|[a-z]\.$|\.\s+[A-Z]"
)


def is_language(name: str) -> bool:
    """Whether blocks of that language are read."""
    return name in _READERS or (name in _SHELLS and name != "")


def scripts(block: CodeBlock, needles: Needles = ()) -> Iterator[Script]:
    """The shell text that a block shows, prompts masked; what it is not written as is read as plain text."""
    if not holds(block.text.text, needles):
        return
    if block.language not in _SESSIONS:  # there `# ` is a prompt
        yield from _comments(block, needles)
    if block.language in _READERS:
        yield from _read(block, needles)
    elif block.language in _SHELLS:
        yield from _shell(block, needles)
    else:
        for string in _STRING.finditer(block.text.text):
            if _INSTEAD.match(string[2]) and not _PROSE.search(string[2]):
                yield Script(block.text.cut(*string.span(2)), Context.DOCUMENTATION)


def _read(block: CodeBlock, needles: Needles) -> Iterator[Script]:
    """What its language's reader finds; of a block that is shortened with dots, or a template, a reader still sees the lines."""
    name, read = _READERS[block.language]
    try:
        found = [*read(SourceFile(name, block.text.text.encode()), needles)]
        readable = bool(found) or read is not notebook.cell_scripts or _is_python(block.text.text)
    except Unreadable:
        readable = False
    if readable:
        yield from (replace(script, source=script.source.within(block.text), context=Context.DOCUMENTATION) for script in found)
    else:
        yield from _shell(CodeBlock(block.text.masked(_KEY, _blank), "") if read is strings.of_yaml else block, needles)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _shell(block: CodeBlock, needles: Needles) -> Iterator[Script]:
    """A block as shell text, prompts and placeholders masked; line by line where it is not only that, or is too long to try."""
    text = _masked(block).masked(_PLACEHOLDER, expansion)
    if len(text.text) <= MAX_WHOLE and is_understood(text.text):
        yield Script(text, Context.DOCUMENTATION)
        return
    for line in _LOGICAL_LINE.finditer(text.text):
        if len(line[0]) <= MAX_LINE and holds(line[0], needles):
            yield Script(text.cut(*line.span()), Context.DOCUMENTATION)


def _comments(block: CodeBlock, needles: Needles) -> Iterator[Script]:
    """What comments say to run instead: a command in backticks, or one that is commented out."""
    for comment in _COMMENT.finditer(block.text.text):
        if not holds(comment[0], needles):
            continue
        named = [found.span(2) for found in _NAMED.finditer(block.text.text, *comment.span(1))]
        if not named and (opened := _INSTEAD.match(block.text.text, *comment.span(1))) and not _PROSE.search(comment[1]):
            named = [(opened.end(), comment.end())]
        for start, end in named:
            yield Script(block.text.cut(start, end), Context.DOCUMENTATION)


def _masked(block: CodeBlock) -> Embedded:
    """Prompts as blanks; in a session what has no prompt is output, and becomes blank too."""
    text, session = block.text, block.language in _SESSIONS
    if session and (_PROMPT.search(text.text) or _ANGLE_PROMPT.search(text.text)):
        text = text.masked(_OUTPUT, _blank)
    for prompt in (_PROMPT if session else _PLAIN_PROMPT, _ANGLE_PROMPT, _INTERPRETER):
        text = text.masked(prompt, _blank)
    return text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
