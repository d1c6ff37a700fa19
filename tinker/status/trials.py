"""Where the trials of a grid stand, read from their smallest files: 10,000 of them in less than a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinker.store.layout import Layout, TrialFolder
from tinker.store.lease import holder
from tinker.store.record import FINISHED, TrialStatus
from tinker.store.store import Store

#: running: a driver that lives has it. waiting: nobody has, and it has no result.
State = Literal["done", "diverged", "failed", "running", "waiting"]


@dataclass(frozen=True)
class Standing:
    """One trial: its folder where it has one, its state, and what its status says."""

    trial: str
    state: State
    folder: TrialFolder | None
    status: TrialStatus


def standing(results: Path, trial: str, environment_class: str | None, living: Collection[str]) -> Standing:
    """Of the class that is named, else of the one in which it came furthest; `living` are the tokens of drivers."""
    layout = Layout(results)
    if environment_class is not None:
        folder = layout.trial(trial, environment_class)
        if folder.status.exists() or folder.result.exists():
            return _of(results, folder, living)
    found = [_of(results, folder, living) for folder in layout.every_trial([trial])]
    order: tuple[State, ...] = ("done", "diverged", "running", "failed", "waiting")
    return min(found, key=lambda one: order.index(one.state), default=Standing(trial, "waiting", None, TrialStatus()))


def counts(found: Iterable[Standing]) -> Counter[State]:
    """How many are in which state."""
    return Counter(one.state for one in found)


def _of(results: Path, folder: TrialFolder, living: Collection[str]) -> Standing:
    try:
        status = TrialStatus.parse(folder.status.read_bytes())
    except (OSError, ValueError):
        status = TrialStatus()
    if folder.result.exists():
        if status.state not in FINISHED:  # the result outranks it
            row = Store(results).get(folder.trial_id, folder.environment_class)
            status = row.status if row is not None else status
        state: State = "diverged" if status.state == "diverged" else "done"
        return Standing(folder.trial_id, state, folder, status)
    has = holder(folder) if status.state == "running" else None
    if has is not None and has.token in living:
        return Standing(folder.trial_id, "running", folder, status)
    return Standing(folder.trial_id, "failed" if status.state == "failed" else "waiting", folder, status)
