"""The guide's "Common Pitfalls", row by row, and their kin: what a problem comes from and what mends it."""

from policy_checks.containers.doctor.verdicts import Evidence, Trouble
from policy_checks.record import record


@record
class Pitfall:
    """A row of the guide's table (1 to 6), or one of its kin: the same row from another cause."""

    key: str
    row: int
    problem: str
    cause: str
    fix: str
    kin: bool = True


_RELOCK = "run `uv lock` inside the container and commit uv.lock: `git add pyproject.toml uv.lock`, `git commit -S -s`"
_SYNC = "`uv add NAME` what is missing, `uv sync --locked` what is locked, never bare `pip install`; run python from the venv"
_TARGET = "add `--target main` to stop before the `jet` stage"

# In the words of the guide where it has them.
_TABLE = (
    Pitfall("stale-lock", 1, "`uv sync --locked` fails", "uv.lock is stale: pyproject.toml was changed without it", _RELOCK, kin=False),
    Pitfall(
        "dependency-conflict", 1, "uv finds no solution", "a dependency conflict: the requirements cannot hold together",
        "relax one of the requirements that uv names, or declare `conflicts` between groups that are never installed together; then "
        + _RELOCK,
    ),
    Pitfall(
        "stale-lock-offline", 1, "uv finds no solution while it is offline",
        "no conflict: uv resolved anew and asked for what its cache does not hold; under `--locked` that is because uv.lock is stale",
        f"with the network, {_RELOCK}",
    ),
    Pitfall("missing-lock", 1, "uv finds no uv.lock", "uv.lock was not committed, not copied into the image, or stands in another folder",
            "commit uv.lock and COPY it beside pyproject.toml; where there is none yet, " + _RELOCK),
    Pitfall("damaged-lock", 1, "uv cannot read uv.lock", "a merge conflict was left in it, or it was edited by hand",
            "`git checkout origin/main -- uv.lock`, then `uv lock` inside the container"),
    Pitfall("pip-outside-venv", 2, "`ModuleNotFoundError` after `pip install`", "pip installed outside the uv-managed venv", _SYNC, kin=False),
    Pitfall("missing-module", 2, "`ModuleNotFoundError`", "the package is not in the environment of the python that ran: it is not declared, "
            "its group or extra was not synced, or something else than uv installed it elsewhere", _SYNC),
    Pitfall("externally-managed", 2, "pip refuses an externally managed environment", "pip ran on the system's python, not in the uv-managed venv", _SYNC),
    Pitfall("uv-missing", 3, "`uv: command not found` inside the container", "the wrong container image, one without uv",
            "use the image built from Dockerfile.ci.dev: `docker build --target main … -f docker/Dockerfile.ci.dev`", kin=False),
    Pitfall("disk-full", 4, "`No space left on device` during uv operations", "the cache fills the container's /root/.cache/",
            "mount the host's cache, `-v $HOME/.cache/uv:/root/.cache/uv`, or free space: `uv cache prune`", kin=False),
    Pitfall("quota", 4, "`Disk quota exceeded`", "the quota of the file system that the cache or the venv lies on is used up",
            "free space with `uv cache prune`, or put the cache where there is more: `UV_CACHE_DIR`"),
    Pitfall("jet-secret", 5, "the image build fails with an error about a secret",
            "the Dockerfile has a `jet` stage, which requires an internal build secret", _TARGET, kin=False),
    Pitfall("buildkit-needed", 5, "the image build refuses `RUN --mount`", "the classic builder of docker knows no secret and cache mounts",
            "install buildx, or set DOCKER_BUILDKIT=1; and " + _TARGET),
    Pitfall("index-unreachable", 5, "a package index cannot be reached",
            "the index is internal, or there is no network (or no proxy) where this ran; the `jet` stage needs an internal one",
            "in an image build " + _TARGET + "; elsewhere check network, proxy and credentials for the host that is named"),
    Pitfall("registry-port", 6, "access forbidden when pulling", "the registry URL includes an explicit port",
            "use `${GITLAB_HOST}/adlr/…` with no port: the host name of the `gitlab` remote alone", kin=False),
    Pitfall("registry-refused", 6, "the registry refuses access", "nobody is logged in to it, or this account may not read the image",
            "`docker login HOST` with a token that has `read_registry`, or build the image yourself (`--target main`)"),
    Pitfall("image-not-built", 6, "a local image is looked for in a registry", "the image was not built here, so its name was taken for one to pull",
            "build it first: `docker build --target main … -t NAME .`"),
)  # fmt: skip
PITFALLS = {pitfall.key: pitfall for pitfall in _TABLE}


def trouble(key: str, evidence: tuple[Evidence, ...], *, cause: str = "", fix: str = "") -> Trouble:
    """A pitfall that was met, with what was found out about its cause and its fix here."""
    pitfall = PITFALLS[key]
    return Trouble(key, pitfall.problem, _joined(pitfall.cause, cause), _joined(pitfall.fix, fix), evidence)


def _joined(general: str, here: str) -> str:
    return f"{general}; here: {here}" if here else general


def table() -> str:
    """All of them as a table in Markdown, for docs/doctor.md."""
    rows = "".join(f"| {'' if one.kin else one.row} | {one.key} | {one.problem} | {one.cause} | {one.fix} |\n" for one in _TABLE)
    return f"| guide | pitfall | problem | cause | fix |\n|---|---|---|---|---|\n{rows}"
