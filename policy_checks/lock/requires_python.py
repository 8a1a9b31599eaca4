"""The Python range of a lock, which its markers take for granted."""

from policy_checks.lock import markers
from policy_checks.lock.markers import InvalidMarker, Marker
from policy_checks.readers.uv_lock import Lock
from policy_checks.source import Unreadable


def of(lock: Lock) -> Marker:
    """The range as a marker; raises Unreadable for a text that is none, as uv refuses the lock."""
    try:
        return markers.from_requires_python(lock.requires_python)
    except InvalidMarker as error:
        place = lock.place(("requires-python",))
        raise Unreadable(place.file, place.span, str(error)) from None
