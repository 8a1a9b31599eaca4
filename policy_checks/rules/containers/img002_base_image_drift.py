"""A place that names another base image than the environments are pinned to.

Why: the base image of an environment is pinned in one file, and copied by hand to Dockerfiles, pipelines, scripts and documents. A bump that misses one of them
builds the same commit on two images: CI differs from what developers run, numbers differ between two pipelines, and the next bump misses the same place again.

Fix: write what the pin file says, or read it from there (`$(cat docker/.ngc_version.dev)`); `--fix` does it where the place belongs to one environment (the `IMAGE_TYPE`
beside it, the `dockerfile` of the environment), `--unsafe-fixes` also where only one pin has this repository. Compared are all places that name the
repository of a pin, whatever its tag or digest: defaults and `FROM` of Dockerfiles, jobs and rows of pipelines, commands, scripts and settings, code in documents (no comments, no
change logs, no test data). A place is right if it agrees with the pin of any environment. Besides, the base that a pipeline or a command gives to a Dockerfile
which by itself is built on a pinned repository must be of that repository. What is old on purpose belongs in `per-file-ignores` or an inline ignore, with its reason.

References: guide section "dev vs lts"; https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact
"""

import re
from collections.abc import Iterator, Mapping

from policy_checks.containers.base_image_drift import Drift, Named
from policy_checks.containers.base_images import BASE_IMAGES, BaseImages, Pin, pins
from policy_checks.environment import Environment
from policy_checks.record import made, record
from policy_checks.rule import Example, Fix, Problem, Related, Rule, Severity
from policy_checks.source import Edit, Place, Span, Unreadable

_MOST = 50  # places that one finding lists


@record
class Options:
    """The environments, for the file that each of them is pinned in."""

    environments: Mapping[str, Environment] = made(default_factory=dict)


def check(found: BaseImages, options: Options) -> Iterator[Problem]:
    """A problem for each place that disagrees, and for each pin that cannot be read."""
    pinned = [*pins(found.workspace, options.environments)]
    named = Named(found, tuple(pin for pin in pinned if isinstance(pin, Pin)), options.environments)
    for fault in (*(one for one in pinned if isinstance(one, Unreadable)), *named.faults):
        yield Problem(Place(fault.file, fault.span), fault.message)
    for drift in named.drifts():
        yield _problem(drift, named)


def _problem(drift: Drift, named: Named) -> Problem:
    image, texts = drift.image, list(dict.fromkeys(pin.text for pin in drift.pins))
    by = " and ".join(f"`{pin.environment}` is pinned to `{pin.text}`" for pin in drift.pins)
    held = f"`{image.text}`" if image.called == "named here" else f"{image.called} is `{image.text}`"
    advice = f"write `{texts[0]}`" if len(texts) == 1 else "write one of them"
    if drift.is_other:
        message = f"{held} for {image.dockerfile}, which is made for a pinned image: {by}; {advice}, or give it another default"
    else:
        message = f"{held}, but {by}: {advice}, or move the pin"
    return Problem(image.place, message, _fix(drift), _related(drift, named))


def _fix(drift: Drift) -> Fix | None:
    """The tag and digest of the pin in place of these; the name keeps its spelling (`host#path` of enroot)."""
    place, pins = drift.image.place, {pin.text: pin for pin in drift.pins}
    written = place.file.cut(place.span)
    if len(pins) != 1 or drift.is_other or written != drift.image.text:
        return None
    ((text, pin),) = pins.items()
    name = re.match(r"(?:[^/#]*[/#])*[^:@]*", written)
    start = place.span.start + (name.end() if name else 0)
    rest = text.removeprefix(pin.reference.name)
    return Fix(f"write {rest.lstrip(':@')}", ((place.file, Edit(Span(start, place.span.end), rest)),), safe=drift.is_certain)


def _related(drift: Drift, named: Named) -> tuple[Related, ...]:
    """The pins, then every other place."""
    listed = [Related(pin.place, f"`{pin.environment}` is pinned to `{pin.text}`") for pin in drift.pins]
    for one in named.beside(drift, _MOST):
        listed.append(Related(one.place, f"`{one.text}`" + (f" as {one.called}" if one.called[0] == "`" else "")))  # noqa: PERF401
    return tuple(listed)


_PIN = "hub.example/team/base:26.06\n"
_OPTIONS = {
    "environments": {
        "dev": {"base-image": "docker/.pin.dev", "dockerfile": "docker/Dockerfile"},
        "lts": {"base-image": "docker/.pin.lts", "dockerfile": "docker/Dockerfile.lts"},
    }
}
_PINS = {"docker/.pin.dev": _PIN, "docker/.pin.lts": _PIN.replace("26.06", "25.09")}
_OLD, _NEW = "hub.example/team/base:26.04", "hub.example/team/base:26.06"
_ROWS = """\
build:
  parallel:
    matrix:
    - FILE: Dockerfile
      IMAGE_TYPE: dev
      BASE_IMAGE: {}
    - FILE: Dockerfile.lts
      BASE_IMAGE: hub.example/team/base:25.09
"""

