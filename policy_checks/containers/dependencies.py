"""What uv and git are asked to do with dependencies (guide, "Dependency Management"); uv runs in the container, git on the host."""

import shlex
from collections.abc import Sequence

from policy_checks.containers.launch import Command
from policy_checks.environment import Environment
from policy_checks.failure import Failure

UV_LOCK: Command = ("uv", "lock")


def sync(environment: Environment, uv_defaults: Sequence[str] = ()) -> Command:
    """Installs what an environment names; `uv_defaults` are the groups that uv would add by itself."""
    strangers = set(uv_defaults) - set(environment.groups)
    return (
        *("uv", "sync", "--locked"),
        *(("--package", environment.member) if environment.member else ()),
        *(word for extra in environment.extras for word in ("--extra", extra)),
        *(("--no-default-groups",) if strangers and not environment.default_groups else ()),
        *(word for group in environment.groups for word in ("--group", group)),
    )


def sync_only(groups: Sequence[str]) -> Command:
    """Installs groups without the project: `--only-group linting`."""
    return "uv", "sync", "--locked", *(word for group in groups for word in ("--only-group", group))


def add(packages: Sequence[str], group: str = "", extra: str = "") -> Command:
    """Declares packages and locks them. Raises Failure for what uv would take for an option."""
    if option := next((package for package in packages if package.startswith("-")), ""):
        raise Failure(f"{option!r} is no package; for options of uv type `policy-checks container exec -- uv add …`, then `uv lock`")
    where = ("--group", group) if group else ("--optional", extra) if extra else ()
    return "uv", "add", *where, *packages


def stage(*paths: str) -> Command:
    """What the commit is to hold."""
    return "git", "add", *paths


def commit(packages: Sequence[str]) -> str:
    """The line that commits it, for people to type: it needs their key. As the guide writes it, with double quotes."""
    message = f"build: add {', '.join(packages)} {'dependency' if len(packages) == 1 else 'dependencies'}"
    # In double quotes bash keeps all but these four (and `!`, in an interactive shell).
    quoted = f'"{message}"' if not set(message) & set('"\\$`!') else shlex.quote(message)
    return f"git commit -S -s -m {quoted}"


def take(revision: str, path: str) -> Command:
    """Guide, "Resolving a merge conflict in uv.lock": main's version as the base."""
    return "git", "checkout", revision, "--", path
