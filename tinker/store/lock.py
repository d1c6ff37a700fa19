"""One process at a time reads, changes and writes back what all commands share, such as a grid's table of looks.

The lock is the kernel's (flock), so it goes with its process, however that ends. Who holds it stands in a file beside
it, for people; that file may outlive its writer and proves nothing.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from tinker.errors import UserError
from tinker.store.atomic import explained, make_folder, write_bytes

POLL = 0.2  # seconds between two tries while waiting
PATIENCE = 5.0  # seconds of waiting before somebody is told


@contextmanager
def results_lock(
    results: Path, notice: Callable[[str], None] | None = None, *, patience: float = PATIENCE
) -> Iterator[None]:
    """Held while something of a results folder is read, changed and written back, such as its table of looks.

    Waits for as long as it takes. May be taken again by the thread that has it.

    Args:
        notice: told once, in a sentence, whom the wait is for, if it takes longer than `patience` (seconds); without it
            the sentence goes to stderr.

    Raises:
        UserError: the folder cannot be written.
    """
    path = results.resolve() / ".results.lock"
    with explained(path, 0):
        make_folder(path.parent)
        lock = filelock.FileLock(path, fallback_to_soft=False, is_singleton=True)
        try:
            lock.acquire(timeout=patience)
        except filelock.Timeout:
            who = _text(_who(results)) or "another tinker"
            text = f"{results}: waiting for {who}, which writes there; if it hangs, end it with `kill`"
            (notice or _to_stderr)(text)
            lock.acquire(poll_interval=POLL)
    try:
        with suppress(UserError):  # a full disk: what the caller does may still go
            write_bytes(_who(results), f"process {os.getpid()} on {platform.node()}".encode(), durable=False)
        yield
    finally:
        if lock.lock_counter == 1:
            with suppress(OSError):
                _who(results).unlink(missing_ok=True)
        lock.release()


def _who(results: Path) -> Path:
    return results / ".results.lock.txt"


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr)
