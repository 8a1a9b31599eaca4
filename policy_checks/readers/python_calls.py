"""Python source: the commands of calls that start a process, as shell text."""

import ast
import re
import string
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from policy_checks.readers.embedded import Embedded, Piece, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.python_strings import Strings, is_text
from policy_checks.readers.python_values import Scope, Values, called, calls_in_scopes, dotted
from policy_checks.readers.shell import Context, Script
from policy_checks.source import SourceFile, Span, Unreadable

# By the last part of a call's name: subprocess, os, asyncio, pty, fabric, IPython, and the functions that projects wrap around them.
_CALLEE = re.compile(
    r"_?(?:run(?:_\w+)?|\w*_run|(?:\w*_)?call(?:_\w+)?|check_call|check_output|Popen|popen\d?|system(?:_piped|_raw)?|getoutput|"
    r"getstatusoutput|exec[vl]p?e?|spawn(?:[vl]p?e?)?|posix_spawnp?|create_subprocess_(?:exec|shell)|shell|bash|sh|sudo|local|"
    r"(?:\w+_)?(?:execute|command|cmd)|BashOperator|magic|main|pip[-_]?main|pip3?)"
)
_ARRAY_FIRST = re.compile(r"(?:exec|spawn)[vl]p?e?|posix_spawnp?")  # os.execvp(file, argv), os.spawnl(mode, file, *argv)
_PIP = re.compile(r"_?(?:run_)?pip3?|_?(?:pip[-_]?)?main")  # pip's own functions, and those that are named after it
_PIP_MODULES = ("pip", "pip._internal", "pip._internal.main", "pip._internal.cli.main")
_COMMAND_KEYWORDS = ("args", "cmd", "command", "bash_command", "commands")
_PARENTHESIS = re.compile(
    r"""[()]|#[^\n]*|('{3}|\"{3})(?:[^\\]|\\.)*?(?:\1|\Z)|'(?:\\.|[^'\\\n])*(?:'|\Z)|"(?:\\.|[^"\\\n])*(?:"|\Z)""", re.DOTALL
)
_NEAR = 10_000  # characters of a call's arguments, or of a value, before the word that is looked for
_LINE = 500  # characters of a line before it
_LAST = 12  # calls before it that are looked at
_BEFORE = 120  # characters of a call before a variable among its arguments
_LONGEST, _LETTERS = 60, string.ascii_letters + string.digits + "_"  # of the names of calls
_LOOP = re.compile(r" in [ \t]*\*?\Z")
_CLOSING = string.whitespace + ")]}"  # a line that begins so ends no value by standing further left
_NAME_PART = re.compile(r"[\w.]")
_ASSIGNMENT = re.compile(
    r"^([ \t]*)(?:for[ \t]+)?([A-Za-z_][\w.]*)[ \t]*(?::[^=\n]*)?(?:\+?=(?!=)|[ \t]in\b|\.(?:append|extend)\()", re.MULTILINE
)
# What stands between it and a string of several lines: nothing, or the call of `dedent`.
_OPENING = re.compile(_ASSIGNMENT.pattern + r"\s*(?:[\w.]+\(\s*)?[rRfFbBuU]{0,2}\Z", re.MULTILINE)


def is_python(path: str) -> bool:
    """Whether a file is Python by its suffix."""
    return path.endswith((".py", ".pyw"))


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The command lines that a file's calls spell out."""
    if may_run(file.text, needles):
        yield from calls(whole(file), Context.SCRIPT)


def may_run(text: str, needles: Needles) -> bool:
    """Whether one of the texts may be given to a call, as far as a quick look tells: parsing costs a hundred times more."""
    if not needles:
        return any(_process_calls(text, 0, len(text)))
    for needle in needles:
        at = text.find(needle)
        while at >= 0:
            if not _is_comment(text, at) and (_is_argument(text, at) or _is_handed_on(text, at)):
                return True
            at = text.find(needle, at + 1)
    return False


def _is_comment(text: str, at: int) -> bool:
    """Whether the line of an offset begins with `#`: a comment of Python, or in a string of several lines the shell's."""
    before, mark, _ = text[max(text.rfind("\n", 0, at), at - _LINE) + 1 : at].partition("#")
    return mark != "" and not before.strip()


