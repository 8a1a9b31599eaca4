"""Commands that start another command: which of their words are that command, or shell text.

It knows nothing of files or positions.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from policy_checks.readers.python_command import PythonRun, is_python, python_run
from policy_checks.readers.wrapper_table import GROUPS, WRAPPERS, Wrapper, valued
from policy_checks.record import record, replace

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "rbash", "fish"})


@record
class Started:
    """What a command line starts: the words (by index) of a command, of shell or Python text, or what reads that from standard input."""

    how: Literal["command", "script", "stdin", "python", "python-stdin"]
    words: tuple[int, ...] = ()
    skip: int = 0  # characters before the script in its word: `--wrap=…`


_NAMES = frozenset(path[0] for path in WRAPPERS) - {"watch", "parallel"}  # those two give a shell what they are given

# Options whose value is text for a shell.
_TEXT_OPTIONS: dict[str, tuple[str, ...]] = {
    "su": ("-c", "--command", "--session-command"),
    "runuser": ("-c", "--command", "--session-command"),
    "script": ("-c", "--command"),
    "flock": ("-c", "--command"),
    "vagrant": ("-c", "--command"),
    "env": ("-S", "--split-string"),
    "sbatch": ("--wrap",),
    "gcloud": ("--command",),
    "nix-shell": ("--run", "--command"),
}
# Options behind which a command stands as words.
_WORD_OPTIONS: dict[str, tuple[str, ...]] = {
    "nix": ("-c", "--command"),
    "tox": ("--",),
}  # tox gives them to its commands, which may be just them
_TMUX = valued("-c -e -F -f -n -s -t -x -y -l -p")
_PDSH = valued("-w -x -g -X -l -u -t -f -R -S -o")
_SSH = valued("-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B", own=1)


def command_name(word: str) -> str:
    """The name a command goes by: without its folder and without `.exe`."""
    return word.replace("\\", "/").rpartition("/")[2].removesuffix(".exe")


def started(words: Sequence[str]) -> Iterator[Started]:
    """Everything that a command line (its words after quote removal) starts."""
    name = command_name(words[0])
    special = _SPECIAL.get(name)
    if special is not None:
        yield from special(words)
    if is_python(name):
        match python_run(words):
            case PythonRun("code", index, skip):
                yield Started("python", (index,), skip)
            case PythonRun("stdin"):
                yield Started("python-stdin")
            case _:  # a module is a command of its own, a file is read where it stands
                pass
    if name in _WORD_OPTIONS:
        yield from _option_words(words, _WORD_OPTIONS[name])
    if name in _TEXT_OPTIONS:
        yield from _option_text(words, _TEXT_OPTIONS[name])
    if name in _NAMES:
        yield from _wrapped(words, name)


def unknown_command(word: str) -> str | None:
    """What a command that is a variable without a known value is, by the variable's name.

    A program of that name (`$DOCKER`), or `sudo` for what may be empty or start the rest (`$SUDO`, `${RUN_IN_BOX}`); else None.
    """
    variable = re.fullmatch(r"\$(?:(\w+)|\{(\w+)\})", word)
    name = (variable[1] or variable[2]).lower().replace("_", "-") if variable else ""
    if name in _NAMES or any(name == path[0] for path in GROUPS):
        return name
    return "sudo" if re.search(r"sudo|run|exec|prefix|wrap|retry|launch|srun|nice", name) else None


def in_container(words: Sequence[str]) -> bool:
    """Whether what the command line starts runs in a container: `docker run`, `kubectl exec`."""
    found = _find(words, command_name(words[0]))
    return found is not None and found[0].container


def _find(words: Sequence[str], name: str) -> tuple[Wrapper, int] | None:
    """The wrapper that a command line is, and the index of the first word after its subcommand."""
    path: tuple[str, ...] = (name,)
    index = 1
    while path in GROUPS:
        index = _after_options(words, index, GROUPS[path])
        if index >= len(words):
            return None
        path, index = (*path, words[index]), index + 1
    wrapper = WRAPPERS.get(path)
    return None if wrapper is None else (wrapper, index)


def _wrapped(words: Sequence[str], name: str) -> Iterator[Started]:
    found = _find(words, name)
    if found is None or (name == "command" and words[1:2] and words[1] in ("-v", "-V")):
        return
    wrapper, index = found
    entrypoint = _entrypoint(words, index) if wrapper.container else ()
    index = _after_options(words, index, wrapper)
    if wrapper.own:
        index += wrapper.own
        # What follows docker's image is the command's; others take options there, too: `kubectl exec POD -c NAME -- command`.
        if wrapper.flags is None or words[index : index + 1] == ["--"]:
            index = _after_options(words, index, wrapper)
    while index < len(words) and (
        (wrapper.assignments and re.match(r"\w+=|-$", words[index])) or re.fullmatch(r"\d+(\.\d+)?[smhd]?", words[index])
    ):
        index += 1  # `env A=b`, and the counts of the many scripts named retry: no command is called 3
    rest = (*entrypoint, *range(index, len(words)))
    if wrapper.container:
        rest = _from_shell(words, rest)
    if not rest:
        return
    if wrapper.container and re.fullmatch(r"-\w*c", words[rest[0]]) and len(rest) > 1:
        yield Started("script", rest[1:2])  # the entry point is a shell
    elif name == "hatch" and (environment := re.match(r"[\w.-]+:(?=\S)", words[rest[0]])):
        yield Started("script", rest, environment.end())  # `hatch run test:pip`
    else:
        yield Started("command", rest)


def _after_options(words: Sequence[str], index: int, wrapper: Wrapper) -> int:
    while index < len(words) and words[index].startswith(("-", "+")) and len(words[index]) > 1:
        word = words[index]
        if word == "--":
            return index + 1
        if word in ("-m", "--module") and "--with" in wrapper.valued:
            return index  # `uv run -m pip`: from here on it reads like python's own arguments
        index += 2 if wrapper.takes_next(word) else 1
    return index


def _entrypoint(words: Sequence[str], index: int) -> tuple[int, ...]:
    try:
        at = list(words).index("--entrypoint", index) + 1
    except ValueError:
        return ()
    return (at,) if at < len(words) and words[at] else ()


def _from_shell(words: Sequence[str], rest: tuple[int, ...]) -> tuple[int, ...]:
    """With options in a variable (`docker run $OPTIONS IMAGE bash -c …`) the image is not where it seems."""
    if rest and command_name(words[rest[0]]) not in SHELLS:
        for position, index in enumerate(rest[:-2]):
            if command_name(words[index]) in SHELLS and re.fullmatch(r"-\w*c", words[rest[position + 1]]):
                return rest[position:]
    return rest


def _shell(words: Sequence[str]) -> Iterator[Started]:
    """A shell's own arguments (POSIX sh, bash(1)): `-c TEXT`, a script file, or standard input."""
    index, text, stdin = 1, False, False
    while index < len(words) and re.match(r"[-+].", words[index]):
        option = words[index]
        index += 1
        if option == "--":
            break
        if option.startswith("--"):
            index += option in ("--rcfile", "--init-file")
        else:
            text |= "c" in option and option[0] == "-"
            stdin |= "s" in option and option[0] == "-"
            index += option[-1] in "oO"
    if text:
        if index < len(words):
            yield Started("script", (index,))
    elif stdin or index >= len(words) or words[index] in ("-", "/dev/stdin") or words[index].startswith("<("):
        yield Started("stdin")


