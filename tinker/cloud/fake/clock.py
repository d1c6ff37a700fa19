"""The fake's time: the computer's, or one that tests move."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since 1970."""

    def now(self) -> float:
        """The time."""

    def called(self) -> None:
        """A call has come in."""


class RealClock:
    """The computer's clock."""

    def now(self) -> float:
        return time.time()

    def called(self) -> None:
        """A call takes the time that it takes."""


class VirtualClock:
    """Stands still, but for `step` seconds with each call, and for `advance`."""

    def __init__(self, start: float = 1_800_000_000.0, step: float = 0.0) -> None:
        self._now, self.step = start, step

    def now(self) -> float:
        return self._now

    def called(self) -> None:
        self._now += self.step

    def advance(self, seconds: float) -> None:
        assert seconds >= 0
        self._now += seconds
