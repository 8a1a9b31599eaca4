"""What a terminal shows of a formatting run while it lasts: a line for each tool, gone at the end."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from policy_checks.formatting.outcome import Progress, silent
from policy_checks.formatting.policy import Tool

if TYPE_CHECKING:
    from rich.live import Live

_PATIENCE = 0.3  # seconds: a shorter run shows nothing, and does not import what would draw it


class View:
    """The tools that have begun, in that order; it is told of them by threads and drawn by another."""

    def __init__(self) -> None:
        self._tools: dict[Tool, tuple[int, int, float, float | None]] = {}  # files, how many are done, begin and end (time.monotonic)
        self._live: Live | None = None

    def told(self, tool: Tool, begins: bool, files: int = 0, done: int = 0) -> None:
        """A tool begins, goes on, or has ended (see Progress)."""
        held = self._tools.get(tool)
        start = held[2] if held and held[3] is None else time.monotonic()
        if begins:
            self._tools[tool] = (files, done, start, None)
        elif held:
            self._tools[tool] = (held[0], held[0], held[2], time.monotonic())

    def lines(self) -> list[str]:
        """The view as it is now."""
        now = time.monotonic()
        return [
            f"{tool:6}  {f'{done:,} of {files:,} files':>18}  {(end or now) - start:5.1f} s" + ("" if end else " …")
            for tool, (files, done, start, end) in list(self._tools.items())
        ]

    def show(self, stream: TextIO) -> None:
        """Draws on a terminal from now on; `rich` knows its width, its height and what it can do."""
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        def drawn() -> Text:
            return Text("\n".join(self.lines()), no_wrap=True, overflow="ellipsis")

        self._live = Live(
            console=Console(file=stream),
            get_renderable=drawn,
            refresh_per_second=5,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def hide(self) -> None:
        """Wipes the terminal, if anything is shown on it."""
        if self._live:
            self._live.stop()


@contextmanager
def progress(stream: TextIO) -> Iterator[Progress]:
    """Whom to tell how a run goes; it is shown on a terminal and nowhere else."""
    if not stream.isatty():
        yield silent
        return
    view = View()
    timer = threading.Timer(_PATIENCE, view.show, [stream])
    timer.daemon = True
    timer.start()
    try:
        yield view.told
    finally:
        timer.cancel()
        timer.join()
        view.hide()
