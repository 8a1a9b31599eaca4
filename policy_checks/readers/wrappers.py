"""Commands that start another command: which of their words are that command, or shell text.

One table, taken from the manual pages; it knows nothing of files or positions.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "rbash", "fish"})


@dataclass(frozen=True, slots=True)
class Started:
    """What a command line starts: the words (by index) of a command, of a shell script, or a shell that reads one."""

    how: Literal["command", "script", "stdin"]
    words: tuple[int, ...] = ()
    skip: int = 0  # characters before the script in its word: `--wrap=…`


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How to step over a wrapper's own words.

    `valued` are the options that take the next word; with `flags` it is the other way round: all
    options take one but these. `own` counts the words between the options and the command.
    """

    valued: frozenset[str] = frozenset()
    flags: frozenset[str] | None = None
    own: int = 0
    assignments: bool = False
    container: bool = False

    def takes_next(self, word: str) -> bool:
        """Whether an option's value is the next word."""
        if "=" in word:
            return False
        if word.startswith("--") or len(word) == 2:
            return self._valued(word)
        # A cluster: the first letter with a value takes the rest of the word, if there is any.
        first = next((index for index, letter in enumerate(word[1:]) if self._valued(f"-{letter}")), None)
        return word in self.valued or first == len(word) - 2

    def _valued(self, option: str) -> bool:
        return option in self.valued if self.flags is None else option not in self.flags


def _valued(options: str = "", own: int = 0, *, assignments: bool = False, container: bool = False) -> Wrapper:
    return Wrapper(frozenset(options.split()), None, own, assignments, container)


def _flags(options: str, own: int = 0, *, container: bool = False) -> Wrapper:
    return Wrapper(frozenset(), frozenset(options.split()), own, container=container)


_DOCKER_FLAGS = (
    "-d --detach -i --interactive -t --tty --rm --init --privileged --read-only -P --publish-all --no-healthcheck --oom-kill-disable "
    "--sig-proxy -q --quiet --replace --tls-verify -l --latest -T --no-TTY --no-deps --build --service-ports --use-aliases --remove-orphans"
)
_UV_RUN = (
    "--with --with-editable --with-requirements --extra --no-extra --group --no-group --only-group --env-file --index --default-index "
    "-i --index-url --extra-index-url -f --find-links -P --upgrade-package --reinstall-package --refresh-package --package -p --python "
    "--project --directory --config-file --cache-dir --resolution --prerelease --fork-strategy --exclude-newer --link-mode --color "
    "-C --config-setting --no-build-package --no-binary-package --index-strategy --keyring-provider --python-platform --from -w -c "
    "--constraints --overrides --build-constraints --allow-insecure-host --torch-backend"
)
_IN_ENVIRONMENT = _valued("-C --directory -P --project -p --project-path -e --env --environment --manifest-path --venv")

