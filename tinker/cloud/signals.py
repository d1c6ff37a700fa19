"""What the user asks of a launcher while it watches: Ctrl-C gives everything back, a closed terminal leaves it running.

While pods may bill nothing but `kill -9` ends the process before it has done what was asked.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Asked:
    """
    Attributes:
        stops: how often somebody has pressed Ctrl-C, or sent SIGTERM.
        left: whether the terminal is gone (SIGHUP).
    """

    def __init__(self) -> None:
        self.stops = 0
        self.left = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Takes the signals over; outside the main thread nothing comes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self.left = True
        else:
            self.stops += 1


class StoppedError(Exception):
    """The user wants everything back, now; raised between two steps of what takes long."""
