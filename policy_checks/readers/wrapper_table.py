"""The options of commands that start another command, from their manual pages: which of their words are not that command."""

from policy_checks.record import record


@record
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


def valued(options: str = "", own: int = 0, *, assignments: bool = False, container: bool = False) -> Wrapper:
    """A wrapper of which these options take the next word."""
    return Wrapper(frozenset(options.split()), None, own, assignments, container)


def flags(options: str, own: int = 0, *, container: bool = False) -> Wrapper:
    """A wrapper of which all options but these take the next word."""
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
_IN_ENVIRONMENT = valued("-C --directory -P --project -p --project-path -e --env --environment --manifest-path --venv")

_DOCKERS = ("docker", "podman", "nerdctl", "nvidia-docker")

# A path names a subcommand; the options of the words before the last one may stand in between.
_COMPOSE: tuple[tuple[str, ...], ...] = (("docker", "compose"), ("podman", "compose"), ("docker-compose",))
GROUPS: dict[tuple[str, ...], Wrapper] = {
    **{
        (tool,): valued("-H --host -c --context --config -l --log-level --root --storage-driver -n --namespace --address")
        for tool in _DOCKERS
    },
    **{(tool, "container"): valued() for tool in _DOCKERS},
    **{path: valued("-f --file -p --project-name --profile --env-file --project-directory") for path in _COMPOSE},
    ("uv",): valued("--color --directory --project --config-file --cache-dir --python-preference --allow-insecure-host"),
    ("uv", "tool"): valued(),
    **{(tool,): _IN_ENVIRONMENT for tool in ("poetry", "pdm", "hatch", "pixi", "rye", "pipenv", "pipx", "tox", "direnv", "rtx", "mise")},
    **{
        (tool,): valued()
        for tool in (
            "conda",
            "mamba",
            "micromamba",
            "singularity",
            "apptainer",
            "lxc",
            "enroot",
            "buildah",
            "devcontainer",
            "pyenv",
            "asdf",
        )
    },
    ("dotenv",): valued("-f --file -q --quote"),
    **{(tool,): valued("-n --namespace -s --server --context --cluster --user --kubeconfig") for tool in ("kubectl", "oc")},
}
WRAPPERS: dict[tuple[str, ...], Wrapper] = {
    ("sudo",): valued(
        "-u --user -g --group -h --host -p --prompt -C -r -t -T -U -D --chdir -R --chroot --other-user --close-from", assignments=True
    ),
    ("doas",): valued("-u -C", assignments=True),
    ("env",): valued("-u --unset -C --chdir", assignments=True),
    ("cross-env",): valued(assignments=True),
    ("command",): valued(),
    ("exec",): valued("-a"),
    **{(name,): valued() for name in (
        "builtin", "nohup", "setsid", "coproc", "unbuffer", "chronic", "catchsegv", "caffeinate", "busybox", "noglob", "nocorrect", "call",
        "fakeroot", "dumb-init", "dbus-run-session", "winpty")},
    ("tini",): valued("-p -e"),
    ("screen",): valued("-S -c -e -h -p -s -t -T -Logfile"),
    ("repeat",): valued(own=1),  # zsh
    ("sshpass",): valued("-f -d -p -P"),
    ("systemd-run",): valued("-p --property -u --unit -E --setenv -t --slice -M --machine -H --host --uid --gid --nice --working-directory"),
    ("chrt",): valued("-T -P -D", own=1),
    ("setarch",): valued(own=1),
    ("wsl",): valued("-d --distribution -u --user --cd"),
    ("time",): valued("-f --format -o --output"),
    ("nice",): valued("-n --adjustment"),
    ("ionice",): valued("-c --class -n --classdata"),
    ("stdbuf",): valued("-i --input -o --output -e --error"),
    ("timeout",): valued("-s --signal -k --kill-after", own=1),
    ("gtimeout",): valued("-s --signal -k --kill-after", own=1),
    ("taskset",): valued(own=1),
    ("numactl",): valued("-m -N -C -i -p --membind --cpunodebind --physcpubind --interleave --preferred"),
    ("chroot",): valued("--userspec --groups", own=1),
    ("arch-chroot",): valued("-u", own=1),
    ("gosu",): valued(own=1),
    ("su-exec",): valued(own=1),
    ("runuser",): valued("-u --user -g --group -G --supp-group -s --shell -w"),
    ("setpriv",): flags("--no-new-privs --clear-groups --keep-groups --init-groups --reset-env"),
    ("unshare",): valued("-S --setuid -G --setgid -R --root -w --wd"),
    ("nsenter",): valued("-t --target -S --setuid -G --setgid"),
    ("flock",): valued("-w --timeout -E --conflict-exit-code", own=1),
    ("xargs",): valued("-I -n -P -L -d -s -a -E --replace --max-args --max-procs --max-lines --delimiter --max-chars --arg-file"),
    ("parallel",): valued("-j --jobs -a --arg-file -S --sshlogin -n -N -I --colsep --delay --timeout --joblog --retries"),
    ("xvfb-run",): valued("-e -f -n -p -s --error-file --auth-file --server-num --server-args --xauth-protocol"),
    ("watch",): valued("-n --interval"),
    ("strace",): valued("-e -o -p -s -u -E"),
    ("retry",): valued("-t --tries -s --sleep -m --min -x --max -d --delay -n --retries --timeout"),
    ("travis_retry",): valued(),
    ("srun",): flags("--pty --exclusive --overlap -l --label -u --unbuffered -v -vv -q --quiet -k --no-kill --no-container-mount-home "
                      "--container-mount-home --container-writable --overcommit -O --contiguous --export-env -E --preserve-env"),
    ("salloc",): flags("--exclusive --overcommit -O --contiguous -v --verbose -Q --quiet -k --no-kill --no-shell -H --hold -s --oversubscribe"),
    **{(name,): valued("-n -np -H --host --hostfile -x --map-by --bind-to -N --npernode -ppn -c") for name in ("mpirun", "mpiexec")},
    **{(tool, *path): flags(_DOCKER_FLAGS, own=1, container=True) for tool in _DOCKERS
       for path in (("run",), ("exec",), ("container", "run"), ("container", "exec"))},
    **{(*path, verb): flags(_DOCKER_FLAGS, own=1, container=True) for path in _COMPOSE for verb in ("run", "exec")},
    **{(tool, "exec"): valued("-B --bind -H --home -W --workdir --pwd --env --env-file --overlay --app", own=1, container=True)
       for tool in ("singularity", "apptainer")},
    **{(tool, "exec"): valued("-n --namespace -c --container -f --filename", own=1, container=True) for tool in ("kubectl", "oc", "lxc")},
    **{(tool, "run"): valued("-n --namespace --image --restart --env --overrides -l --labels --port", own=1, container=True)
       for tool in ("kubectl", "oc")},
    ("enroot", "start"): valued("-c --conf -e --env -m --mount", own=1, container=True),
    ("enroot", "exec"): valued("-e --env", own=1, container=True),
    ("buildah", "run"): valued("-v --volume -e --env --user --workingdir --mount --network", own=1, container=True),
    ("devcontainer", "exec"): valued("--workspace-folder --container-id --config --id-label --remote-env --docker-path", container=True),
    ("dotenv", "run"): valued(),
    **{(tool, "exec"): valued() for tool in ("pyenv", "asdf")},
    ("uv", "run"): valued(_UV_RUN),
    ("uv", "tool", "run"): valued(_UV_RUN),
    ("uvx",): valued(_UV_RUN),
    ("pipx", "run"): valued("--spec --python --pip-args -i --index-url --with"),
    **{(tool, "run"): _IN_ENVIRONMENT for tool in ("poetry", "pdm", "hatch", "pixi", "rye", "pipenv")},
    ("tox", "exec"): _IN_ENVIRONMENT,
    **{(tool, verb): _IN_ENVIRONMENT for tool in ("mise", "rtx") for verb in ("exec", "x")},
    ("direnv", "exec"): valued(own=1),
    **{(tool, "run"): valued("-n --name -p --prefix --cwd") for tool in ("conda", "mamba", "micromamba")},
}  # fmt: skip
