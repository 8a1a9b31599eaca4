"""What the tools print when a pitfall is met: one pattern for each wording, looked for in a line without colours and prefixes.

`needle` is a part of the line that is searched for first, in bytes. Where no test can produce a wording (docker's daemon, BuildKit,
crun, enroot), its source is named; all others come from the tool that is named, run by the tests.
"""

from policy_checks.record import record


@record
class Symptom:
    """One wording. Named groups: `module`, `path`, `image` (a reference), `registry` (host, maybe with a port), `secret`, `url`.

    `before`: a line shortly before it that names the image, where the wording itself does not.
    """

    key: str  # of a pitfall, or `INSTALLED`
    needle: str
    pattern: str
    before: str = ""
    unless: str = ""  # a text in the line by which it is another matter


INSTALLED = "pip-installed"  # not a pitfall: what pip says when all went well
_ERROR = r"(?:^|\s)error: "  # uv; behind a prefix that we do not know, too
_TELLER = r"(?:^|: |/)"  # a shell or another program names itself first: `bash: line 1: `
_NAMED = r"(?P<image>[\w.-]+(?::\d+)?/[\w./:@-]+)"
_REFUSED = r"(?:denied\b|unauthorized\b|authentication required|invalid username/password|(?:403|401) ?\(?(?:Forbidden|Unauthorized))"
# `docker pull X` in a trace, docker's and podman's own lines before an error.
_PULLED = rf"(?:\bpull (?:--\S+ )*|Trying to pull |Unable to find image '|FROM (?:--\S+ )?){_NAMED}"
_AGAIN = "retrying in"  # it may succeed yet
_UNREACHABLE = r"(?:dial tcp|tls: |http: server gave HTTP response to HTTPS client|net/http: |context deadline exceeded|EOF)"

