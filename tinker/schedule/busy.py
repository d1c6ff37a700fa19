"""A sign that this machine is not idle: who rents it out to us by the second may give it back when there is none."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Seconds between two signs.
EVERY = 5.0
#: Names the file whose time of last change is the sign; nothing is done where it is not set.
VARIABLE = "TINKER_BUSY"


@contextmanager
def busy() -> Iterator[None]:
    """Touches the file now and every few seconds. A trial that hangs is ended by the driver, and this with it."""
    named = os.environ.get(VARIABLE)
    if not named:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_touch, args=(Path(named), over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _touch(path: Path, over: threading.Event) -> None:
    while True:
        with suppress(OSError):  # a full disk, say, is met where something is written that matters
            path.touch()
        if over.wait(EVERY):
            return
