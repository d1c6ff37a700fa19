"""Seconds spent training, without evaluation and checkpoints."""

from __future__ import annotations

from time import perf_counter


class Stopwatch:
    """Adds up the time between `start` and `pause`."""

    def __init__(self) -> None:
        self._total = 0.0
        self._since: float | None = None

    def start(self) -> None:
        """Starts, or goes on; running already is fine."""
        if self._since is None:
            self._since = perf_counter()

    def pause(self) -> None:
        """Stops; paused already is fine."""
        if self._since is not None:
            self._total += perf_counter() - self._since
            self._since = None

    @property
    def seconds(self) -> float:
        """The total so far."""
        running = perf_counter() - self._since if self._since is not None else 0.0
        return self._total + running
