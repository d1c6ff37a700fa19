"""Which process is meant by a number: numbers are used again, and each machine and container has its own."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from pathlib import Path

import psutil

#: Processes that have ended, but whose parent has not asked how.
ENDED = ("Z", "X", psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


@cache
def machine() -> str:
    """This machine since it was switched on, as seen from inside this container: 16 hex digits.

    Between processes of one value numbers can be compared; of any other nothing is known.
    """
    boot = Path("/proc/sys/kernel/random/boot_id")
    numbers = Path("/proc/self/ns/pid")
    parts = [
        platform.node(),
        boot.read_text() if boot.exists() else "",
        str(numbers.readlink()) if numbers.is_symlink() else "",
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def birth(pid: int) -> str | None:
    """When that process began, by a clock that nobody sets; None where it has ended, or its owner shows nothing."""
    try:
        state, born = _seen(pid)
    except (OSError, psutil.Error):
        return None
    return None if state in ENDED else born


def ended(pid: int, born: str | None = None) -> bool:
    """Whether the process of that number (begun then) is gone for sure. True for what is no number of a process."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # another user's
        pass
    try:
        state, now = _seen(pid)
    except (OSError, psutil.Error):  # there, and hidden from us
        return False
    return state in ENDED or (born is not None and now != born)


def _seen(pid: int) -> tuple[str, str]:
    """State and beginning. Linux counts ticks since it started, which no change of the wall clock moves."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        return fields[0], fields[19]
    process = psutil.Process(pid)
    return process.status(), repr(process.create_time())