@lru_cache(maxsize=4096)
def _starts_process(name: str) -> bool:
    return _CALLEE.fullmatch(name) is not None or name == "partial"


def _name_before(text: str, at: int) -> str:
    """The name in front of a parenthesis."""
    before = text[max(0, at - _LONGEST) : at].rstrip(" ")
    return before[len(before.rstrip(_LETTERS)) :]


def _process_calls(text: str, start: int, at: int) -> Iterator[int]:
    """Where the arguments of calls begin that may start a process, from an offset backwards."""
    while (at := text.rfind("(", start, at)) >= 0:  # four times as fast as an expression that looks for names
        if _starts_process(_name_before(text, at)):
            yield at + 1


def _is_argument(text: str, at: int) -> bool:
    """Whether an offset lies in the arguments of such a call."""
    return any(_is_open(text, call, at) for call in islice(_process_calls(text, max(0, at - _NEAR), at), _LAST))


def _is_open(text: str, start: int, end: int) -> bool:
    """Whether the parenthesis before `start` is still open at `end`; those inside strings do not count."""
    depth = 1
    for found in _PARENTHESIS.finditer(text, start, end):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return False
    return True


def _is_handed_on(text: str, at: int) -> bool:
    """Whether an offset lies in the value of a variable that is given to such a call, or looped over."""
    return any(_is_given(text, name) for name in dict.fromkeys(_assigned(text, at)))


def _assigned(text: str, at: int) -> Iterator[str]:
    """The variables whose value an offset lies in: no line after the assignment is indented less, or a string is still open."""
    first = max(text.rfind("\n", 0, max(0, at - _NEAR)) + 1, at - 2 * _NEAR)
    for quote in ("'''", '"""'):
        opened = text.rfind(quote, first, at)
        if opened >= 0 and (assignment := _OPENING.search(text, max(first, opened - _LINE), opened)):
            yield assignment[2]
    least, start, end = _LINE, at, at
    while least > 0 and start > first:
        start = text.rfind("\n", first, end) + 1 or first
        line = text[start:end]
        written = line.lstrip(" \t")
        indentation = len(line) - len(written)
        if indentation < least:
            if assignment := _ASSIGNMENT.match(text, start, at):
                yield assignment[2]
            if written and written[0] not in _CLOSING:
                least = indentation
        end = start - 1


@lru_cache(maxsize=64)
def _is_given(text: str, name: str) -> bool:
    """Whether a variable is among the arguments of a call that may start a process, or looped over."""
    if name == "sys.argv" and "run_module" in text:
        return True
    at = text.find(name)
    while at >= 0:
        before = text[max(0, at - _BEFORE) : at]
        if not _NAME_PART.match(text, at + len(name)) and (
            _LOOP.search(before) or (not _NAME_PART.match(before[-1:]) and _starts_process(_called(text, at - len(before), at)))
        ):
            return True
        at = text.find(name, at + 1)
    return False


def _called(text: str, start: int, at: int) -> str:
    """The name of the call whose arguments an offset lies in, as far as the nearest parenthesis tells; empty without one."""
    opened = text.rfind("(", start, at)
    return _name_before(text, opened) if opened >= 0 and text.find(")", opened, at) < 0 else ""