# A path names a subcommand; the options of the words before the last one may stand in between.
_COMPOSE: tuple[tuple[str, ...], ...] = (("docker", "compose"), ("podman", "compose"), ("docker-compose",))
_GROUPS: dict[tuple[str, ...], Wrapper] = {
    **{
        (tool,): _valued("-H --host -c --context --config -l --log-level --root --storage-driver -n --namespace --address")
        for tool in ("docker", "podman", "nerdctl")
    },
    **{(tool, "container"): _valued() for tool in ("docker", "podman", "nerdctl")},
    **{path: _valued("-f --file -p --project-name --profile --env-file --project-directory") for path in _COMPOSE},
    ("uv",): _valued("--color --directory --project --config-file --cache-dir --python-preference --allow-insecure-host"),
    ("uv", "tool"): _valued(),
    **{(tool,): _IN_ENVIRONMENT for tool in ("poetry", "pdm", "hatch", "pixi", "rye", "pipenv", "pipx", "tox", "direnv", "rtx", "mise")},
    **{(tool,): _valued() for tool in ("conda", "mamba", "micromamba", "singularity", "apptainer", "lxc")},
    **{(tool,): _valued("-n --namespace -s --server --context --cluster --user --kubeconfig") for tool in ("kubectl", "oc")},
}
_WRAPPERS: dict[tuple[str, ...], Wrapper] = {
    ("sudo",): _valued(
        "-u --user -g --group -h --host -p --prompt -C -r -t -T -U -D --chdir -R --chroot --other-user --close-from", assignments=True
    ),
    ("doas",): _valued("-u -C", assignments=True),
    ("env",): _valued("-u --unset -C --chdir", assignments=True),
    ("cross-env",): _valued(assignments=True),
    ("command",): _valued(),
    ("exec",): _valued("-a"),
    **{(name,): _valued() for name in ("builtin", "nohup", "setsid", "coproc", "unbuffer", "chronic", "catchsegv", "caffeinate", "busybox")},
    ("time",): _valued("-f --format -o --output"),
    ("nice",): _valued("-n --adjustment"),
    ("ionice",): _valued("-c --class -n --classdata"),
    ("stdbuf",): _valued("-i --input -o --output -e --error"),
    ("timeout",): _valued("-s --signal -k --kill-after", own=1),
    ("gtimeout",): _valued("-s --signal -k --kill-after", own=1),
    ("taskset",): _valued(own=1),
    ("numactl",): _valued("-m -N -C -i -p --membind --cpunodebind --physcpubind --interleave --preferred"),
    ("chroot",): _valued("--userspec --groups", own=1),
    ("gosu",): _valued(own=1),
    ("su-exec",): _valued(own=1),
    ("runuser",): _valued("-u --user -g --group -G --supp-group -s --shell -w"),
    ("setpriv",): _flags("--no-new-privs --clear-groups --keep-groups --init-groups --reset-env"),
    ("unshare",): _valued("-S --setuid -G --setgid -R --root -w --wd"),
    ("nsenter",): _valued("-t --target -S --setuid -G --setgid"),
    ("flock",): _valued("-w --timeout -E --conflict-exit-code", own=1),
    ("xargs",): _valued("-I -n -P -L -d -s -a -E --replace --max-args --max-procs --max-lines --delimiter --max-chars --arg-file"),
    ("parallel",): _valued("-j --jobs -a --arg-file -S --sshlogin -n -N -I --colsep --delay --timeout --joblog --retries"),
    ("xvfb-run",): _valued("-e -f -n -p -s --error-file --auth-file --server-num --server-args --xauth-protocol"),
    ("watch",): _valued("-n --interval"),
    ("strace",): _valued("-e -o -p -s -u -E"),
    ("retry",): _valued("-t --tries -s --sleep -m --min -x --max -d --delay -n --retries --timeout"),
    ("travis_retry",): _valued(),
    ("srun",): _flags("--pty --exclusive --overlap -l --label -u --unbuffered -v -vv -q --quiet -k --no-kill --no-container-mount-home "
                      "--container-mount-home --container-writable --overcommit -O --contiguous --export-env -E --preserve-env"),
    **{(name,): _valued("-n -np -H --host --hostfile -x --map-by --bind-to -N --npernode -ppn -c") for name in ("mpirun", "mpiexec")},
    **{(tool, *path): _flags(_DOCKER_FLAGS, own=1, container=True) for tool in ("docker", "podman", "nerdctl")
       for path in (("run",), ("exec",), ("container", "run"), ("container", "exec"))},
    **{(*path, verb): _flags(_DOCKER_FLAGS, own=1, container=True) for path in _COMPOSE for verb in ("run", "exec")},
    **{(tool, "exec"): _valued("-B --bind -H --home -W --workdir --pwd --env --env-file --overlay --app", own=1, container=True)
       for tool in ("singularity", "apptainer")},
    **{(tool, "exec"): _valued("-n --namespace -c --container -f --filename", own=1, container=True) for tool in ("kubectl", "oc", "lxc")},
    ("uv", "run"): _valued(_UV_RUN),
    ("uv", "tool", "run"): _valued(_UV_RUN),
    ("uvx",): _valued(_UV_RUN),
    ("pipx", "run"): _valued("--spec --python --pip-args -i --index-url --with"),
    **{(tool, "run"): _IN_ENVIRONMENT for tool in ("poetry", "pdm", "hatch", "pixi", "rye", "pipenv")},
    ("tox", "exec"): _IN_ENVIRONMENT,
    ("mise", "exec"): _IN_ENVIRONMENT,
    ("direnv", "exec"): _valued(own=1),
    **{(tool, "run"): _valued("-n --name -p --prefix --cwd") for tool in ("conda", "mamba", "micromamba")},
}  # fmt: skip
_NAMES = frozenset(path[0] for path in _WRAPPERS)

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
_SSH = _valued("-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B", own=1)


def command_name(word: str) -> str:
    """The name a command goes by: without its folder and without `.exe`."""
    return re.split(r"[/\\]", word)[-1].removesuffix(".exe")


def started(words: Sequence[str]) -> Iterator[Started]:
    """Everything that a command line (its words after quote removal) starts."""
    name = command_name(words[0])
    special = _SPECIAL.get(name)
    if special is not None:
        yield from special(words)
    if name in _TEXT_OPTIONS:
        yield from _option_text(words, _TEXT_OPTIONS[name])
    if name in _NAMES:
        yield from _wrapped(words, name)


def in_container(words: Sequence[str]) -> bool:
    """Whether what the command line starts runs in a container: `docker run`, `kubectl exec`."""
    found = _find(words, command_name(words[0]))
    return found is not None and found[0].container


def _find(words: Sequence[str], name: str) -> tuple[Wrapper, int] | None:
    """The wrapper that a command line is, and the index of the first word after its subcommand."""
    path: tuple[str, ...] = (name,)
    index = 1
    while path in _GROUPS:
        index = _after_options(words, index, _GROUPS[path])
        if index >= len(words):
            return None
        path, index = (*path, words[index]), index + 1
    wrapper = _WRAPPERS.get(path)
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
        (wrapper.assignments and re.match(r"\w+=", words[index])) or re.fullmatch(r"\d+(\.\d+)?[smhd]?", words[index])
    ):
        index += 1  # `env A=b`, and the counts of the many scripts named retry: no command is called 3
    rest = (*entrypoint, *range(index, len(words)))
    if wrapper.container:
        rest = _from_shell(words, rest)
    if not rest:
        return
    if wrapper.container and re.fullmatch(r"-\w*c", words[rest[0]]) and len(rest) > 1:
        yield Started("script", rest[1:2])  # the entry point is a shell
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
    elif stdin or index >= len(words) or words[index] in ("-", "/dev/stdin"):
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
    index = _after_options(words, _after_options(words, 1, _SSH) + 1, _SSH)
    if index < len(words):
        yield Started("script", tuple(range(index, len(words))))
    else:
        yield Started("stdin")


def _su(words: Sequence[str]) -> Iterator[Started]:
    if not any(True for _ in _option_text(words, _TEXT_OPTIONS["su"])):
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
    "trap": _trap,
    "ssh": _ssh,
    "su": _su,
    "find": _find_exec,
}
