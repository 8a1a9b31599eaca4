"""Commands that other commands start, to any depth: wrappers, and text given to a shell."""

from collections.abc import Iterator
from itertools import repeat

from policy_checks.readers import python_calls
from policy_checks.readers.embedded import Embedded
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import Script, ShellCommand, words_as_text
from policy_checks.readers.shell_tree import Tree
from policy_checks.readers.wrappers import started, unknown_command
from policy_checks.record import replace
from policy_checks.source import Unreadable

MAX_SCRIPT = 10_000_000  # characters; a generated script of that size takes half a minute
MAX_DEPTH = 64  # commands inside commands inside …; the deepest that people write is about five


def commands(script: Script, needles: Needles = ()) -> Iterator[ShellCommand | Unreadable]:
    """Every command that a script runs, and those that they start in turn, to any depth that anybody writes.

    With needles, commands that are plain words and hold none of them are left out. Raises Unreadable for a text beyond all measure.
    """
    if len(script.source.text) > MAX_SCRIPT:
        raise Unreadable(script.source.file, script.source.span(0, 1), f"a script of more than {MAX_SCRIPT} characters is not read")
    tree = Tree(script, None, None)
    yield from tree.lost(needles)
    # A stack of what is still to come at each depth: python's recursion limit is never met.
    waiting: list[Iterator[tuple[ShellCommand | Unreadable, Tree]]] = [zip(tree.commands(needles), repeat(tree))]
    seen: set[tuple[int, int, tuple[str, ...], bool]] = set()
    budget = 8 * len(script.source.text) + 100_000
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        command, tree = found
        if isinstance(command, Unreadable):
            yield command
            continue
        if command.outer is not None:
            budget -= sum(word.end - word.start for word in command.words)
        # `bash -c "$(pip install x)"` shows what is substituted twice: outside, and inside the text.
        calls_function = tree.defines(command)
        key = command.words[0].span.start, command.words[-1].span.end, tuple(word.value for word in command.words), calls_function
        if key in seen:
            continue
        seen.add(key)
        if not calls_function:
            yield command
        if command.depth < MAX_DEPTH and budget >= 0:
            waiting.append(_inner(command, tree, needles))
            continue
        yield Unreadable(command.place.file, command.place.span, "commands nested this deeply in others are not followed")
        if budget < 0:
            return


def _inner(command: ShellCommand, tree: "Tree", needles: Needles) -> "Iterator[tuple[ShellCommand | Unreadable, Tree]]":
    values = [word.value for word in command.words]
    if not command.words[0].known and "python" in command.written(command.words[0]).lower():
        values[0] = "python"  # `"$PYTHON" - <<EOF`, `${{ steps.python.outputs.python-path }} -c …`
    elif not command.words[0].known and values[1:2] != ["-m"]:
        values[0] = unknown_command(values[0]) or values[0]
    for words in tree.through_function(command, needles):
        yield ShellCommand(command.script, words, command, command.stdin, command.depth + 1), tree
    for start in started(values):
        if start.how == "command":
            words = tuple(command.words[index] for index in start.words)
            yield ShellCommand(command.script, words, command, command.stdin, command.depth + 1), tree
            continue
        text = command.stdin if start.how in ("stdin", "python-stdin") else words_as_text(command, start)
        if text is None:
            continue
        try:
            for script in _python(text, command, needles) if start.how.startswith("python") else (replace(command.script, source=text),):
                nested = Tree(script, tree.spelling, command, command.stdin if text is not command.stdin else None)
                yield from ((found, nested) for found in nested.commands(needles))
        except Unreadable as error:
            yield error, tree


def _python(text: Embedded, command: ShellCommand, needles: Needles) -> Iterator[Script]:
    """The commands that Python text runs, `python -c` or a here-document."""
    if python_calls.may_run(text.text, needles):
        yield from python_calls.calls(text, command.script.context)
