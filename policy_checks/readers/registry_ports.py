"""Names of images whose registry is written with a port, wherever a repository names images."""

import re
from collections.abc import Iterator

from policy_checks.readers import dockerfile, documentation, github_workflow, makefile, pipelines, script
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span
from policy_checks.workspace import Kind, per_file

_NEAR = re.compile(r":\d{2,5}/")
# A host has a dot, or is a variable; with a scheme before it it is an address, and no image.
_NAMED = re.compile(
    r"(?<![\w@.:/$}-])(?:(?:docker|dockerd|containers-storage)://)?"
    r"(?P<host>\$\{?\w+\}?|\$\{\{[^{}\n]*\}\}|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?P<port>:\d{2,5})(?=/[a-z0-9$][\w./${}:@-]*)"
)
# The line tells images from other services that have a port.
_ABOUT_IMAGES = re.compile(
    r"image|registry|container|docker|podman|nerdctl|buildah|skopeo|crane|enroot|srun|\bFROM\b|\.sqsh", re.IGNORECASE
)
_LOCAL = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|[\w.-]*\.(?:local|localhost|localdomain|internal))\Z", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?:#|//)")


@record(eq=False)
class RegistryPort:
    """One such name: its host as it is written, and where the port stands (with its colon)."""

    host: str
    port: str
    place: Place


def _is_pin(path: str) -> bool:
    """Whether a file holds the name of an image and nothing else (guide, "dev vs lts")."""
    return path.rpartition("/")[2].startswith(".ngc_version")


def _is_wanted(path: str) -> bool:
    return (
        path.endswith((".yml", ".yaml"))
        or script.may_be_script(path)
        or any(of(path) for of in (dockerfile.is_dockerfile, makefile.is_makefile, documentation.is_documentation))
        or github_workflow.is_workflow(path)
        or pipelines.is_pipeline(path)
        or _is_pin(path)
    )


def _ports(file: SourceFile) -> Iterator[RegistryPort]:
    text = file.text
    for near in _NEAR.finditer(text):
        start = text.rfind("\n", 0, near.start()) + 1
        end = text.find("\n", near.end())
        line = text[start : end if end >= 0 else len(text)]
        if _COMMENT.match(line) and not documentation.is_documentation(file.path):
            continue
        found = next((one for one in _NAMED.finditer(line) if start + one.start("port") == near.start()), None)
        if found and not _LOCAL.match(found["host"]) and (_is_pin(file.path) or _ABOUT_IMAGES.search(line)):
            yield RegistryPort(found["host"], found["port"][1:], Place(file, Span(near.start(), near.end() - 1)))


_NEEDLES = tuple(f":{digit}" for digit in range(10))
_PER_FILE = per_file("registry with a port", _is_wanted, _ports)
# Not as needles of a rule: what all commands are read for holds those, and nearly every file has a colon and a digit.
REGISTRY_PORTS: Kind[RegistryPort] = Kind(_PER_FILE.name, lambda workspace, _needles: _PER_FILE.read(workspace, _NEEDLES))
