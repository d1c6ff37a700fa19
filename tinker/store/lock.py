"""One driver for each results folder: a second `tinker run` refuses, or waits until the first is gone.

The lock is the kernel's (flock), so it goes with its process, however that ends. Who holds it stands in a file beside
it, for people; that file may outlive its writer and proves nothing.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import filelock

from tinker.errors import BUSY, UserError
from tinker.store.atomic import explained, make_folder, write_bytes, write_json

POLL = 0.2  # seconds between two tries while waiting
PATIENCE = 5.0  # seconds of waiting before somebody is told


@dataclass(frozen=True)
class Holder:
    """The process that holds a results folder."""

    pid: int
    host: str
    since: str  # ISO 8601, UTC
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}: {self.command}"


@contextmanager
def driver_lock(results: Path, *, wait: bool = False, notice: Callable[[str], None] | None = None) -> Iterator[Holder]:
    """Holds the results folder for this process.

    Args:
        wait: wait for as long as it takes, instead of refusing.
        notice: told once, in a sentence, whom the wait is for.

    Raises:
        UserError: with exit code BUSY where another process holds it; or the folder cannot be written.
    """
    path = results / ".driver.lock"
    with explained(path, 0):
        make_folder(results)
        lock = filelock.FileLock(path, thread_local=False, fallback_to_soft=False)
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            problem = f"{results}: another tinker runs here ({holder(results) or 'not known yet'})"
            if not wait:
                raise UserError(
                    f"{problem}; wait for it, stop it with Ctrl-C or `kill`, or choose another results folder",
                    exit_code=BUSY,
                ) from None
            if notice is not None:
                notice(f"{problem}; waiting until it is done")
            lock.acquire(poll_interval=POLL)
    try:
        mine = Holder(os.getpid(), platform.node(), _now(), " ".join(sys.argv))
        write_json(_side_file(results), asdict(mine), durable=False)
        yield mine
    finally:
        _side_file(results).unlink(missing_ok=True)
        lock.release()


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
            _who(results).unlink(missing_ok=True)
        lock.release()


def _who(results: Path) -> Path:
    return results / ".results.lock.txt"


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr)


def holder(results: Path) -> Holder | None:
    """Who holds the results folder, or held it when it was killed; None where nobody says so."""
    try:
        return Holder(**json.loads(_side_file(results).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _side_file(results: Path) -> Path:
    return results / ".driver.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