RULE = Rule(
    code="IMG002",
    name="base-image-drift",
    severity=Severity.ERROR,
    subject=BASE_IMAGES,
    check=check,
    options=Options,
    idle=lambda options: not any(one.base_image for one in options.environments.values()),
    examples=(
        Example(
            "the default of an environment's Dockerfile stayed behind",
            {"docker/Dockerfile": f"ARG FROM_IMAGE_NAME=⟦{_OLD}⟧\nFROM $FROM_IMAGE_NAME\n", **_PINS},
            fixed={"docker/Dockerfile": f"ARG FROM_IMAGE_NAME={_NEW}\nFROM $FROM_IMAGE_NAME\n"},
            options=_OPTIONS,
            message="`dev` is pinned to `hub.example/team/base:26.06`",
        ),
        Example(
            "a row of a matrix",
            {".gitlab-ci.yml": _ROWS.format(f"⟦{_OLD}⟧"), "docker/Dockerfile": "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", **_PINS},
            fixed={".gitlab-ci.yml": _ROWS.format(_NEW)},
            options=_OPTIONS,
        ),
        Example(
            "workflows, scripts, documents, other Dockerfiles",
            {
                ".github/workflows/a.yml": f"jobs:\n  a:\n    container:\n      image: '⟦{_OLD}⟧'\n  b:\n    container: ⟦{_OLD}⟧\n",
                "run.sh": f"IMAGE=${{1:-⟦{_OLD}⟧}}\nsrun --container-image 'docker://⟦{_OLD}⟧' \\\n  --x=⟦hub.example#team/base:26.01⟧ x\n",
                "launch.py": f'IMAGE = "⟦{_OLD}⟧"\n',
                "docs/run.md": f"Use `⟦{_OLD}⟧`:\n\n```bash\ndocker run --rm \\\n  ⟦{_OLD}⟧ bash\n```\n",
                "examples/a/Dockerfile": f"FROM ⟦{_OLD}⟧\n",
                "Makefile": f"all:\n\tdocker build --build-arg BASE_IMAGE=⟦{_OLD}⟧ .\n",
                **_PINS,
            },
            options=_OPTIONS,
            message="write one of them",
        ),
        Example(
            "another image for a Dockerfile that is made for this one",
            {
                "docker/Dockerfile.lint": "ARG BASE_IMAGE=hub.example/team/base:26.06\nFROM $BASE_IMAGE\n",
                ".gitlab-ci.yml": "lint:\n  variables:\n    FILE: Dockerfile.lint\n    BASE_IMAGE: ⟦python:3.12⟧\n",
                "docker/Dockerfile": "FROM ⟦hub.example/team/other:1⟧ AS main\n",
                **_PINS,
            },
            options=_OPTIONS,
            message="is made for a pinned image",
        ),
        Example(
            "a pin that is not there, and one that names no image",
            {"docker/.pin.lts": "⟦see the wiki!⟧\n", "docker/.pin.dev": "⟦# nothing⟧\n"},
            options=_OPTIONS,
        ),
        Example(
            "one pin: the fix keeps the spelling of the name",
            {"a.sh": "srun --container-image=⟦hub.example#team/base:26.01⟧ x\n", "docker/.pin.dev": _PIN},
            fixed={"a.sh": "srun --container-image=hub.example#team/base:26.06 x\n"},
            options={"environments": {"dev": {"base-image": "docker/.pin.dev"}}},
        ),
        Example(
            "what agrees with one of the pins",
            {
                "docker/Dockerfile": f"ARG FROM_IMAGE_NAME={_NEW}\nFROM $FROM_IMAGE_NAME\n",
                "docker/Dockerfile.lts": "ARG FROM_IMAGE_NAME\nFROM $FROM_IMAGE_NAME\n",
                ".gitlab-ci.yml": _ROWS.format(_NEW),
                "run.md": f"```\ndocker run {_NEW}@sha256:{'0' * 64}\ndocker run hub.example/team/base:25.09\n```\n",
                **_PINS,
            },
            options=_OPTIONS,
        ),
        Example(
            "other repositories, and images of other jobs",
            {
                "Dockerfile": "FROM hub.example/team/base-tools:1\nFROM mirror.example/hub.example/team/base:1\nFROM team/base:1\n",
                ".gitlab-ci.yml": "a:\n  image: python:3.12\n",
                "a.sh": "docker run other.hub.example/team/base:1\n",
                **_PINS,
            },
            options=_OPTIONS,
        ),
        Example(
            "tags that stand for one, or come from a variable",
            {
                "docs/bump.md": "`hub.example/team/base:YY.MM-py3`, `hub.example/team/base:<tag>`, `hub.example/team/base:xx.xx`\n\n"
                "```bash\necho 'hub.example/team/base:${TAG}' hub.example/team/base:$TAG hub.example/team/base:26.*\n```\n",
                "Dockerfile": "ARG TAG\nFROM hub.example/team/base:$TAG\n",
                **_PINS,
            },
            options=_OPTIONS,
        ),
        Example(
            "prose, comments, change logs, tests",
            {
                "docs/a.md": f"Release 1 was made with {_OLD}.\n",
                "a.sh": f"# was {_OLD}\n",
                "a.py": f'raise ValueError("does not work with {_OLD}")\n',
                "CHANGELOG.md": f"```\n{_OLD}\n```\n",
                "tests/test_a.py": f'IMAGE = "{_OLD}"\n',
                "tests/fixtures/a.sh": f"docker run {_OLD}\n",
                **_PINS,
            },
            options=_OPTIONS,
        ),
        Example(
            "a base that belongs to nothing that is pinned",
            {
                "docker/Dockerfile.docs": "ARG BASE_IMAGE=python:3.12\nFROM $BASE_IMAGE\n",
                ".gitlab-ci.yml": "a:\n  variables:\n    FILE: Dockerfile.docs\n    BASE_IMAGE: python:3.13\n",
                "docker/Dockerfile": f"FROM python:3.12 AS tools\nFROM {_NEW} AS main\nCOPY --from=tools /a /a\n",
                **_PINS,
            },
            options=_OPTIONS,
        ),
        Example("no environment is pinned", {"Dockerfile": f"FROM {_OLD}\n", "docker/.pin.dev": _PIN}),
    ),
)
