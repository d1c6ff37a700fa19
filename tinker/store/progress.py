"""How far a running trial is: a small file that the worker overwrites, for whoever wants to look."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass

from tinker.store.atomic import write_json
from tinker.store.layout import TrialFolder


@dataclass(frozen=True)
class Progress:
    """A running trial's step of its steps, and when it said so (seconds since the epoch).

    `began` is the step that the attempt at hand took it up at.
    """

    step: int
    steps: int
    time: float
    began: int = 0


def write_progress(folder: TrialFolder, step: int, steps: int, began: int = 0) -> None:
    """Overwrites the trial's progress; not synced, since no result depends on it."""
    progress = {"step": step, "steps": steps, "time": time.time(), "began": began}
    write_json(folder.path / "progress.json", progress, durable=False)


def forget_progress(folder: TrialFolder) -> None:
    """Before an attempt, so that nobody takes the last one's for its own."""
    (folder.path / "progress.json").unlink(missing_ok=True)


def read_progress(folder: TrialFolder) -> Progress | None:
    """The last thing that the trial said, or None."""
    try:
        return Progress(**json.loads((folder.path / "progress.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def touch_progress(folder: TrialFolder) -> None:
    """A sign of life without a step; a full disk, say, is met where something is written that matters."""
    with suppress(OSError):
        (folder.path / "progress.json").touch()


def stamp_of(folder: TrialFolder) -> tuple[int, int] | None:
    """Differs whenever the progress was written since; None while there is none. Opens no file."""
    try:
        found = (folder.path / "progress.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
