"""A results folder with a grid, and drivers that are only there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.tables import made_up
from tinker.store.layout import TrialFolder
from tinker.store.lease import Leases
from tinker.store.presence import Presence
from tinker.store.progress import write_progress
from tinker.store.store import Store


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Grid `made-up`, arms base and wide with seeds 1 to 3: one done, one diverged, one failed, three that wait."""
    folder = tmp_path / "results"
    made_up.save(folder, made_up.grid({"base": [1, 2, 3], "wide": [1, 2, 3]}, control="base"))
    made_up.finish(folder, "base", 1, val_loss=2.0)
    made_up.finish(folder, "wide", 1, status="diverged", val_loss=float("nan"))
    trial = made_up.spec("base", 2)
    Store(folder).begin(trial, made_up.HERE, "test")
    Store(folder).fail(trial, made_up.HERE, "out of memory: 3 GB", "Traceback: the whole story")
    return folder


def take_up(results: Path, presence: Presence, arm: str, seed: int) -> TrialFolder:
    """A driver's worker has the trial, and is at step 40 of 100."""
    store, trial = Store(results), made_up.spec(arm, seed)
    folder = store.folder(trial, made_up.HERE)
    assert Leases(results, presence).take(folder) is None
    store.begin(trial, made_up.HERE, "test")
    write_progress(folder, 40, 100)
    return folder


def saying(**more: Any) -> Mapping[str, Any]:
    """What a driver of that grid tells."""
    counts = {"done": 1, "diverged": 1, "failed": 1, "running": 1, "waiting": 2}
    grid = {"name": "made-up", "phase": "comparing", "words": "look 2 of 3", "counts": counts}
    return {"grids": [grid], "rate": 120.0, "left": 600.0, "spent": 1.25, "running": [], "failures": [], **more}
