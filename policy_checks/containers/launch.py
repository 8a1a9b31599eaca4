"""The command lines of images and containers, as the guide has them: what is put in makes what comes out, nothing else does."""

from policy_checks.failure import Failure
from policy_checks.record import record

Command = tuple[str, ...]

ENGINES = ("docker", "podman", "nerdctl")  # in the order in which they are looked for
WORKSPACE = "/workspace"
_ROOT_CACHE = "/root/.cache/uv"  # guide, "Common Pitfalls": a full /root/.cache
_USER_CACHE = "/tmp/uv-cache"  # noqa: S108 - in the container, where another user than root cannot read /root
# Podman knows devices by the names of the Container Device Interface; `--gpus` is Docker's.
_GPUS = {"podman": ("--device", "nvidia.com/gpu=all")}
_ALL_GPUS = ("--gpus", "all")


@record
class Build:
    """What an image is built from; paths are relative to where the command runs."""

    variant: str  # dev, lts: the build argument IMAGE_TYPE
    base_image: str  # the reference itself; empty: the Dockerfile's own
    dockerfile: str
    target: str  # empty: the last stage
    tag: str
    context: str = "."


@record
class Launch:
    """How a container is started, and what of the host is in it."""

    engine: str
    image: str
    root: str  # the repository: an absolute path of the host
    folder: str = ""  # below the repository: where the command runs
    gpus: bool = False
    interactive: bool = False  # with a terminal
    uv_cache: str = ""  # a folder of the host that uv keeps its cache in
    user: str = ""  # `1000:1000`: who the command runs as, in place of the image's user
    options: tuple[str, ...] = ()  # further ones of the engine


def pull(engine: str, reference: str) -> Command:
    """Guide, "Option A": pulls an image that CI built."""
    return engine, "pull", reference


def build(engine: str, what: Build, options: tuple[str, ...] = ()) -> Command:
    """Guide, "Option B": builds the public stage, with both build arguments."""
    return (
        *(engine, "build", *options),
        *(("--target", what.target) if what.target else ()),
        *(("--build-arg", f"FROM_IMAGE_NAME={what.base_image}") if what.base_image else ()),
        *("--build-arg", f"IMAGE_TYPE={what.variant}"),
        *("-f", what.dockerfile),
        *("-t", what.tag, what.context),
    )


def run(launch: Launch, words: Command) -> Command:
    """Guide, "Step 2", "Option A": a command in a container of its own, at the repository."""
    return (
        *(launch.engine, "run", "--rm"),
        *(("-it",) if launch.interactive else ()),
        *(_GPUS.get(launch.engine, _ALL_GPUS) if launch.gpus else ()),
        *("-v", f"{_mountable(launch.root)}:{WORKSPACE}"),
        *_cache(launch),
        *_user(launch),
        *launch.options,
        *("-w", _inside(launch)),
        *(launch.image, *words),
    )


def _inside(launch: Launch) -> str:
    return f"{WORKSPACE}/{launch.folder}" if launch.folder else WORKSPACE


def _cache(launch: Launch) -> Command:
    if not launch.uv_cache:
        return ()
    source = _mountable(launch.uv_cache)
    if launch.user:
        return "-v", f"{source}:{_USER_CACHE}", "-e", f"UV_CACHE_DIR={_USER_CACHE}"
    return "-v", f"{source}:{_ROOT_CACHE}"


def _user(launch: Launch) -> Command:
    if not launch.user:
        return ()
    # The image may not know the user, who then has no home. And without root, Podman's users are others than the host's.
    keep = ("--userns=keep-id",) if launch.engine == "podman" else ()
    return *keep, "--user", launch.user, "-e", "HOME=/tmp"


def _mountable(path: str) -> str:
    if wrong := next((char for char in ":," if char in path), ""):
        raise Failure(f"{path}: {wrong!r} separates the parts of a mount: move the repository to a path without it")
    return path


@record
class Job:
    """An interactive job of Slurm, by Pyxis in a container."""

    image: str  # a reference, or the absolute path of a .sqsh archive
    root: str
    folder: str = ""
    nodes: int = 1
    gpus_per_node: int = 8
    options: tuple[str, ...] = ()  # further ones of srun: partition, account, time


def srun(job: Job, words: Command = ()) -> Command:
    """Guide, "Step 2", "Option B": a shell on a cluster with Pyxis, or a program."""
    return (
        *("srun", f"--nodes={job.nodes}", f"--gpus-per-node={job.gpus_per_node}"),
        *job.options,
        *("--container-image", job.image),
        *("--container-mounts", f"{_mountable(job.root)}:{WORKSPACE}"),
        *("--container-workdir", f"{WORKSPACE}/{job.folder}" if job.folder else WORKSPACE),
        *(words or ("--pty", "bash")),
    )


def enroot_import(engine: str, image: str, archive: str) -> Command:
    """The archive of a local image, for clusters that want one."""
    return "enroot", "import", "-o", archive, f"{'podman' if engine == 'podman' else 'dockerd'}://{image}"
