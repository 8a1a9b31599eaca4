"""Which tests an image skips (guide, "dev vs lts": `flaky_in_dev` in dev, `flaky` in lts)."""

from collections.abc import Mapping

from policy_checks.environment import Environment
from policy_checks.failure import Failure
from policy_checks.record import made, record

_GUIDE = {"dev": "flaky_in_dev", "lts": "flaky"}  # where the policy has no environments


@record
class Options:
    """The part of `[tool.policy-checks]` that is about images."""

    environments: Mapping[str, Environment] = made(default_factory=dict)


def skipped(image: str, environments: Mapping[str, Environment]) -> str:
    """The marker that an image skips; empty for none.

    Raises Failure for an image that is none of the environments; where they skip no marker, the variable may be about something else.
    """
    markers = {name: one.skip_marker for name, one in environments.items()} if environments else _GUIDE
    if environments and any(markers.values()) and image not in markers:
        raise Failure(f"IMAGE_TYPE={image} names no environment of [tool.policy-checks.environments]; there are {', '.join(markers)}")
    return markers.get(image, "")
