"""A base image that is another one tomorrow.

Why: without a tag, or with one that moves (`latest`, `nightly`), the same commit is built on whatever the registry holds that day. What passed
yesterday fails today without a change, and no two people debug the same thing.

Fix: name the release, `image:24.04`, or the digest, `image@sha256:…`. Judged are the `FROM` of Dockerfiles with the defaults of their build arguments, the files that
environments are pinned in, and in CI pipelines the image of a job and the base that is given to a build. Not judged: `scratch`, other stages, names
with a variable that nothing sets, services of a job, a default that some build of the repository overrides, and images that the repository itself builds under that name.
With `images.digest = true` every one of them has to name a digest.

References: guide section "dev vs lts"; https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

from policy_checks.containers.base_images import BASE_IMAGES, BaseImages, NamedImage, pins
from policy_checks.containers.floating import ImagePolicy, fault
from policy_checks.environment import Environment
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.source import Unreadable


@record
class Options:
    """What is asked of an image, and the environments for the files that they are pinned in."""

    images: ImagePolicy = ImagePolicy()
    environments: Mapping[str, Environment] = made(default_factory=dict)


def check(found: BaseImages, options: Options) -> Iterator[Problem]:
    """One problem for each place, in the order of the kinds of places."""
    floating = {
        (image.place.file.path, image.place.span): image for image in reversed([*_images(found, options)]) if _fault(image, options)
    }
    own = _built_here(found, {image.reference.name for image in floating.values() if image.reference})
    for _, image in sorted(floating.items()):
        if image.reference and image.reference.name not in own and not _is_overridden(found, image):
            why = _fault(image, options)
            advice = "name a digest" if image.reference.tag and "digest" in why else "name a release or a digest"
            yield Problem(image.place, f"`{image.text}` ({image.called}) {why}: {advice}")


def _fault(image: NamedImage, options: Options) -> str:
    return fault(image.reference, options.images) if image.reference else ""


def _images(found: BaseImages, options: Options) -> Iterator[NamedImage]:
    yield from found.bases
    for pin in pins(found.workspace, options.environments):
        if not isinstance(pin, Unreadable):  # told where the pins are compared
            yield NamedImage(pin.text, pin.place, f"the pin of `{pin.environment}`")
    for job in found.jobs:
        if not _VIRTUAL_MACHINE.fullmatch(job.text):
            yield NamedImage(job.text, job.place, "`image`")
    yield from found.given_to(found.given)


_VIRTUAL_MACHINE = re.compile(r"macos-\d+(?:-xcode-[\d.]+)?")  # a job's `image` on GitLab's hosted macOS runners


def _is_overridden(found: BaseImages, image: NamedImage) -> bool:
    """Whether a build of the Dockerfile gives the argument whose default it is."""
    return image.argument != "" and any(build.dockerfile == image.dockerfile and image.argument in build.values for build in found.builds)


def _built_here(found: BaseImages, names: set[str]) -> set[str]:
    """The names that the repository makes images of: `-t NAME`, `tags: NAME`, a folder of that name with a Dockerfile in it."""
    folders = {posixpath.basename(posixpath.dirname(one.file.path)) for one in found.dockerfiles}
    own = {name for name in names if "/" in name and posixpath.basename(name) in folders}
    rest = sorted(names - own)
    if not rest:
        return own
    tag = r"(?:(?:^|\s)-t[ \t=]*|--tag(?:[ \t]+|=)|^[ \t]*(?:-[ \t]+)?tags?:[ \t]*)"
    tagged = re.compile(rf"{tag}[\"']?({'|'.join(map(re.escape, rest))})(?=[:\s\"']|$)", re.MULTILINE)
    for file in found.workspace.files(_may_build, tuple(rest)):
        try:
            own |= set() if isinstance(file, Unreadable) else {*tagged.findall(file.text)}
        except Unreadable:
            continue  # told by whoever reads the file
    return own


def _may_build(path: str) -> bool:
    return path.endswith((".sh", ".bash", ".yml", ".yaml", ".md", ".mk", ".hcl")) or "." not in path.rpartition("/")[2]


def _workflow(text: str) -> dict[str, str]:
    return {".github/workflows/ci.yml": f"jobs:\n  a:\n{text}"}


RULE = Rule(
    code="IMG004",
    name="floating-base-image",
    severity=Severity.WARNING,
    subject=BASE_IMAGES,
    check=check,
    options=Options,
    examples=(
        Example("no tag", {"Dockerfile": "FROM --platform=linux/amd64 ⟦hub.example/team/base⟧ AS main\n"}, message="names no tag"),
        Example(
            "moving tags",
            {"Dockerfile": "FROM ⟦a:latest⟧\nFROM ⟦b:nightly⟧\nFROM ⟦c:latest-gpu⟧\nFROM ⟦d:3.9-nightly⟧\nFROM ⟦debian:stable-slim⟧\n"},
        ),
        Example(
            "the default of a build argument",
            {"Dockerfile": 'ARG BASE="⟦hub.example:5000/base:main⟧"\nARG TAG=edge\nFROM ${BASE} AS a\nFROM ⟦tool:${TAG}⟧\n'},
            message="moving tag",
        ),
        Example(
            "a pin file",
            {"docker/.pin": "⟦hub.example/base⟧\n"},
            options={"environments": {"dev": {"base-image": "docker/.pin"}}},
            message="the pin of `dev`",
        ),
        Example(
            "pipelines",
            {
                ".gitlab-ci.yml": "image:\n  name: ⟦tools⟧\ntest:\n  image: '⟦python:latest⟧'\n  services: [docker]\nbuild:\n"
                "  variables:\n    BASE_IMAGE: ⟦hub.example/nemo:nightly⟧\n",
                **_workflow(
                    "    container:\n      image: ⟦node⟧\n    steps:\n    - uses: ⟦docker://alpine⟧\n  b:\n    container: ⟦node:lts⟧\n"
                ),
            },
        ),
        Example(
            "a digest that the policy demands",
            {"Dockerfile": "FROM ⟦a:1⟧\nFROM a:1@sha256:" + "0" * 64},
            options={"images": {"digest": True}},
        ),
        Example(
            "releases and digests",
            {"Dockerfile": "FROM a:1\nFROM b:24.04-py3\nFROM c:latest@sha256:" + "0" * 64 + "\nFROM d:nightly-2025-01-31\n"},
        ),
        Example("scratch, and other stages", {"Dockerfile": "FROM a:1 AS Base\nFROM base AS next\nFROM scratch\nCOPY --from=next / /\n"}),
        Example(
            "what is not known",
            {"Dockerfile": "ARG BASE\nFROM $BASE\nFROM x:${TAG}\n", ".gitlab-ci.yml": "a:\n  image: $CI_REGISTRY_IMAGE:latest\n"},
        ),
        Example(
            "a default that the build overrides",
            {
                "docker/Dockerfile": "ARG BASE=base:latest\nFROM $BASE\n",
                "build.sh": "docker build -f docker/Dockerfile --build-arg BASE=base:1.2 .\n",
            },
        ),
        Example(
            "a default that a pipeline overrides",
            {
                "docker/Dockerfile.ci": "ARG BASE=base:latest\nFROM $BASE\n",
                **_workflow(
                    "    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        file: docker/Dockerfile.ci\n        build-args: BASE=base:1.2\n"
                ),
            },
        ),
        Example(
            "images of the repository's own",
            {
                "run/Dockerfile": "FROM team/base\nFROM hub.example/team/tools\n",
                "build.sh": "docker build -t team/base base\n",
                "images/tools/Dockerfile": "FROM base:1\n",
            },
        ),
        Example(
            "keys that are no image of a job",
            {
                ".gitlab-ci.yml": "a:\n  variables:\n    image: ubuntu\nb:\n  image: macos-15-xcode-16\n",
                ".circleci/config.yml": "jobs:\n  a:\n    machine:\n      image: ubuntu-2004:current\n",
                "azure-pipelines.yml": "jobs:\n- job: a\n  container: alias\n  pool:\n    vmImage: ubuntu-latest\n",
                ".readthedocs.yml": "build:\n  image: latest\n",
                **_workflow(
                    "    strategy:\n      matrix:\n        image: [ubuntu-latest]\n        include:\n        - image: ubuntu\n    services:\n      db:\n        image: redis\n"
                ),
            },
        ),
    ),
)
