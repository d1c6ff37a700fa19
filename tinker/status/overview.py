"""The whole of `tinker status`, as plain data: drivers, grids, what runs, what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.status.labels import labels
from tinker.status.trials import Standing, counts, standing
from tinker.status.working import Working, working
from tinker.store.progress import read_progress
from tinker.tables.grids import grid_names, load_grid

#: Failures that are told of each grid.
FAILURES = 3


@dataclass(frozen=True)
class GridStatus:
    """One grid.

    Attributes:
        trials: by state, of what `grid.json` names.
        running: trials with label, step, steps and fraction (null before the first step).
        failures: the last ones, with label, cause and the path of the log.
        said: what the driver at work says of it: phase, words, and counts with the trials of its tuning; else None.
        problem: why it cannot be read, else empty.
    """

    name: str
    trials: Mapping[str, int]
    running: Sequence[Mapping[str, Any]] = ()
    failures: Sequence[Mapping[str, Any]] = ()
    said: Mapping[str, Any] | None = None
    problem: str = ""


@dataclass(frozen=True)
class Overview:
    """The drivers, and the grids in question."""

    drivers: Sequence[Working]
    grids: Sequence[GridStatus]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        drivers = [
            {
                **{key: getattr(one.driver, key) for key in ("token", "pid", "host", "command", "started")},
                "life": one.life,
                "silence": round(one.silence, 1),
                "grids": one.grids,
                **{key: one.driver.said.get(key) for key in ("rate", "left", "spent")},
            }
            for one in self.drivers
        ]
        grids = [
            {
                "name": grid.name,
                "trials": dict(grid.trials),
                "running": list(grid.running),
                "failures": list(grid.failures),
                "said": grid.said,
                "problem": grid.problem or None,
            }
            for grid in self.grids
        ]
        return {"drivers": drivers, "grids": grids}


def overview(results: Path, grid: str | None) -> Overview:
    """What is known of one grid, or of all and of those that are about to begin.

    Raises:
        UserError: no such grid.
    """
    there = working(results)
    said = {str(one["name"]): one for each in there if each.life != "dead" for one in each.said_grids}
    names = sorted({*grid_names(results), *filter(None, said)}) if grid is None else [grid]
    at_work = there if grid is None else [one for one in there if grid in one.grids]
    living = [one.driver.token for one in there if one.life != "dead"]
    if grid is not None and grid not in said:
        load_grid(results, grid)
    running = [trial for one in there if one.life != "dead" for trial in one.said_running]
    grids = []
    for name in names:
        at = {str(one["trial"]): str(one["label"]) for one in running if one.get("grid") == name}
        grids.append(_grid(results, name, living, said.get(name), at))
    return Overview(at_work, grids)


def _grid(
    results: Path, name: str, living: list[str], said: dict[str, Any] | None, at_work: Mapping[str, str]
) -> GridStatus:
    try:
        found = load_grid(results, name)
    except UserError as error:  # one that cannot be read must not hide the others
        return GridStatus(name, {}, said=said, problem=str(error))
    if found.get("imported"):
        return GridStatus(name, {"imported": len(found["cells"])}, said=said)
    named = {**labels(found), **at_work}
    trials = [standing(results, trial, found.get("environment_class"), living) for trial in named]
    if all(one.folder is None for one in trials) and (results / name / "trials.parquet").exists():
        return GridStatus(name, {"only in its tables": len(trials)}, said=said)
    running = [_running(one, named[one.trial]) for one in trials if one.state == "running"]
    failed = sorted((one for one in trials if one.state == "failed"), key=lambda one: one.status.finished or "")
    failures = [_failure(one, named[one.trial]) for one in failed[-FAILURES:]]
    return GridStatus(name, {str(state): count for state, count in counts(trials).items()}, running, failures, said)


def _running(one: Standing, label: str) -> dict[str, Any]:
    progress = read_progress(one.folder) if one.folder else None
    return {
        "trial": one.trial,
        "label": label,
        "since": one.status.started,
        "step": progress.step if progress else None,
        "steps": progress.steps if progress else None,
    }


def _failure(one: Standing, label: str) -> dict[str, Any]:
    assert one.folder is not None
    return {
        "trial": one.trial,
        "label": label,
        "cause": one.status.cause,
        "attempts": one.status.attempts,
        "log": str(one.folder.log) if one.folder.log.exists() else None,
    }
