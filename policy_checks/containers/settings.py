"""`[tool.policy-checks.containers]`: what the images are called, here and in the registry."""

from collections.abc import Mapping

from policy_checks.containers import image_reference
from policy_checks.environment import Environment
from policy_checks.record import made, record

ENVIRONMENT = "{environment}"  # stands for the name of the environment


@record
class Containers:
    """The names of the images; what they are built from stands in the environments."""

    name: str = ""  # of the image that is built here, `NAME:local`; empty: the project's
    remote: str = "gitlab"  # the git remote whose host is the registry's
    registry_path: str = ""  # of the images that CI built, below that host; `{environment}` stands for the environment's name
    registry_tag: str = "main"  # the tag that is pulled
    registries_with_port: tuple[str, ...] = ()  # `HOST:PORT`: registries whose port has to be written (IMG003)
    uv_inside_only: bool = False  # uv is run in containers only (IMG007)
    host_scripts: tuple[str, ...] = ()  # patterns of the scripts that people run on the host, see globs

    def __post_init__(self) -> None:
        """Raises ValueError for what cannot be part of an image's name."""
        for key, path in (("name", self.name), ("registry-path", self.registry_path.replace(ENVIRONMENT, "x"))):
            found = image_reference.parse(path)
            if path and (found is None or found.name != path or found.registry):
                raise ValueError(
                    f"{key}: {path!r} is no path of an image; write lower case, `/` between its parts, no host, no port and no tag"
                )
        if not image_reference.parse(f"x:{self.registry_tag}"):
            raise ValueError(f"registry-tag: {self.registry_tag!r} is no tag of an image")


@record
class ContainerOptions:
    """The keys that the container commands read."""

    containers: Containers = Containers()
    environments: Mapping[str, Environment] = made(default_factory=dict)
