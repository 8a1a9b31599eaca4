"""Builds whose base image is that of another environment than the one they are made for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import normpath

from policy_checks.containers.base_images import BaseImages, Build, Pin, agrees
from policy_checks.containers.image_reference import parse
from policy_checks.environment import Environment
from policy_checks.readers.build_stages import BuildStages
from policy_checks.readers.pipeline_images import VARIANT_NAME
from policy_checks.readers.written import Written
from policy_checks.record import record
from policy_checks.source import Place


@record(eq=False)
class Mismatch:
    """A base that is another environment's."""

    base: Written
    pin: Pin  # of the environment whose base it is
    made_for: str  # the environment
    said: Written | None  # what says so; None: the Dockerfile is this environment's own
    place: Place  # what the build gives of the two; of a Dockerfile by itself the base


def mismatches(found: BaseImages, pins: Sequence[Pin], environments: Mapping[str, Environment]) -> Iterator[Mismatch]:
    """Those of the builds, then those of the Dockerfiles' own defaults."""
    alone = [Build({}, stages.file.path) for stages in found.dockerfiles]
    for build in (*found.builds, *alone):
        chosen, variant = _base(found, build, pins), build.variant or _default_variant(found, build)
        if chosen is None or (variant is not None and not _is_spelled(variant)):
            continue
        owners = [name for name, one in environments.items() if one.dockerfile and normpath(one.dockerfile) == build.dockerfile]
        made_for = variant.text if variant else owners[0] if len(owners) == 1 else ""
        base, meant = chosen
        if made_for not in {pin.environment for pin in pins} or any(pin.environment == made_for for pin in meant):
            continue
        given = [one for one in (base, variant) if one and one in build.values.values()]
        if given or not build.values:
            yield Mismatch(base, meant[0], made_for, variant, (given or [base])[0].place)


def _base(found: BaseImages, build: Build, pins: Sequence[Pin]) -> tuple[Written, list[Pin]] | None:
    """The value that is some environment's pin, or is read from its file, and the pins that it means."""
    own = [Written(image.text, image.place) for image in found.bases_of.get(build.dockerfile, ())]
    named = [value for name, value in build.values.items() if found.is_base(build, name)]
    for value in named or [*build.values.values(), *own]:
        meant = [pin for pin in pins if _is_spelled(value) and _means(value.text, pin)]
        if meant:
            return value, meant
    return None


def _means(text: str, pin: Pin) -> bool:
    reference = parse(text)
    if reference is not None:
        return bool(reference.tag or reference.digest) and agrees(reference, pin.reference)
    return re.search(rf"(?<![\w.-]){re.escape(pin.place.file.path)}(?![\w.-])", text) is not None


def _is_spelled(value: Written) -> bool:
    """Whether a value stands where it is given; one that a variable brings may have been chosen together with the other."""
    return value.text in value.place.file.cut(value.place.span)


def _default_variant(found: BaseImages, build: Build) -> Written | None:
    """What the Dockerfile's own `ARG IMAGE_TYPE` says."""
    stages: BuildStages | None = found.by_path.get(build.dockerfile)
    if stages is None:
        return None
    settings = [*stages.arguments, *(setting for stage in stages.stages for setting in stage.settings if setting.keyword == "ARG")]
    values = [setting.value for setting in settings if VARIANT_NAME.search(setting.name) and setting.value]
    return Written(values[0].written, Place(stages.file, values[0].span)) if values else None
