"""What a worker leaves of a trial while it is at it, for whoever watches: its progress, and its log."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tinker.store.layout import TrialFolder
from tinker.store.progress import touch_progress, write_progress

PROGRESS_EVERY = 1.0  # seconds


class ProgressFile:
    """How far a trial is, written down from time to time and at its end, and where this attempt took it up."""

    def __init__(self, folder: TrialFolder) -> None:
        self.folder = folder
        self._began: int | None = None
        self._steps, self._time, self._alive = 0, 0.0, 0.0

    def progress(self, step: int, steps: int) -> None:
        """As `Hooks.progress`."""
        if self._began is None:
            self._began, self._steps = step - 1, steps
        if time.monotonic() - self._time >= PROGRESS_EVERY:
            self._time = time.monotonic()
            write_progress(self.folder, step, steps, self._began)

    def alive(self) -> None:
        """Changes the file's time: during an evaluation there is nothing else to say."""
        if time.monotonic() - self._alive >= PROGRESS_EVERY:
            self._alive = time.monotonic()
            touch_progress(self.folder)

    def ended(self, step: int) -> None:
        """The last step of the attempt."""
        if self._began is not None:
            write_progress(self.folder, step, self._steps, self._began)


def asked_seldom(ask: Callable[[], bool]) -> Callable[[], bool]:
    """`ask`, but once in `PROGRESS_EVERY` seconds, and never again after a yes."""
    asked, answer = float("-inf"), False

    def should_stop() -> bool:
        nonlocal asked, answer
        if not answer and time.monotonic() - asked >= PROGRESS_EVERY:
            asked, answer = time.monotonic(), ask()
        return answer

    return should_stop


@contextmanager
def logged(path: Path) -> Iterator[None]:
    """Sends warnings and log records of this process to the trial's log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        with warnings.catch_warnings():
            yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()
