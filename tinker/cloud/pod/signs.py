"""What home and a machine tell each other while a run is on: signs of life, output, stopping, and that all is home."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinker.cloud.pod import place
from tinker.cloud.pod.ray_part import born

#: The most output that one call hands over, bytes.
CHUNK = 4 * 1024**2
#: A run whose process is gone has so many seconds to write its exit code.
LAST_WORDS = 30.0


def beat() -> dict[str, Any]:
    """Notes a sign of life from home; answers as `tinker.cloud.host.Signs`."""
    place.HEARTBEAT.touch()
    job, code = job_now()
    busy = _age(place.BUSY)
    return {
        "job": job,
        "code": code,
        "log_bytes": place.LOG.stat().st_size if place.LOG.exists() else 0,
        "busy_seconds": None if busy is None else round(busy, 1),
        "refused": place.REFUSED.read_text().strip() if place.REFUSED.exists() else None,
    }


def job_now() -> tuple[str, int | None]:
    """`none`, `running` or `ended`, and the exit code of a run that has ended."""
    if place.EXIT.exists():
        return "ended", int(place.EXIT.read_text())
    if not place.RUN_PID.exists():
        return "none", None
    age = _age(place.BUSY)
    if _run_pid() is not None or (age is not None and age < LAST_WORDS):
        return "running", None
    return "ended", None  # killed, and with it the one who would have written its code


def begin() -> None:
    """A new run is about to be submitted: nothing of an earlier one may pass for it, and the machine must not end."""
    place.UNFETCHED.touch()
    for old in (place.RUN_PID, place.EXIT):
        old.unlink(missing_ok=True)


def log(start: int) -> bytes:
    """The run's output from that byte on, a part of it at a time."""
    if not place.LOG.exists():
        return b""
    with place.LOG.open("rb") as file:
        file.seek(start)
        return file.read(CHUNK)


def stop() -> None:
    """Ctrl-C to the run; nothing where none is on."""
    pid = _run_pid()
    if pid is not None and not place.EXIT.exists():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)


def all_home() -> None:
    """Nothing of worth is left here: from now on the machine may end when idle."""
    place.UNFETCHED.unlink(missing_ok=True)


def _run_pid() -> int | None:
    """Of the run, while it lives. In a container that was started anew another process may have its number."""
    with suppress(FileNotFoundError, ValueError):
        pid, was_born = place.RUN_PID.read_text().split()
        if born(int(pid)) == was_born:
            return int(pid)
    return None


def _age(path: Path) -> float | None:
    with suppress(FileNotFoundError):
        return max(0.0, time.time() - path.stat().st_mtime)
    return None
