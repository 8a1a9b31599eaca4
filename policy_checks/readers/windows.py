"""The shells of Windows, PowerShell and cmd: their simple commands, one by one, as a POSIX shell would write them."""

import re
from collections.abc import Callable, Iterator
from itertools import chain

from policy_checks.readers.embedded import Piece, whole
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script
from policy_checks.source import SourceFile

# What stands before a command on a line of a batch file (`help if`, `help for`, `help call`).
_BATCH_PREFIX = re.compile(
    r"(?:[ \t@()]+|(?:call|else|do)\b[ \t]*|if[ \t]+(?:/i[ \t]+)?(?:not[ \t]+)?(?:(?:errorlevel|exist|defined)[ \t]+(?:\"[^\"\n]*\"|[^\s(]+)|"
    r"(?:\"[^\"\n]*\"|[^\s=(]+)[ \t]*(?:==|(?:equ|neq|lss|leq|gtr|geq)\b)[ \t]*(?:\"[^\"\n]*\"|[^\s(]+))[ \t]*|"
    r"for[ \t]+(?:/[a-z][ \t]+(?:\"[^\"\n]*\"[ \t]+)?)?%%?\w[ \t]+in[ \t]*\([^)\n]*\)[ \t]*)+",
    re.IGNORECASE,
)
_BATCH_LINE = re.compile(r"(?:[^\n^]|\^\r?\n|\^.)+")
_BATCH_COMMENT = re.compile(r"[ \t@]*(?:rem\b|::)", re.IGNORECASE)
_BATCH_SET = re.compile(r"^[ \t@]*set[ \t]+\"?(\w+)=([^\"\n]*?)\"?[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_BATCH_WORD = re.compile(r"%(\w+)(?::[^%\n]*)?%|!(\w+)!|%%~?(\w)|%~?\w*|\^(?:\r?\n)?|[\\'`#$;()\r]")

# Quoted text, comments and here-strings of PowerShell, and what parts its statements (about_Parsing, about_Quoting_Rules).
# None of them begins behind the last end of its kind: looking for one there would take the whole text each time.
_PARTS = re.compile(
    r"@'\r?\n.*?\n'@|@\"\r?\n.*?\n\"@|<#.*?#>|#[^\n]*|\"(?:[^\"`\n]|`.)*+\"|'[^'\n]*+'|`\r?\n|`.|(?P<end>[;{}|\n]|&&)", re.DOTALL
)
_ONE_LINE = re.compile(_PARTS.pattern.partition("#[^")[1] + _PARTS.pattern.partition("#[^")[2], re.DOTALL)
_PREFIX = re.compile(
    r"(?:[ \t@()]+|(?:call|else|do)\b[ \t]*|if[ \t]+(?:/i[ \t]+)?(?:not[ \t]+)?(?:(?:errorlevel|exist|defined)[ \t]+(?:\"[^\"\n]*\"|[^\s(]+)|"
    r"(?:\"[^\"\n]*\"|[^\s=(]+)[ \t]*(?:==|(?:equ|neq|lss|leq|gtr|geq)\b)[ \t]*(?:\"[^\"\n]*\"|[^\s(]+))[ \t]*|"
    r"for[ \t]+(?:/[a-z][ \t]+(?:\"[^\"\n]*\"[ \t]+)?)?%%?\w[ \t]+in[ \t]*\([^)\n]*\)[ \t]*)+",
    re.IGNORECASE,
)
_BATCH_LINE = re.compile(r"(?:[^\n^]|\^\r?\n|\^.)+")
_BATCH_COMMENT = re.compile(r"[ \t@]*(?:rem\b|::)", re.IGNORECASE)
_BATCH_SET = re.compile(r"^[ \t@]*set[ \t]+\"?(\w+)=([^\"\n]*?)\"?[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_BATCH_WORD = re.compile(r"%(\w+)(?::[^%\n]*)?%|!(\w+)!|%%~?(\w)|%~?\w*|\^(?:\r?\n)?|[\\'`#$;()\r]")

# Quoted text, comments and here-strings of PowerShell, and what parts its statements (about_Parsing, about_Quoting_Rules).
_PARTS = re.compile(
    r"@'\r?\n.*?\n'@|@\"\r?\n.*?\n\"@|<#.*?#>|#[^\n]*|\"(?:[^\"`]|`.)*+\"|'[^']*+'|`\r?\n|`.|(?P<end>[;{}|\n]|&&)", re.DOTALL
)
_PREFIX = re.compile(
    r"(?:\s+|[&.(][ \t]*(?=[\w\"'$(.])|(?:return|exec)\b[ \t]*|(?:else)?if[ \t]*(?=\()|(?:\[\w+\])?\$[\w:.]+[ \t]*\+?=[ \t]*|"
    r"(?:Invoke-Expression|iex)[ \t]+(?:-Command[ \t]+)?[\"']?)+",
    re.IGNORECASE,
)
_POWERSHELL_WORD = re.compile(r"\$(?:env:(\w+)|\{env:(\w+)\})|`\r?\n|`(.)|\\|\r", re.IGNORECASE)


def is_windows_script(path: str) -> bool:
    """Whether a file is a batch file or a script of PowerShell by its suffix."""
    return path.lower().endswith((".bat", ".cmd", ".ps1", ".psm1"))


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The commands of a file."""
    shell = "powershell" if file.path.lower().endswith(("1",)) else "cmd"
    yield from commands(Script(whole(file), Context.SCRIPT), shell, needles)


def commands(script: Script, shell: str, needles: Needles) -> Iterator[Script]:
    """Each command of a script for `cmd`, `powershell` or `pwsh` that holds a needle, or a variable that does."""
    text = script.source
    if shell == "cmd":
        variables = {**script.variables, **{name: _posix(value) for name, value in _BATCH_SET.findall(text.text)}}
        spans, word, spell = _batch(text.text), _BATCH_WORD, _batch_word
    else:
        variables, spans, word, spell = dict(script.variables), _statements(text.text), _POWERSHELL_WORD, _powershell_word
    for start, end in spans:
        if holds(text.text[start:end], needles):
            source = text.rewrite(_respelled(text.text, start, end, word, spell))
            yield Script(source, script.context, script.stage, variables)


def _batch(text: str) -> Iterator[tuple[int, int]]:
    for line in _BATCH_LINE.finditer(text):
        if not _BATCH_COMMENT.match(line[0]):
            prefix = _BATCH_PREFIX.match(text, *line.span())
            yield prefix.end() if prefix else line.start(), line.end()


def _statements(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    several = max(text.rfind("\n'@"), text.rfind('\n"@'), text.rfind("#>"))
    for part in (
        chain(_PARTS.finditer(text, 0, several + 3), _ONE_LINE.finditer(text, several + 3)) if several >= 0 else _ONE_LINE.finditer(text)
    ):
        if part["end"] or part[0][0] in "#<" or part[0][:2] in ("@'", '@"'):
            yield _without_prefix(text, start, part.start())
            start = part.end()
    yield _without_prefix(text, start, len(text))


def _without_prefix(text: str, start: int, end: int) -> tuple[int, int]:
    prefix = _PREFIX.match(text, start, end)
    if prefix is None:
        return start, end
    first = prefix.end()
    # A quote or bracket that was opened before it is closed behind it.
    while end > first and (
        text[end - 1].isspace()
        or (text[end - 1] in "\"')" and text[first:end].count(text[end - 1]) % 2 and text[end - 1] in prefix[0].replace("(", ")"))
    ):
        end -= 1
    return first, end


def _respelled(text: str, start: int, end: int, word: re.Pattern[str], spell: Callable[[re.Match[str]], str]) -> Iterator[Piece]:
    for found in word.finditer(text, start, end):
        yield text[start : found.start()], start, found.start()
        yield spell(found), found.start(), found.end()
        start = found.end()
    yield text[start:end], start, end


def _batch_word(found: re.Match[str]) -> str:
    if name := found[1] or found[2] or found[3]:
        return f"${{{name}}}"
    if found[0].startswith("%"):
        return "${_}"
    return "/" if found[0] == "\\" else " " if found[0] in "()\r" or "\n" in found[0] else "" if found[0] == "^" else "_"


def _powershell_word(found: re.Match[str]) -> str:
    if name := found[1] or found[2]:
        return f"${{{name}}}"
    return "/" if found[0] == "\\" else found[3] or " "


def _posix(value: str) -> str:
    return re.sub(r"%(\w+)%", r"${\1}", value).replace("\\", "/")
