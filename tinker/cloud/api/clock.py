"""The clock of a server, as its answers tell it: money is counted by its time, not by that of a laptop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime


class ServerClock:
    """Seconds since 1970 by the last `Date` heard, which has whole seconds, and the time since.

    Args:
        ticks: a clock that is never set, seconds.
    """

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._ahead: float | None = None  # of ours

    def heard(self, headers: Mapping[str, str]) -> None:
        """Takes the time from an answer. One without a time is let be."""
        try:
            ahead = parsedate_to_datetime(headers["Date"]).timestamp() - self._ticks()
        except (KeyError, ValueError, TypeError):
            return
        # A date has lost up to a second: of those that agree but for that, the latest is nearest, and none goes back.
        if self._ahead is None or not 0 <= self._ahead - ahead < 1:
            self._ahead = ahead

    def now(self) -> float | None:
        """None before anything was heard."""
        return None if self._ahead is None else self._ticks() + self._ahead