def _source(words: Sequence[str]) -> Iterator[Started]:
    if len(words) > 1 and words[1].startswith(("<(", "/dev/stdin")):
        yield Started("stdin")


def _eval(words: Sequence[str]) -> Iterator[Started]:
    if len(words) > 1:
        yield Started("script", tuple(range(1, len(words))))


def _rest(words: Sequence[str]) -> Iterator[Started]:
    """The shells of Windows: the rest of the line."""
    for index, word in enumerate(words[:-1]):
        if word.lower() in ("/c", "/k", "-c", "-command"):
            yield Started("script", tuple(range(index + 1, len(words))))
            return


def _trap(words: Sequence[str]) -> Iterator[Started]:
    index = 2 if words[1:2] == ["--"] else 1
    if len(words) > index + 1 and words[index] != "-":
        yield Started("script", (index,))


def _ssh(words: Sequence[str]) -> Iterator[Started]:
    several = command_name(words[0]) != "ssh"  # their hosts are the value of an option
    index = _after_options(words, 1, _PDSH) if several else _after_options(words, _after_options(words, 1, _SSH) + 1, _SSH)
    if index < len(words):
        yield Started("script", tuple(range(index, len(words))))
    else:
        yield Started("stdin")


def _joined(words: Sequence[str]) -> Iterator[Started]:
    """Programs that join their words to one text and give it to a shell, like ssh."""
    index = _after_options(words, 1, WRAPPERS.get((command_name(words[0]),), _TMUX))
    end = next((at for at in range(index, len(words)) if re.fullmatch(r":::?:?\+?", words[at])), len(words))  # parallel's values
    if index < end:
        yield Started("script", tuple(range(index, end)))


