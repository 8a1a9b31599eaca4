"""Which image is meant: the variants are the environments, and labels of a pull request select one (guide, "dev vs lts")."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from policy_checks.environment import Environment
from policy_checks.failure import Failure
from policy_checks.record import record, replace

DEFAULT = "dev"
_SCOPE = "::"  # of a label such as `container::lts`
_DOCKERFILE = "docker/Dockerfile.ci.dev"

# Where no environment says what its image is built from, the guide does.
GUIDE: Mapping[str, Environment] = {
    "dev": Environment(
        groups=("dev", "test"), default_groups=True, base_image="docker/.ngc_version.dev", dockerfile=_DOCKERFILE, target="main"
    ),
    "lts": Environment(
        groups=("lts", "test"),
        default_groups=True,
        base_image="docker/.ngc_version.lts",
        dockerfile=_DOCKERFILE,
        target="main",
        label="container::lts",
    ),
}


@record
class Variant:
    """One of the images: its environment, and why it is this one."""

    name: str
    environment: Environment
    reason: str  # `--environment`, `label container::lts (--labels)`, …
    is_default: bool  # then its tag is `local`, else `local-NAME`
    is_declared: bool  # False: what the guide says, as no environment names a Dockerfile or a base image

    @property
    def suffix(self) -> str:
        """What its names have behind those of the default variant: `-lts`."""
        return "" if self.is_default else f"-{self.name}"


def declares_images(environments: Mapping[str, Environment]) -> bool:
    """Whether the policy says what any image is built from."""
    return any(one.dockerfile or one.base_image for one in environments.values())


def variants(environments: Mapping[str, Environment]) -> dict[str, Environment]:
    """The environments that have an image; with none of them the guide's two, with the groups that the policy gives them."""
    if declares_images(environments):
        return {name: one for name, one in environments.items() if one.dockerfile or one.base_image}
    return {name: _with_image(environments.get(name, guide), guide) for name, guide in GUIDE.items()}


def _with_image(declared: Environment, guide: Environment) -> Environment:
    images = {"base_image": guide.base_image, "dockerfile": guide.dockerfile, "target": declared.target or guide.target}
    return replace(declared, **images, label=declared.label or guide.label)


def default(known: Mapping[str, Environment]) -> str:
    """The variant that is meant when nobody asks for another: `dev`, or the only one without a label; empty where that is open."""
    unlabelled = [name for name, one in known.items() if not one.label]
    if DEFAULT in known:
        return DEFAULT
    return unlabelled[0] if len(unlabelled) == 1 else ""


def by_name(environments: Mapping[str, Environment], name: str) -> Variant:
    """The variant that the user names. Raises Failure for what has no image."""
    known = variants(environments)
    if name in known:
        return _variant(environments, name, "--environment")
    if name in environments:
        raise Failure(f"the environment `{name}` has no image: set `dockerfile` in [tool.policy-checks.environments.{name}]")
    near = get_close_matches(name, list(known), 1)
    raise Failure(f"there is no environment `{name}`" + (f", perhaps `{near[0]}`" if near else f"; there are {', '.join(sorted(known))}"))


def by_labels(environments: Mapping[str, Environment], labels: Sequence[str] | None, source: str) -> Variant:
    """The variant that the labels of a pull request select, else the default one.

    `source` says where the labels come from, or why there are none (None). Raises Failure for labels of two variants, for one
    that is misspelled, and where no variant is the default.
    """
    known = variants(environments)
    selected = {name: label for label in labels or () for name in _selected(known, label)}
    if len(selected) > 1:
        told = " and ".join(dict.fromkeys(selected.values()))
        raise Failure(f"{told} select different environments ({', '.join(selected)}): keep one label, or name one with --environment")
    if selected:
        ((name, label),) = selected.items()
        return _variant(environments, name, f"label {label} ({source})")
    if not default(known):
        raise Failure(f"none of the environments {', '.join(sorted(known))} is the default: name one with --environment")
    return _variant(environments, default(known), f"default: {source}" if labels is None else f"default: {source} selects no other")


def _selected(known: Mapping[str, Environment], label: str) -> list[str]:
    """The variants that a label selects. `container::dev` means the one that needs no label; a stranger of that scope is a slip."""
    if found := [name for name, one in known.items() if one.label == label]:
        return found
    scope, separator, value = label.rpartition(_SCOPE)
    rivals = [one.label for one in known.values() if separator and one.label.casefold().startswith((scope + separator).casefold())]
    if not rivals:
        return []
    if value in known and not known[value].label:
        return [value]
    raise Failure(f"the label {label} selects no environment; there is {', '.join(sorted(rivals))}")


def _variant(environments: Mapping[str, Environment], name: str, reason: str) -> Variant:
    known = variants(environments)
    return Variant(name, known[name], reason, name == default(known), declares_images(environments))
