"""What the sightings in a log come to: each pitfall once, with its first lines, its cause and its fix."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from policy_checks.containers import image_reference
from policy_checks.containers.doctor import pitfalls
from policy_checks.containers.doctor.log import MOST, Log, Sighting
from policy_checks.containers.doctor.symptoms import INSTALLED
from policy_checks.containers.doctor.verdicts import Evidence, Trouble
from policy_checks.containers.image_reference import ImageReference
from policy_checks.record import record, replace

_LINES = 3  # of evidence for one pitfall
_NEAR = 60  # lines in which uv explains a failure


@record
class Known:
    """A pitfall with the lines that show it, and what they say of this case."""

    key: str
    sightings: tuple[Sighting, ...]
    cause: str = ""
    fix: str = ""
    path: str = ""  # that was full


def troubles(log: Log, name: str) -> Iterator[Trouble]:
    """Every pitfall that a log shows, in the order of its first line."""
    groups: dict[str, list[Sighting]] = {}
    for sighting in _without_explained(log.sightings):
        key = _of_registry(sighting)
        groups.setdefault(key, []).append(replace(sighting, key=key))
    apart = (INSTALLED, "missing-module")  # judged with each other
    known = [Known(key, tuple(group), **_told(group)) for key, group in groups.items() if key not in apart]
    known += _modules(groups.get("missing-module", ()), groups.get(INSTALLED, ()))
    for one in sorted(known, key=lambda each: each.sightings[0].line):
        where = (Evidence(one.path, one.path),) if one.path else ()
        yield pitfalls.trouble(one.key, (*_evidence(one.sightings, name), *where), cause=one.cause, fix=one.fix)


def _evidence(sightings: Sequence[Sighting], name: str) -> Iterator[Evidence]:
    for sighting in sightings[:_LINES]:
        yield Evidence(sighting.text, name, sighting.line)
    if len(sightings) > _LINES:
        count = f"{len(sightings) - _LINES}{' or' * (len(sightings) >= MOST)}"
        yield Evidence(f"and {count} more such lines")


def _without_explained(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Without the "no solution" that uv explains with the missing network a few lines on: that is no conflict."""
    listed = list(sightings)
    offline = [sighting.line for sighting in listed if sighting.key == "stale-lock-offline"]
    explained = {
        max((one.line for one in listed if one.key == "dependency-conflict" and line - _NEAR < one.line < line), default=0)
        for line in offline
    }
    return [one for one in listed if one.key != "dependency-conflict" or one.line not in explained]


def _of_registry(sighting: Sighting) -> str:
    """A refusal is the pitfall of the port where the address has one; a name without a host was never built here."""
    if sighting.key not in ("registry", "registry-unreachable"):
        return sighting.key
    image = _image(sighting.found)
    if image is not None and image.port:
        return "registry-port"
    unknown = image is not None and not image.registry and "repository does not exist" in sighting.text
    return "image-not-built" if unknown else "registry-refused"


def _image(found: Mapping[str, str]) -> ImageReference | None:
    """The image that was pulled; where only the registry is named, one of an empty path."""
    named = image_reference.parse(found.get("image", ""))
    return named or image_reference.parse(f"{found['registry']}/x") if "registry" in found or named else None


def _told(group: Sequence[Sighting]) -> dict[str, str]:
    """What the groups of the patterns say of this case."""
    found: Mapping[str, str] = {name: value for sighting in reversed(group) for name, value in sighting.found.items()}
    match group[0].key:
        case "registry-port":
            return _without_port(found)
        case "jet-secret" if "secret" in found:
            return {"cause": f"the secret `{found['secret'].removeprefix('/run/secrets/')}` was not given to the build"}
        case "index-unreachable":
            return {"cause": found["url"]}
        case "disk-full" | "quota" if path := found.get("path") or found.get("quoted"):
            return {"cause": f"it was full below {path}", "path": path}
        case "registry-refused" | "image-not-built" if "image" in found:
            return {"cause": found["image"]}
        case _:
            return {}


def _without_port(found: Mapping[str, str]) -> dict[str, str]:
    image = _image(found)
    if image is None:
        return {}
    plain = replace(image, port="")
    return {
        "cause": f"`:{image.port}` of {found.get('image') or found['registry']}",
        "fix": f"`docker pull {plain}`" if "image" in found else f"`{plain.registry}`",
    }


def _modules(missing: Sequence[Sighting], installed: Sequence[Sighting]) -> Iterator[Known]:
    """A module that is missing after pip installed it is the guide's pitfall; where pip installed other things, or nothing, its kin."""
    after: list[tuple[Sighting, Sighting]] = []
    alone: list[Sighting] = []
    for sighting in missing:
        by_pip = next((one for one in installed if one.line < sighting.line and _provides(one, sighting)), None)
        if by_pip:
            after.append((sighting, by_pip))
        else:
            alone.append(sighting)
    if after:
        (first, by_pip), *_ = after
        cause = f"python does not find at line {first.line} what pip installed at line {by_pip.line}"
        yield Known("pip-outside-venv", (first, by_pip, *(sighting for sighting, _ in after[1:])), cause)
    if alone:
        earlier = [one.line for one in installed if one.line < alone[0].line]
        cause = (
            f"`{alone[0].found['module']}`, and pip ran before, at line {earlier[-1]}: what it installed may be elsewhere"
            if earlier
            else ""
        )
        yield Known("missing-module", tuple(alone), cause)


def _provides(by_pip: Sighting, missing: Sighting) -> bool:
    """Whether pip's line names the package of a module; names that hold each other count: PyYAML is `yaml`, Pillow is `PIL`."""
    module = _name(missing.found["module"].partition(".")[0])
    words = by_pip.found["module"].split()
    names = [_name(re.sub(r"-\d[^-]*$", "", word)) for word in words]
    return any(module == name or (len(module) > 2 and module in name) or (len(name) > 2 and name in module) for name in names)


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()