def calls(source: Embedded, context: Context) -> Iterator[Script]:
    """The command lines of the calls in Python source; raises Unreadable where that is no Python."""
    try:
        tree = ast.parse(source.text)
    except SyntaxError as error:
        at = _offset(source.text, error.lineno or 1, 0)
        raise Unreadable(source.file, source.span(at, at + 1) if source.text else Span(0, 0), f"not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(source.file, source.span(0, 1), f"not Python: {error}") from None
    strings, met = Strings(source), set()
    mocks = {"mock.call", "unittest.mock.call", "mocker.call"}
    if "mock import" in source.text:  # a walk over a tree takes as long as parsing it
        mocks |= _imported(tree, "call", ("mock", "unittest.mock"))
    pips = {"pip.main", "pip._internal.main", "pip._internal.cli.main.main"}
    if "from pip" in source.text:
        pips |= _imported(tree, "main", _PIP_MODULES)
    for call, scope in [*calls_in_scopes(tree)]:
        if called(call) == "partial" and call.args:  # functools.partial(subprocess.run, "a", "b")
            call = ast.Call(call.args[0], call.args[1:], call.keywords)
        name = dotted(call.func)
        # `mock.call(…)` is what a test expects, it runs nothing; a `main` is that of any program.
        if _CALLEE.fullmatch(called(call)) and name not in mocks and (called(call) != "main" or name in pips):
            for pieces in _commands(call, scope, strings):
                if pieces and tuple(pieces) not in met:  # a variable may be run twice
                    met.add(tuple(pieces))
                    yield Script(source.rewrite(pieces), context)


def _imported(tree: ast.AST, name: str, modules: Sequence[str]) -> set[str]:
    """What a name of these modules is called in this one."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module in modules)
    return {alias.asname or alias.name for node in nodes for alias in node.names if alias.name == name}


def _offset(text: str, line: int, column: int) -> int:
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    return min(starts[min(line, len(starts)) - 1] + column, max(len(text) - 1, 0))


def _commands(call: ast.Call, scope: Scope, strings: Strings) -> Iterator[list[Piece]]:
    """The command lines that a call's arguments spell."""
    values, name = Values(strings, scope), called(call)
    arguments: Sequence[ast.expr] = call.args
    if _ARRAY_FIRST.fullmatch(name):
        arguments = arguments[2 if name.startswith("spawn") else 1 :]
    if not arguments:
        arguments = [keyword.value for keyword in call.keywords if keyword.arg in _COMMAND_KEYWORDS][:1]
    if not arguments:
        return
    if name == "run_module":
        yield from _module(_text(values, arguments[0]), values)
    elif _PIP.fullmatch(name):
        yield from _pip(call, arguments, values)
    elif name.endswith("magic"):
        yield from _magic(name, arguments, values)
    elif len(arguments) > 1 and not isinstance(arguments[0], ast.List | ast.Tuple) and any(map(is_text, arguments)):
        yield from _several(arguments, values)
    else:
        yield from values.lines(arguments[0])


def _several(arguments: Sequence[ast.expr], values: Values) -> Iterator[list[Piece]]:
    """Arguments that are the words of one command, or a command line each: `run_commands("a b", "c d")`."""
    if is_text(arguments[0]) and " " in _text(values, arguments[0]).strip():
        yield from (text for text in map(values.text, arguments) if text is not None)
    else:
        yield values.words(arguments)


def _text(values: Values, node: ast.expr) -> str:
    return "".join(piece[0] for piece in values.text(node) or ())


def _module(name: str, values: Values) -> Iterator[list[Piece]]:
    """`runpy.run_module("pip")`, whose words are those of `sys.argv` but for the first."""
    for assigned in values.scope.values("sys.argv"):
        if name == "pip" and isinstance(assigned.value, ast.List) and assigned.value.elts:
            yield [("pip", *values.strings.range(assigned.value.elts[0])), *values.words(assigned.value.elts[1:])]


def _pip(call: ast.Call, arguments: Sequence[ast.expr], values: Values) -> Iterator[list[Piece]]:
    """`pip.main(["install", …])`, `sh.pip("install", …)`: the function stands for the program."""
    start, end = values.strings.range(call.func)
    for line in values.lines(arguments[0]) if not is_text(arguments[0]) else [values.words(arguments)]:
        yield [("pip ", start, end), *line]


def _magic(name: str, arguments: Sequence[ast.expr], values: Values) -> Iterator[list[Piece]]:
    """IPython's `magic("pip …")`, `run_line_magic("pip", "…")`, `run_cell_magic("bash", "", "…")`."""
    texts = [values.text(argument) or values.strings.unknown(argument) for argument in arguments]
    if name == "run_cell_magic":
        yield from texts[2:]
    else:
        yield [piece for text in texts for piece in (*text, (" ", text[-1][2], text[-1][2]))]
