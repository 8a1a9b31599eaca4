"""References of container images: `registry:port/path:tag@digest`, as containers/distribution's grammar has them."""

import re

from policy_checks.record import record

DOCKER_HUB = "docker.io"
_TRANSPORT = re.compile(r"(?:docker|dockerd|containers-storage)://")  # of skopeo, podman and enroot
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    # A first component is a host when nothing else could be meant: it has a dot, a port, or a capital, or is `localhost`. Enroot says it by `#`.
    rf"(?:(?P<registry>(?=[^/#:]*(?:[.A-Z\[]|:\d+[/#]|#)|localhost[:/]){_HOST})(?::(?P<port>\d{{1,5}}))?[/#])?"
    rf"(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}))?",
    re.ASCII,
)


@record
class ImageReference:
    """The parts of a reference as they are written; those that are not there are empty."""

    path: str  # `nvidia/pytorch`
    registry: str = ""  # the host: `registry.example`
    port: str = ""
    tag: str = ""
    digest: str = ""  # `sha256:…`

    def __str__(self) -> str:
        """The reference as one writes it."""
        return self.name + (self.tag and f":{self.tag}") + (self.digest and f"@{self.digest}")

    @property
    def name(self) -> str:
        """The repository as it is written, without tag and digest."""
        return (self.registry + (self.port and f":{self.port}") + "/" if self.registry else "") + self.path

    @property
    def repository(self) -> str:
        """The repository in full, the same for every way to write it: `python` is `docker.io/library/python`."""
        registry = self.registry.lower()
        if registry in ("", DOCKER_HUB, "index.docker.io", "registry-1.docker.io"):
            return f"{DOCKER_HUB}/{self.path if '/' in self.path else f'library/{self.path}'}"
        return registry + (self.port and f":{self.port}") + f"/{self.path}"


def parse(text: str) -> ImageReference | None:
    """The reference that a text is, with or without a transport (`docker://`); None for any other text."""
    transport = _TRANSPORT.match(text)
    found = _REFERENCE.fullmatch(text, transport.end() if transport else 0) if len(text) <= 1024 else None
    return ImageReference(**{name: part or "" for name, part in found.groupdict().items()}) if found else None
