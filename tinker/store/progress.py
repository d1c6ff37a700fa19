"""How far a running trial is: a small file that the worker overwrites, for whoever wants to look."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from tinker.store.atomic import write_json
from tinker.store.layout import TrialFolder


@dataclass(frozen=True)
class Progress:
    """A running trial's step of its steps, and when it said so (seconds since the epoch)."""

    step: int
    steps: int
    time: float


def write_progress(folder: TrialFolder, step: int, steps: int) -> None:
    """Overwrites the trial's progress; not synced, since nothing depends on it."""
    write_json(folder.path / "progress.json", {"step": step, "steps": steps, "time": time.time()}, durable=False)


def read_progress(folder: TrialFolder) -> Progress | None:
    """The last thing that the trial said, or None."""
    try:
        return Progress(**json.loads((folder.path / "progress.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