def _tmux(words: Sequence[str]) -> Iterator[Started]:
    for index, word in enumerate(words[1:], 1):
        if word in ("new-session", "new", "new-window", "neww", "split-window", "splitw", "respawn-pane"):
            yield from (replace(found, words=tuple(at + index for at in found.words)) for found in _joined(words[index:]))
            return


def _sudo_shell(words: Sequence[str]) -> Iterator[Started]:
    """`sudo -i` and `sudo -s` without a command: a shell that reads its standard input."""
    if not any(True for _ in _wrapped(words, "sudo")) and any(
        re.fullmatch(r"-[A-Za-z]*[is][A-Za-z]*|--login|--shell", word) for word in words[1:]
    ):
        yield Started("stdin")


def _su(words: Sequence[str]) -> Iterator[Started]:
    if not any(True for _ in _option_text(words, _TEXT_OPTIONS["su"])):
        yield Started("stdin")


def _batch(words: Sequence[str]) -> Iterator[Started]:
    """Queues that read a script from standard input; who names a file gives none there."""
    if not any(True for _ in _option_text(words, _TEXT_OPTIONS["sbatch"])):
        yield Started("stdin")


def _find_exec(words: Sequence[str]) -> Iterator[Started]:
    index = 0
    while index < len(words):
        if words[index] in ("-exec", "-execdir", "-ok", "-okdir"):
            first = index = index + 1
            while index < len(words) and words[index] not in (";", "+"):
                index += 1
            if index > first:
                yield Started("command", tuple(range(first, index)))
        index += 1


def _option_words(words: Sequence[str], options: tuple[str, ...]) -> Iterator[Started]:
    index = next((index for index, word in enumerate(words) if word in options), len(words)) + 1
    if index < len(words):
        yield Started("command", tuple(range(index, len(words))))


def _option_text(words: Sequence[str], options: tuple[str, ...]) -> Iterator[Started]:
    for index, word in enumerate(words[1:], 1):
        if word in options or ("-c" in options and re.fullmatch(r"-[a-z]*c", word)):
            if index + 1 < len(words):
                yield Started("script", (index + 1,))
            return
        for option in options:
            if word.startswith(option + "=") and option.startswith("--"):
                yield Started("script", (index,), len(option) + 1)
                return


_SPECIAL: dict[str, Callable[[Sequence[str]], Iterator[Started]]] = {
    **dict.fromkeys(SHELLS, _shell),
    **dict.fromkeys(("cmd", "powershell", "pwsh"), _rest),
    "eval": _eval,
    **dict.fromkeys(("source", "."), _source),
    "trap": _trap,
    **dict.fromkeys(("ssh", "pdsh", "clush"), _ssh),
    "su": _su,
    **dict.fromkeys(("sbatch", "qsub", "bsub", "at", "batch"), _batch),
    "find": _find_exec,
    **dict.fromkeys(("watch", "parallel"), _joined),
    "tmux": _tmux,
    "sudo": _sudo_shell,
}
