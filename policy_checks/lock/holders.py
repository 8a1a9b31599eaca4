"""Lists of dependencies by name, as a project has them and as a policy names them."""

from collections.abc import Sequence

from policy_checks.readers.names import is_name, normalized
from policy_checks.record import record

DEPENDENCIES, EXTRA, GROUP, BUILD = "dependencies", "extra", "group", "build-system"
PATHS = {
    DEPENDENCIES: ("project", "dependencies"),
    EXTRA: ("project", "optional-dependencies"),
    GROUP: ("dependency-groups",),
    BUILD: ("build-system", "requires"),
}


@record
class Holder:
    """One list of requirements: `dependencies`, an extra, a group, or what the build needs (`build-system`)."""

    kind: str
    name: str = ""  # of an extra or a group, normalised

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`" if self.name else f"`{'.'.join(PATHS[self.kind])}`"

    @property
    def told(self) -> str:
        """The list in a sentence."""
        return f"the {self}" if self.name else str(self)


def holder(text: str) -> Holder:
    """A list by the name that a policy gives it: `extra:NAME`, `group:NAME`, `dependencies`; raises ValueError for anything else."""
    kind, colon, name = text.partition(":")
    if text in (DEPENDENCIES, BUILD):
        return Holder(text)
    if not colon or kind not in (EXTRA, GROUP) or not is_name(name):
        raise ValueError(f"{text!r} names no list of dependencies; write 'extra:NAME', 'group:NAME', 'dependencies' or 'build-system'")
    return Holder(kind, normalized(name))


def perhaps(holder: Holder, known: Sequence[Holder]) -> str:
    """What was probably meant by a list that is not there, ready to follow a message."""
    from difflib import get_close_matches

    other = Holder(EXTRA if holder.kind == GROUP else GROUP, holder.name)
    if other in known:
        return f"; `{holder.name}` is {'an extra' if other.kind == EXTRA else 'a group'}"
    near = get_close_matches(holder.name, [some.name for some in known if some.kind == holder.kind], 1)
    return f"; perhaps `{near[0]}`" if near else ""
