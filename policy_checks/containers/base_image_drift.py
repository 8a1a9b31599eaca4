"""Places that name another base image than the environments are pinned to."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain, islice
from posixpath import normpath

from policy_checks.containers.base_images import BaseImages, NamedImage, Pin, agrees
from policy_checks.containers.image_mentions import mentions
from policy_checks.environment import Environment
from policy_checks.readers.pipeline_images import VARIANT_NAME
from policy_checks.record import record
from policy_checks.source import Span, Unreadable


@record(eq=False)
class Drift:
    """One place that disagrees, and the pins that it is compared with."""

    image: NamedImage
    pins: tuple[Pin, ...]
    is_other: bool  # another repository, in the place of a pinned one
    is_certain: bool  # whether the place belongs to the environment of the pin, so that there is no question what it should say


@record(eq=False)
class Named:
    """All places of a workspace that name a pinned repository, or stand where a pinned image should."""

    found: BaseImages
    pins: tuple[Pin, ...]
    environments: Mapping[str, Environment]

    @cached_property
    def places(self) -> tuple[NamedImage, ...]:
        """All of them in the order of their files, each once; the pin files themselves not."""
        seen = {(pin.place.file.path, pin.place.span.start): True for pin in self.pins}
        places: list[NamedImage] = []
        jobs = [NamedImage(job.text, job.place, "`image`") for job in self.found.jobs]
        read = [one for one in (*self.found.bases, *self.found.given_to(self.found.builds), *jobs) if self._is_about(one)]
        for image in (*read, *(one for one in self._mentions if isinstance(one, NamedImage))):
            key = image.place.file.path, image.place.span.start
            if key not in seen:
                seen[key] = True
                places.append(image)
        return tuple(sorted(places, key=lambda one: (one.place.file.path, one.place.span)))

    @cached_property
    def _mentions(self) -> list[NamedImage | Unreadable]:
        return [*mentions(self.found.workspace, [pin.reference for pin in self.pins])]

    @property
    def faults(self) -> Iterator[Unreadable]:
        """What could not be read."""
        return (one for one in self._mentions if isinstance(one, Unreadable))

    def drifts(self) -> Iterator[Drift]:
        """The places that agree with no pin."""
        for image in self.places:
            reference = image.reference
            if reference is None or any(agrees(reference, pin.reference) for pin in self.pins):
                continue
            owners, pinned = self._owners(image), self._of(reference.repository)
            same = [pin for pin in pinned if not owners or pin.environment in owners]
            wanted = same or pinned or [pin for pin in self.pins if not owners or pin.environment in owners]
            certain = bool(same) and bool(owners) and len({pin.text for pin in same}) == 1
            yield Drift(image, tuple(wanted), not pinned, certain)

    def _of(self, repository: str) -> list[Pin]:
        return [pin for pin in self.pins if pin.reference.repository == repository]

    def beside(self, drift: Drift, most: int) -> Iterator[NamedImage]:
        """The other places that name one of the pinned repositories, or that the same Dockerfile is built on; no more than so many."""
        repositories = {pin.reference.repository for pin in drift.pins}
        groups = [self._places_of.get(("", repository), []) for repository in sorted(repositories)]
        groups.append(self._places_of.get((drift.image.dockerfile, ""), []))
        told = {id(drift.image)}
        for image in islice(chain.from_iterable(groups), most + 1):
            if id(image) not in told:
                told.add(id(image))
                yield image

    @cached_property
    def _places_of(self) -> Mapping[tuple[str, str], list[NamedImage]]:
        """The places by the Dockerfile that they are for, and by their repository."""
        found: dict[tuple[str, str], list[NamedImage]] = {}
        for image in self.places:
            if image.dockerfile:
                found.setdefault((image.dockerfile, ""), []).append(image)
            if image.reference is not None:
                found.setdefault(("", image.reference.repository), []).append(image)
        return found

    def _is_about(self, image: NamedImage) -> bool:
        """Whether a place names a pinned repository, or something else for a Dockerfile that is to be built on one."""
        if image.reference is None or self._is_pinned(image):
            return image.reference is not None
        if (image.dockerfile, image.called if image.is_given else image.text) in self._own:
            return True
        return image.is_given and any(one.argument and self._is_pinned(one) for one in self.found.bases_of.get(image.dockerfile, ()))

    @cached_property
    def _own(self) -> set[tuple[str, str]]:
        """What the Dockerfiles of pinned environments start their public stage from: each base, and the argument that may give it."""
        pinned, found = {pin.environment for pin in self.pins}, set()
        for name, environment in self.environments.items():
            path = normpath(environment.dockerfile) if environment.dockerfile else ""
            stages = self.found.by_path.get(path)
            if stages is None or name not in pinned:
                continue
            for number, is_part in stages.reached(environment.target).items():
                stage = stages.stages[number]
                if is_part and stage.parent is None:
                    found |= {(path, stage.base.value), (path, f"`{stage.argument.name}`" if stage.argument else "")}
        return found

    def _is_pinned(self, image: NamedImage) -> bool:
        return image.reference is not None and bool(self._of(image.reference.repository))

    def _owners(self, image: NamedImage) -> set[str]:
        """The environments that a place belongs to: by the `IMAGE_TYPE` beside it, else by the Dockerfile; none where nothing says so."""
        if variant := self._variants.get((image.place.file.path, image.place.span)):
            return {variant} & {pin.environment for pin in self.pins}
        stages = self.found.by_path.get(image.dockerfile)
        owned = {name for name, one in self.environments.items() if one.dockerfile and normpath(one.dockerfile) == image.dockerfile}
        if stages is not None and len(owned) > 1:
            kinds = [one.value.written for stage in stages.stages for one in stage.settings if VARIANT_NAME.search(one.name) and one.value]
            owned = owned & {*kinds[:1]} or owned
        return owned & {pin.environment for pin in self.pins}

    @cached_property
    def _variants(self) -> Mapping[tuple[str, Span], str]:
        """The `IMAGE_TYPE` beside each value that a build is given."""
        return {
            (value.place.file.path, value.place.span): build.variant.text
            for build in self.found.builds
            if build.variant
            for value in build.values.values()
        }