SYMPTOMS = (
    # uv 0.4 to 0.13, `uv sync --locked` and `uv lock --check`
    Symptom("stale-lock", "The lockfile at", _ERROR + r"The lockfile at `[^`]*` needs to be updated, but `--\w+` was provided"),
    Symptom("missing-lock", "Unable to find lockfile", _ERROR + r"Unable to find lockfile(?: at `[^`]*`)?"),
    Symptom("damaged-lock", "Failed to parse", _ERROR + r"Failed to parse `[^`]*uv\.lock`"),
    # uv before 0.13 begins with a multiplication sign
    Symptom("dependency-conflict", "No solution found when resolving", r"(?:^|\s)(?:error:|\xd7|x) No solution found when resolving "),
    Symptom("stale-lock-offline", "Packages were unavailable", r"hint: Packages were unavailable because the network was disabled"),
    # pip 19 to 26
    Symptom(INSTALLED, "Successfully installed ", r"^Successfully installed (?P<module>\S.*)"),
    Symptom(INSTALLED, "Requirement already satisfied: ", r"^Requirement already satisfied: (?P<module>[\w.-]+)"),
    # CPython; pytest puts `E   ` in front
    Symptom("missing-module", "ModuleNotFoundError: ", r"^(?:E\s+)?ModuleNotFoundError: No module named '?(?P<module>[\w.]+)'?(?:[.;].*)?$"),
    Symptom("missing-module", ": No module named ", r"^\S*python[\d.]*(?:\.exe)?: No module named (?P<module>(?!uv$)[\w.]+)$"),  # python -m
    Symptom("externally-managed", "externally-managed-environment", _ERROR + "externally-managed-environment$"),  # pip, PEP 668
    Symptom("externally-managed", "The interpreter at", _ERROR + r"The interpreter at `?\S+ is externally managed"),  # uv pip
    # bash and dash (also `exec`), make, GNU env, timeout, nohup, nice, xargs, python -m and subprocess, zsh, fish
    Symptom("uv-missing", "uv: command not found", _TELLER + r"uv: command not found$"),
    Symptom("uv-missing", "uvx: command not found", _TELLER + r"uvx: command not found$"),
    Symptom("uv-missing", ": uv: not found", r": (?:exec: )?uv: not found$"),
    Symptom("uv-missing", "uv: No such file or directory", r": (?:line \d+: )?uv: No such file or directory$"),
    Symptom("uv-missing", "uv'", r": (?:failed to run command )?'uv': No such file or directory$"),
    Symptom("uv-missing", "uv\u2019", ": (?:failed to run command )?\u2018uv\u2019: No such file or directory$"),
    Symptom("uv-missing", "No such file or directory: 'uv'", r"^(?:E\s+)?FileNotFoundError: \[Errno 2\] No such file or directory: 'uv'"),
    Symptom("uv-missing", ": No module named uv", r"^\S*python[\d.]*(?:\.exe)?: No module named uv$"),
    Symptom("uv-missing", "command not found: uv", r"^\S*zsh(?::\d+)?: command not found: uvx?$"),  # zsh: Src/exec.c, not run
    Symptom("uv-missing", "Unknown command: uv", r"(?:^|\s)Unknown command: '?uvx?'?$"),  # fish: share/functions, not run
    # buildah with chroot isolation, runc (docker: "OCI runtime create failed: … exec: \"uv\": …")
    Symptom("uv-missing", "executable file not found in $PATH", r"""exec: \\*["']uvx?\\*["']: executable file not found in \$PATH"""),
    # crun (podman): src/libcrun/container.c, not run here
    Symptom("uv-missing", "not found in $PATH", r"""executable file [`'"]uvx?[`'"] not found in \$PATH"""),
    # libc's text for ENOSPC as uv, pip, git, tar and cp print it; Go's and Rust's are the second and the number
    Symptom("disk-full", "No space left on device", r"(?:`(?P<path>/[^`]+)`|'(?P<quoted>/[^']+)')?(?:: |\[Errno 28\] )No space left on device"),
    Symptom("disk-full", "no space left on device", r"(?:\s(?P<path>/[^\s:]+))?: no space left on device"),  # Go: syscall/zerrors
    Symptom("disk-full", "(os error 28)", r"(?:`(?P<path>/[^`]+)`: [^`]*)?\(os error 28\)"),
    Symptom("disk-full", "ENOSPC", r"\bENOSPC\b: no space left"),  # Node: libuv, not run
    Symptom("quota", "isk quota exceeded", r"(?:`(?P<path>/[^`]+)`)?(?:: |\[Errno 122\] )[Dd]isk quota exceeded"),  # EDQUOT: no quota here
    # buildah 1.28 and podman: internal/parse GetSecretMount, later ones put the id in quotes
    Symptom("jet-secret", "secret required but no secret", r'secret required but no secret with id "?(?P<secret>[^"\s]+?)"? found'),
    # what the command says when the secret is optional and not there: cat, a shell's `<`, Python
    Symptom("jet-secret", "/run/secrets/", r": (?:cannot open )?(?P<secret>/run/secrets/[\w.-]+): No such file(?: or directory)?$"),
    Symptom("jet-secret", "/run/secrets/", r"No such file or directory: '(?P<secret>/run/secrets/[^']+)'"),
    # buildah: the file that `--secret id=…,src=` names is not there
    Symptom("jet-secret", "could not parse secrets", r"could not parse secrets: (?P<secret>.*)"),
    # BuildKit, solver/llbsolver/mounts and session/secrets; docker/compose#10222 shows it; `secret ID: not found` since 0.13
    Symptom("jet-secret", "failed to solve: secret ", r"failed to solve: (?:.*: )?secret (?P<secret>\S+?):?(?: not found)?: not found"),
    # buildx, `--secret id=X` with neither file nor variable: docker/buildx#3285
    Symptom("jet-secret", "failed to stat ", r"ERROR: (?:failed to build: )?failed to stat (?P<secret>[^:]+): stat .*: no such file"),
    # docker's classic builder: moby, builder/dockerfile/dispatchers.go
    Symptom("buildkit-needed", "option requires BuildKit", r"the --(?:mount|security|network) option requires BuildKit"),
    # uv; pip only warns and tries again
    Symptom("index-unreachable", "Failed to fetch", _ERROR + r"Failed to fetch:\s+`?(?P<url>https?://[^`\s]+)"),
    Symptom("registry", "/v2/", rf'(?:Get|Head|HEAD|GET) \\*"?https?://(?P<registry>[\w.-]+(?::\d+)?)/v2/\S*: {_REFUSED}'),  # docker's daemon
    # docker's daemon: moby, distribution/errors.go
    Symptom("registry", "pull access denied for ", r"pull access denied for (?P<image>[\w./:-]+), repository does not exist"),
    # containers/image, which is buildah, podman and skopeo: docker/docker_client.go
    Symptom("registry", "docker://", rf"\bdocker://(?P<image>[^\s:]+\S*): .*{_REFUSED}", unless=_AGAIN),
    Symptom("registry-unreachable", "pinging container registry", rf"\bdocker://(?P<image>[^\s:]+:\d+/\S+): .*{_UNREACHABLE}", unless=_AGAIN),
    # docker's daemon again
    Symptom("registry-unreachable", "/v2/", rf'daemon: (?:Get|Head) \\*"?https?://(?P<registry>[\w.-]+:\d+)/v2/\S*: {_UNREACHABLE}'),
    # the same for a name that was never built here: buildah and podman put `localhost/` in front of their own
    Symptom("image-not-built", "did not resolve to an alias", r'short-name "(?P<image>[^"]+)" did not resolve to an alias'),
    Symptom("image-not-built", "docker://localhost/", rf"\bdocker://(?P<image>localhost/\S+): .*{_UNREACHABLE}", unless=_AGAIN),
    # BuildKit: source/containerimage, frontend/dockerfile; util/resolver
    Symptom("registry", "failed to resolve source metadata", rf"failed to resolve source metadata for {_NAMED}: .*(?:{_REFUSED}|failed to authorize)"),
    # enroot: src/common.sh, as pyxis shows it under srun
    Symptom("registry", "returned error code: 40", r"URL https?://(?P<registry>[\w.:-]+)/\S+ returned error code: 40[13]"),
    Symptom("registry", "denied: access forbidden", r"(?:Error response from daemon|ERROR): denied: access forbidden", before=_PULLED),
)  # fmt: skip
