"""The texts that rules look for: what holds none of them need not be read closely (see Rule.needles)."""

Needles = tuple[str, ...]


def holds(text: str, needles: Needles) -> bool:
    """Whether a text holds one of the needles; without needles every text does."""
    return not needles or any(needle in text for needle in needles)
