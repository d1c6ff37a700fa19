"""One Ray for all tests of a session, small grids, and what of a stored row must be equal when it is made again."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from tests.train.tiny import TINY
from tinker.schedule.cluster import Capacity
from tinker.schedule.executor import Executor
from tinker.schedule.grid_run import run_grids
from tinker.store.record import StoredTrial
from tinker.store.store import Store
from tinker.train.result import MEASURED

RunGrid = Callable[..., tuple[int, str]]

#: The trials of `tests/train/tiny.py`, as a grid's `base`.
BASE = {
    **{key: yaml.safe_load(value) for key, _, value in (o.partition("=") for o in TINY) if key != "scale"},
    "data.validation_documents": 30,
    "train.accelerator": "cpu",
}
OVERRIDES = [*TINY, "data.validation_documents=30", "train.accelerator=cpu"]


#: Ray in a process of its own, up from the first test that needs it to the last.
SHARED: list[Executor] = []


@pytest.fixture(scope="session")
def ray_up() -> Iterator[Capacity]:
    """What `run` runs grids on."""
    with Executor() as executor:
        while executor.capacity is None:
            executor.poll(1.0)
        SHARED.append(executor)
        yield executor.capacity
        SHARED.clear()


def write_grid(
    folder: Path, arms: Mapping[str, Any], *, name: str = "g", base: Mapping[str, Any] | None = None, **keys: Any
) -> Path:
    """A grid of tiny trials on `grammar`."""
    path = folder / f"{name}.yaml"
    content = {
        "name": name,
        "question": "Does it run?",
        "control": "base",
        "scale": "smoke",
        "seeds": 2,
        "base": BASE | dict(base or {}),
        "decide": {"metric": "val_loss", "min_effect": 0.01},
        "arms": dict(arms),
        **keys,
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def run(grid: Path, results: Path, *overrides: str, **options: Any) -> tuple[int, str]:
    """`tinker run` in this process: exit code, and what it said."""
    said = io.StringIO()
    console = Console(file=said, width=300)
    code = run_grids([str(grid)], list(overrides), results, console, executor=SHARED[0] if SHARED else None, **options)
    return code, said.getvalue()


def rows(results: Path) -> dict[str, StoredTrial]:
    """The finished rows of a store by trial id."""
    return {row.trial_id: row for row in Store(results).rows() if row.result is not None}


def numbers(row: StoredTrial) -> dict[str, Any]:
    """What of a row no clock decides; NaN as text, since it is not equal to itself."""
    assert row.result is not None
    metrics = {name: value for name, value in row.result["metrics"].items() if name not in MEASURED}
    curve = [tuple(point.values()) for point in row.curve().to_pylist() if point["metric"] not in MEASURED]
    fixed = {key: row.result[key] for key in ("status", "steps", "probes", "params")}
    return {"metrics": repr(metrics), "curve": repr(curve), **fixed}


def untouched(results: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of every file of the finished rows, logs and notes left out."""
    return {
        str(path.relative_to(results)): (path.read_bytes(), path.stat().st_mtime_ns)
        for row in rows(results).values()
        for path in row.folder.path.iterdir()
        if path.is_file() and path.name not in ("log.txt", "probation.json", "progress.json")
    }
