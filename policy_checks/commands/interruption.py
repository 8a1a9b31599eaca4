"""Signals that end a run: the first one stops it in good order, and no other can disturb that."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows knows the first two


@contextmanager
def orderly() -> Iterator[None]:
    """Raises KeyboardInterrupt for a signal that ends the process, and ignores those that follow: what there is left to do is short."""
    # One that is ignored stays so: that is how nohup works, and how a shell starts what runs in its background.
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}

    first = True

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal first
        if first:  # to have the others ignored by SIG_IGN would be a race with those that are on their way
            first = False
            raise KeyboardInterrupt

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
