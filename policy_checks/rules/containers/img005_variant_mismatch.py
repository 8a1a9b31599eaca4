"""An image of one environment that is built with the parts of another.

Why: `dev` and `lts` are a base image, groups and extras that belong together. The base of one with the packages of the other is an image that nobody tested: it
builds, and fails in the middle of a run, or hides that the real one would.

Fix: give the base image of the environment that `IMAGE_TYPE` names, read from its pin file (`$(cat docker/.ngc_version.lts)`). Judged are all builds on command lines, and
what stands side by side in pipelines and compose files: matrices, `variables`, `build-args`, with the defaults of the Dockerfile for what is not given. Without an
`IMAGE_TYPE` a Dockerfile that belongs to one environment speaks for it. Besides, the `dockerfile` of an environment must not install, up to its public stage, a group or an extra that
only other environments have, nor a package that is banned in it; where several environments share the Dockerfile, a `RUN` that asks for `IMAGE_TYPE` is left alone.

References: guide section "dev vs lts"
"""

from collections.abc import Iterator, Mapping

from policy_checks.containers.base_images import BASE_IMAGES, BaseImages, Pin, pins
from policy_checks.containers.build_variants import Mismatch, mismatches
from policy_checks.containers.image_installs import Install, installs
from policy_checks.environment import ALL, Environment
from policy_checks.lock.bans import Ban, told
from policy_checks.readers.names import normalized
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Related, Rule, Severity


@record
class Options:
    """The environments, and what is banned in them."""

    environments: Mapping[str, Environment] = made(default_factory=dict)
    bans: tuple[Ban, ...] = ()


def check(found: BaseImages, options: Options) -> Iterator[Problem]:
    """Problems of the bases, then those of what is installed."""
    pinned = [pin for pin in pins(found.workspace, options.environments) if isinstance(pin, Pin)]
    if len({pin.environment for pin in pinned}) > 1:
        for mismatch in mismatches(found, pinned, options.environments):
            yield _of_base(mismatch)
    for install in installs(found, options.environments):
        yield from _of_install(found, install, options)


def _of_base(found: Mismatch) -> Problem:
    pin = found.pin
    said = f"`{found.said.text}` is what is built" if found.said else f"the Dockerfile is that of `{found.made_for}`"
    others = [value for value in (found.base, found.said) if value is not None and value.place is not found.place]
    related = (Related(pin.place, f"the base of `{pin.environment}`"), *(Related(value.place, f"`{value.text}`") for value in others))
    what = f"`{found.base.text}` is the base image of `{pin.environment}`, but {said}"
    return Problem(found.place, f"{what}: give the one of `{found.made_for}`, or change the other", related=related)


def _of_install(found: BaseImages, install: Install, options: Options) -> Iterator[Problem]:
    own, name = options.environments[install.environment], install.environment
    if install.kind == "package":
        for ban in options.bans:
            if _forbids(found, ban, install):
                what = f"`{install.written}` is {told(ban, f'`{name}`')}, whose image this is"
                yield Problem(install.place, f"{what}: " + (f"install `{ban.use_instead}` instead" if ban.use_instead else "take it out"))
        return
    if install.name in _taken(own, install.kind):
        return
    others = [f"`{other}`" for other, one in options.environments.items() if install.name in _taken(one, install.kind)]
    if others:
        what = f"the {install.kind} `{install.name}` belongs to {' and '.join(others)}, not to `{name}`, whose image this is"
        yield Problem(install.place, f"{what}: install what `{name}` takes")


def _taken(environment: Environment, kind: str) -> set[str]:
    return {normalized(name) for name in (environment.groups if kind == "group" else environment.extras)}


def _forbids(found: BaseImages, ban: Ban, install: Install) -> bool:
    if (ban.environments or ban.groups or ban.extras or ban.members) and not {install.environment, ALL} & {*ban.environments}:
        return False
    judged = found.workspace.date(install.place.file.path) if ban.until else None
    if judged is not None and ban.until is not None and ban.until < judged.date():
        return False
    pattern = ban.pattern
    return pattern.names(install.name) and pattern.asks(install.extras) and pattern.overlaps(install.specifier) and not ban.only_via


