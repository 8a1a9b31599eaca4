"""A registry's name with a port.

Why: the registry of a GitLab instance answers on the port of its own name and, at many sites, refuses pulls by another one: `access
forbidden`, although the token is right. The host of the git remote, without a port, is the name that works everywhere.

Fix: leave the port out (`--unsafe-fixes` does). A registry that has to be named with its port stands in `registries-with-port` of
`[tool.policy-checks.containers]`. Registries of the machine itself (`localhost:5000`) are not judged.

References: guide section "Common Pitfalls": "access forbidden when pulling".
"""

from collections.abc import Iterator

from policy_checks.containers.settings import ContainerOptions
from policy_checks.readers.registry_ports import REGISTRY_PORTS, RegistryPort
from policy_checks.rule import Example, Fix, Problem, Rule, Severity
from policy_checks.source import Edit


def check(found: RegistryPort, options: ContainerOptions) -> Iterator[Problem]:
    """One problem for a port that the policy does not know."""
    if f"{found.host}:{found.port}" not in options.containers.registries_with_port:
        fix = Fix("leave the port out", ((found.place.file, Edit(found.place.span, "")),), safe=False)
        yield Problem(
            found.place, f"the registry {found.host} is named with port {found.port}: pulls may be refused as forbidden; leave it out", fix
        )


def _found(title: str, path: str, text: str) -> Example:
    return Example(title, {path: text}, fixed={path: text.replace("⟦:5005⟧", "")}, message="is named with port 5005")


_ALLOWED = {"containers": {"registries-with-port": ["registry.example:5005"]}}

RULE = Rule(
    code="IMG003",
    name="registry-port",
    severity=Severity.WARNING,
    subject=REGISTRY_PORTS,
    check=check,
    options=ContainerOptions,
    examples=(
        _found("a pull", "pull.sh", "docker pull registry.example⟦:5005⟧/team/image:main\n"),
        _found("a variable of a pipeline", ".gitlab-ci.yml", "variables:\n  CI_IMAGE: ${GITLAB_HOST}⟦:5005⟧/team/image\n"),
        _found("a base image", "Dockerfile", "FROM registry.example⟦:5005⟧/team/base:1\n"),
        _found("a pin", "docker/.ngc_version.dev", "registry.example⟦:5005⟧/team/base:26.06\n"),
        _found("documentation", "README.md", "Run `srun --container-image registry.example⟦:5005⟧/team/image:main`.\n"),
        _found("an expression", ".github/workflows/a.yml", "jobs:\n  a:\n    container: ${{ vars.HOST }}⟦:5005⟧/team/image:1\n"),
        Example("no port", {"pull.sh": "docker pull registry.example/team/image:5005\n"}),
        Example("the machine's own", {"pull.sh": "docker push localhost:5000/image\ndocker push 127.0.0.1:5000/image\n"}),
        Example("a registry that needs it", {"pull.sh": "docker pull registry.example:5005/team/image:main\n"}, options=_ALLOWED),
        Example("an address", {"a.sh": "curl https://registry.example:8443/v2/ # docker\n"}),
        Example("another service", {"a.sh": "curl model.example:8000/v1/models\n"}),
        Example("a mount, and ports that are published", {"a.sh": "docker run -v $HOME:/root -p 8080:80/tcp image\n"}),
        Example("a comment", {"a.sh": "# docker pull registry.example:5005/team/image:main\n"}),
    ),
)
