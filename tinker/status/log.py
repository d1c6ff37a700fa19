"""The log of one trial, with what is to know of it; as it grows, if wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tinker.errors import UserError
from tinker.status.labels import labels
from tinker.status.named import trial_named
from tinker.status.trials import Standing, standing
from tinker.status.working import working
from tinker.store.layout import Layout
from tinker.store.progress import read_progress
from tinker.tables.grids import grid_names, load_grid

#: Seconds between two looks at a log that is followed, and for which a trial may be nobody's between two attempts.
LOOK_EVERY, BETWEEN = 0.5, 5.0

Say = Callable[[str], None]


def tell_log(beginning: str, results: Path, out: Say, beside: Say, *, follow: bool = False) -> None:
    """Gives the log to `out` as it is, and what is to know of the trial to `beside`, line by line.

    `follow` goes on until the trial has ended.

    Raises:
        UserError: no such trial, or several.
    """
    trial = trial_named(beginning, results)
    now = _now(trial, results)
    name = _name(trial, results)
    beside(f"{name}: {_state(now)}")
    for other in Layout(results).every_trial([trial]):
        if now.folder is not None and other.path != now.folder.path:
            beside(f"also run as {other.environment_class}: {other.log if other.log.exists() else 'without a log'}")
    read = _tell(now, out, beside, 0)
    if not follow:
        return
    seen = time.monotonic()
    while now.state in ("running", "waiting", "failed"):
        if now.state == "running":
            seen = time.monotonic()
        elif time.monotonic() - seen > BETWEEN:
            break
        time.sleep(LOOK_EVERY)
        now = _now(trial, results)
        read = _more(now, out, read)
    _more(now, out, read)
    beside(f"{name}: {_state(now)}")


def _now(trial: str, results: Path) -> Standing:
    """Of the folders of its classes the one that came furthest."""
    living = [one.driver.token for one in working(results) if one.life != "dead"]
    return standing(results, trial, None, living)


def _tell(now: Standing, out: Say, beside: Say, read: int) -> int:
    """The whole log; the bytes that were read of it."""
    path = None if now.folder is None else now.folder.log
    if path is None or not path.exists():
        beside("it has no log: nothing was worth one so far")
        return 0
    beside(f"{path}:")
    return _more(now, out, read)


def _more(now: Standing, out: Say, read: int) -> int:
    """What was added behind the bytes that were read."""
    if now.folder is None or not now.folder.log.exists():
        return read
    with now.folder.log.open("rb") as file:
        file.seek(read)
        data = file.read()
    if data:
        out(data.decode(errors="replace"))
    return read + len(data)


def _state(now: Standing) -> str:
    status, progress = now.status, read_progress(now.folder) if now.folder is not None else None
    parts: list[str] = ["waiting for a worker" if now.state == "waiting" else now.state]
    if now.state in ("running", "waiting") and progress is not None:
        parts.append(f"at step {progress.step:,} of {progress.steps:,}")
    if status.attempts:
        parts.append(f"attempt {status.attempts}" if now.state == "running" else f"attempts: {status.attempts}")
    if status.cause and now.state in ("failed", "waiting"):
        parts.append(f"cause of the last: {status.cause}" if now.state == "failed" else status.cause)
    return ", ".join(parts)


def _name(trial: str, results: Path) -> str:
    """`linear seed 2 of attention (3fa9...)`."""
    for grid in grid_names(results):
        try:
            label = labels(load_grid(results, grid)).get(trial)
        except UserError:  # of another grid nobody asked
            continue
        if label is not None:
            return f"{label} of {grid} ({trial})"
    return f"trial {trial}"