_PINS = {"docker/.pin.dev": "hub.example/base:26.06\n", "docker/.pin.lts": "hub.example/base:25.09\n"}
_OPTIONS = {
    "environments": {
        "dev": {"extras": ["dev"], "base-image": "docker/.pin.dev", "dockerfile": "docker/Dockerfile", "target": "main"},
        "lts": {"extras": ["lts"], "base-image": "docker/.pin.lts", "dockerfile": "docker/Dockerfile.lts", "target": "main"},
    },
    "bans": [{"package": "modelopt*", "environments": ["lts"], "reason": "bleeding edge"}],
}
_DOCKERFILE = (
    "ARG BASE_IMAGE=hub.example/base:26.06\nFROM $BASE_IMAGE AS main\nARG IMAGE_TYPE=dev\nRUN uv sync --locked --extra $IMAGE_TYPE\n"
)
_SHARED = {"docker/Dockerfile": _DOCKERFILE, **_PINS}


def _options(**lts: object) -> Mapping[str, object]:
    environments = _OPTIONS["environments"]
    assert isinstance(environments, dict)
    return {**_OPTIONS, "environments": {**environments, "lts": {**environments["lts"], **lts}}}


RULE = Rule(
    code="IMG005",
    name="variant-mismatch",
    severity=Severity.ERROR,
    subject=BASE_IMAGES,
    check=check,
    options=Options,
    idle=lambda options: not any(one.base_image or one.dockerfile for one in options.environments.values()),
    examples=(
        Example(
            "a command with the pin of one and the name of the other",
            {
                "build.sh": "docker build --build-arg BASE_IMAGE=⟦$(cat docker/.pin.lts)⟧ --build-arg IMAGE_TYPE=dev -f docker/Dockerfile .\n",
                "docs/a.md": "```bash\ndocker build --build-arg BASE_IMAGE=⟦hub.example/base:26.06⟧ \\\n  --build-arg=IMAGE_TYPE=lts .\n```\n",
                **_SHARED,
            },
            options=_OPTIONS,
            message="is the base image of",
        ),
        Example(
            "only the type is given: the base is the Dockerfile's own",
            {"build.sh": "podman build --build-arg IMAGE_TYPE=⟦lts⟧ -f docker/Dockerfile .\n", **_SHARED},
            options=_OPTIONS,
            message="`hub.example/base:26.06` is the base image of `dev`, but `lts` is what is built",
        ),
        Example(
            "matrices and variables of pipelines",
            {
                ".gitlab-ci.yml": "build:\n  parallel:\n    matrix:\n    - IMAGE_TYPE: dev\n      BASE_IMAGE: ⟦hub.example/base:25.09⟧\n"
                "    - IMAGE_TYPE: lts\n      BASE_IMAGE: hub.example/base:25.09\nother:\n  variables:\n    BASE_IMAGE: ⟦hub.example/base:26.06⟧\n"
                "  parallel:\n    matrix:\n    - IMAGE_TYPE: [dev, lts]\n",
                ".github/workflows/ci.yml": "jobs:\n  a:\n    strategy:\n      matrix:\n        include:\n        - image_type: lts\n"
                "          image: ⟦hub.example/base:26.06⟧\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n"
                "        build-args: |\n          FROM_IMAGE_NAME=⟦hub.example/base:25.09⟧\n          IMAGE_TYPE=dev\n",
                "compose.yaml": "services:\n  a:\n    build:\n      args: [IMAGE_TYPE=lts, 'BASE_IMAGE=⟦hub.example/base:26.06⟧']\n",
                **_SHARED,
            },
            options=_OPTIONS,
        ),
        Example(
            "a Dockerfile by itself, and one that is an environment's own",
            {
                "docker/Dockerfile": "ARG BASE=⟦hub.example/base:25.09⟧\nFROM $BASE AS main\nARG IMAGE_TYPE=dev\n",
                "docker/Dockerfile.lts": "FROM ⟦hub.example/base:26.06⟧ AS main\n",
                **_PINS,
            },
            options=_OPTIONS,
        ),
        Example(
            "what lts must not install",
            {
                "docker/Dockerfile.lts": "FROM base AS main\nRUN uv sync --locked --extra ⟦dev⟧ && uv pip install '⟦modelopt[torch]>=0.4⟧'\n"
                "RUN <<EOF\npip install ⟦Modelopt.Core⟧\nEOF\n",
                **_PINS,
            },
            options=_OPTIONS,
            message="`lts`",
        ),
        Example(
            "a shared Dockerfile that installs for one of them",
            {"docker/Dockerfile": "FROM base AS main\nRUN uv sync --locked --extra ⟦dev⟧\n"},
            options=_options(dockerfile="docker/Dockerfile"),
            message="not to `lts`",
        ),
        Example(
            "what belongs together",
            {
                "build.sh": "docker build --build-arg BASE_IMAGE=$(cat docker/.pin.lts) --build-arg IMAGE_TYPE=lts -f docker/Dockerfile .\n"
                "docker build --build-arg BASE_IMAGE=$(cat docker/.pin.dev) -f docker/Dockerfile .\n",
                ".gitlab-ci.yml": "a:\n  variables:\n    IMAGE_TYPE: dev\n    BASE_IMAGE: hub.example/base:26.06\n",
                "docker/Dockerfile.lts": "FROM hub.example/base:25.09 AS main\nRUN uv sync --extra lts --group test\n",
                **_SHARED,
            },
            options=_OPTIONS,
        ),
        Example(
            "values that only the shell knows",
            {
                "build.sh": 'TYPE=${1:-dev}\nBASE=$(cat docker/.pin.dev)\nif [ "$TYPE" = lts ]; then BASE=$(cat docker/.pin.lts); fi\n'
                'docker build --build-arg BASE_IMAGE="$BASE" --build-arg IMAGE_TYPE="$TYPE" -f docker/Dockerfile .\n'
                "docker build --build-arg BASE_IMAGE=$(cat docker/.pin.$TYPE) --build-arg IMAGE_TYPE=$TYPE -f docker/Dockerfile .\n",
                **_SHARED,
            },
            options=_OPTIONS,
        ),
        Example(
            "bases and types of no environment",
            {
                "build.sh": "docker build --build-arg BASE_IMAGE=ubuntu:24.04 --build-arg IMAGE_TYPE=lts .\n"
                "docker build --build-arg BASE_IMAGE=hub.example/base:25.09 --build-arg IMAGE_TYPE=docs .\n",
                "docker/Dockerfile.lint": "FROM hub.example/base:26.06\nRUN uv sync --extra dev\n",
                **_PINS,
            },
            options=_OPTIONS,
        ),
        Example(
            "installs behind the public stage, of a group that no environment has, or by a variable",
            {
                "docker/Dockerfile.lts": "FROM base AS main\nRUN uv sync --group linting\nARG KIND=dev\nRUN uv sync --extra $KIND\n"
                "FROM main AS internal\nRUN uv pip install modelopt\n"
            },
            options=_OPTIONS,
        ),
        Example(
            "a shared Dockerfile that asks which of them it is",
            {"docker/Dockerfile": 'FROM base AS main\nARG IMAGE_TYPE\nRUN if [ "$IMAGE_TYPE" = dev ]; then uv sync --extra dev; fi\n'},
            options=_options(dockerfile="docker/Dockerfile"),
        ),
        Example(
            "no environments",
            {"build.sh": "docker build --build-arg BASE_IMAGE=$(cat docker/.pin.lts) --build-arg IMAGE_TYPE=dev .\n", **_PINS},
        ),
    ),
)
