"""An image built without naming the public stage of its Dockerfile.

Why: without `--target` the last stage is built. Where stages follow the public one (internal tools, private indexes,
mounted secrets), that is another image than everybody else runs, and outside of the company it does not build at all.
The public stage is the `target` of the environments whose `dockerfile` it is.

Fix: write `--target` with the public stage; the fix does. It is checked in scripts, workflows and documentation.

References: guide section "Container builds"; https://docs.docker.com/build/building/multi-stage/#stop-at-a-specific-build-stage
"""

from collections.abc import Iterator, Mapping
from posixpath import normpath

from policy_checks.environment import Environment
from policy_checks.readers.dockerfile import Dockerfile
from policy_checks.readers.image_builds import IMAGE_BUILDS, ImageBuild
from policy_checks.record import made, record
from policy_checks.rule import Example, Fix, Problem, Rule, Severity
from policy_checks.source import Edit, Place, Span


@record
class Options:
    """The environments, for the Dockerfile and the public stage of each."""

    environments: Mapping[str, Environment] = made(default_factory=dict)


def check(build: ImageBuild, options: Options) -> Iterator[Problem]:
    """One problem for a build that names no public stage."""
    if build.dockerfile is None:
        return
    path = build.dockerfile.file.path
    public = _public(options).get(path, [])
    stages = {stage.name or str(stage.number) for stage in build.dockerfile.stages}
    if not public or stages <= {target.lower() for target in public}:
        return
    command = " ".join(word.value for word in build.command.words[: build.head])
    choice = " or ".join(f"`--target {target}`" for target in public)
    if build.target is None:
        place = build.command.part(0, build.head - 1)
        edit = Edit(Span(place.span.end, place.span.end), f" --target {public[0]}")
        fix = (
            Fix(f"add --target {public[0]}", ((place.file, edit),))
            if len(public) == 1 and public[0].lower() in stages and not _is_quoted(place)
            else None
        )
        yield Problem(
            place, f"`{command}` of {path} without a target builds its last stage, `{_last(build.dockerfile)}`: add {choice}", fix
        )
        return
    target = _named(build.dockerfile, build.target.value.removeprefix("--target="))
    if build.target.known and target.lower() not in {name.lower() for name in public}:
        index = build.command.words.index(build.target)
        yield Problem(build.command.part(index, index), f"stage `{target}` of {path} is not public: build {choice}")


def _public(options: Options) -> dict[str, list[str]]:
    """The public stages of each Dockerfile that an environment names."""
    stages: dict[str, list[str]] = {}
    for environment in options.environments.values():
        if environment.dockerfile and environment.target:
            known = stages.setdefault(normpath(environment.dockerfile), [])
            known += [environment.target] if environment.target not in known else []
    return stages


def _is_quoted(place: Place) -> bool:
    """Whether the words are strings of a list (exec form, `subprocess.run`), where one more would need quotes and a comma."""
    return place.file.text[place.span.end - 1 : place.span.end + 1].strip("\"'") != place.file.text[place.span.end - 1 : place.span.end + 1]


def _named(dockerfile: Dockerfile, target: str) -> str:
    """A stage may be given by its number."""
    stages = dockerfile.stages
    return stages[int(target)].name or target if target.isascii() and target.isdigit() and int(target) < len(stages) else target


def _last(dockerfile: Dockerfile) -> str:
    last = dockerfile.stages[-1]
    return last.name or str(last.number)


_DOCKERFILE = "FROM base AS main\nRUN uv sync --locked\nFROM main AS jet\nRUN --mount=type=secret,id=index uv pip install internal\n"
_OPTIONS = {"environments": {"dev": {"dockerfile": "docker/Dockerfile.ci.dev", "target": "main"}}}
_FILES = {"docker/Dockerfile.ci.dev": _DOCKERFILE}

RULE = Rule(
    code="IMG001",
    name="docker-build-without-target",
    severity=Severity.ERROR,
    subject=IMAGE_BUILDS,
    check=check,
    options=Options,
    idle=lambda options: not any(_public(options).values()),
    needles=("docker", "podman", "buildah", "nerdctl"),
    examples=(
        Example(
            "a script",
            {"build.sh": "⟦docker build⟧ -f docker/Dockerfile.ci.dev -t image .\n", **_FILES},
            fixed={"build.sh": "docker build --target main -f docker/Dockerfile.ci.dev -t image .\n"},
            options=_OPTIONS,
            message="last stage, `jet`",
        ),
        Example(
            "documentation, buildx, a variable as the root",
            {"README.md": '```bash\n⟦docker buildx build⟧ --push \\\n  --file="$ROOT/docker/Dockerfile.ci.dev" .\n```\n', **_FILES},
            fixed={"README.md": '```bash\ndocker buildx build --target main --push \\\n  --file="$ROOT/docker/Dockerfile.ci.dev" .\n```\n'},
            options=_OPTIONS,
        ),
        Example(
            "lists of strings: where one more word goes is left to people",
            {
                "build.py": 'import subprocess\nsubprocess.run([⟦"docker", "build"⟧, "-f", "docker/Dockerfile.ci.dev", "."])\n',
                "docker/Dockerfile.run": 'FROM base\nRUN [⟦"docker", "build"⟧, "-f", "docker/Dockerfile.ci.dev", "."]\n',
                **_FILES,
            },
            options=_OPTIONS,
        ),
        Example(
            "options of the program itself, and short ones in one word",
            {"a.sh": "⟦docker --context x build⟧ -timage -qf docker/Dockerfile.ci.dev .\n", **_FILES},
            fixed={"a.sh": "docker --context x build --target main -timage -qf docker/Dockerfile.ci.dev .\n"},
            options=_OPTIONS,
        ),
        Example("a stage by its number", {"a.sh": "docker build --target 0 -f docker/Dockerfile.ci.dev .\n", **_FILES}, options=_OPTIONS),
        Example(
            "an internal stage in a workflow",
            {
                ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - run: podman build --target ⟦jet⟧ -f docker/Dockerfile.ci.dev .\n",
                **_FILES,
            },
            options=_OPTIONS,
            message="not public",
        ),
        Example("the public stage", {"b.sh": "docker build --target main -f docker/Dockerfile.ci.dev .\n", **_FILES}, options=_OPTIONS),
        Example(
            "a stage in a variable", {"b.sh": 'docker build --target="$STAGE" -f docker/Dockerfile.ci.dev .\n', **_FILES}, options=_OPTIONS
        ),
        Example(
            "a Dockerfile with one stage",
            {"b.sh": "docker build -f docker/Dockerfile.ci.dev .\n", "docker/Dockerfile.ci.dev": "FROM base AS main\n"},
            options=_OPTIONS,
        ),
        Example("another Dockerfile", {"b.sh": "docker build .\n", "Dockerfile": _DOCKERFILE, **_FILES}, options=_OPTIONS),
        Example("no environment names a target", {"b.sh": "docker build -f docker/Dockerfile.ci.dev .\n", **_FILES}),
        Example("text", {"b.sh": "echo docker build -f docker/Dockerfile.ci.dev .\n", **_FILES}, options=_OPTIONS),
    ),
)
