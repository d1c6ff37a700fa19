"""From `grid.json` and the store to trials.parquet and curves.parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tinker.errors import UserError
from tinker.store.layout import Layout
from tinker.store.record import StoredTrial
from tinker.store.store import FINISHED, Store
from tinker.tables import schema
from tinker.tables.grid_shape import checked
from tinker.tables.money import share_out
from tinker.tables.packing import Stay, mark_packed, stays_of
from tinker.tables.parquet import read, write
from tinker.tables.trial_row import planned_row, stored_row

TRIALS, CURVES, COMPARISONS = "trials.parquet", "curves.parquet", "comparisons.parquet"
#: Key of the file metadata of trials.parquet.
GRID = b"tinker_grid"
#: What a table repeats from the grid; taken from the grid as it is now, so that a renamed arm is renamed everywhere.
FROM_GRID = ("grid", "arm", "is_control", "changes_scale", "corpus", "scale", "seed_init", "seed_data", "trial_id")

Grid = Mapping[str, Any]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Collected:
    """The tables as written, and how many finished trials stand in them that the store does not hold any more."""

    trials: pa.Table
    curves: pa.Table
    kept: int


def collect(results: Path, grid: Grid, *, keep: bool = True) -> Collected:
    """Both tables of a grid, one row for each planned trial; written down unless `keep` is false.

    A trial that the store has never heard of keeps the row and the curve that the tables have of it, if it had
    finished: so a committed report outlives its store. One whose row was set aside there does not.
    """
    folder = results / grid["name"]
    stored, trials_folder = _stored(results, grid), Layout(results).trials
    old_rows, old_curves = _earlier(folder)
    _demand_imported(folder, grid, old_rows)
    no_curve = schema.curves().empty_table()
    rows: Rows = []
    curves: list[pa.Table] = []
    kept = 0
    for cell in grid["cells"]:
        planned, trial_id = planned_row(grid, cell), cell["trial_id"]
        trial = stored.get(trial_id)
        if trial is None and trial_id in old_rows and not (trials_folder / trial_id).exists():
            kept += old_rows[trial_id].get("source") is None
            rows.append(old_rows[trial_id] | {name: planned[name] for name in FROM_GRID})
            curves.append(_curve(planned, old_curves.get(trial_id, no_curve)))
        else:
            rows.append(planned if trial is None else stored_row(planned, trial))
            if trial is not None and trial.result is not None:
                curves.append(_curve(planned, trial.curve()))
    mark_packed(rows, _neighbours(results, rows))
    share_out(rows, grid.get("rented", ()))
    metrics = {grid["decide"]["metric"]}.union(*rows) - set(schema.trials().names)
    trials = with_grid(pa.Table.from_pylist(rows, schema.trials(metrics)), grid)
    points = pa.concat_tables([schema.curves().empty_table(), *curves])
    if keep:
        trials, points = write(folder / TRIALS, trials), write(folder / CURVES, points)
    return Collected(trials, points, kept)


def with_grid(trials: pa.Table, grid: Grid) -> pa.Table:
    """The trials with `grid.json` in the file's metadata, so that the file alone is enough to judge the grid."""
    text = json.dumps(grid, sort_keys=True, separators=(",", ":"))
    return trials.replace_schema_metadata({**(trials.schema.metadata or {}), GRID: text})


def grid_of(trials: pa.Table, path: Path) -> dict[str, Any] | None:
    """What `with_grid` put there; None in tables from before. `path` is where they were read.

    Raises:
        UserError: not JSON, or not a grid.
    """
    text = (trials.schema.metadata or {}).get(GRID)
    if text is None:
        return None
    try:
        grid = json.loads(text)
    except ValueError as error:
        raise UserError(f"{path}: the grid in it is not JSON ({error})") from None
    return checked(grid, path)


def _stored(results: Path, grid: Grid) -> dict[str, StoredTrial]:
    """The row of each trial to report: the one of the grid's environment class, else a finished one of another class.

    The latter makes a comparison of unlike machines, which the statistics refuse by name: better than a silent gap.
    """
    store = Store(results)
    if not store.layout.trials.is_dir():  # a committed report: nothing to read, and no index to leave behind
        return {}
    found: dict[str, StoredTrial] = {}
    for trial in store.rows({cell["trial_id"] for cell in grid["cells"]}):
        own = trial.environment_class == grid["environment_class"]
        if own or (trial.result is not None and trial.trial_id not in found):
            found[trial.trial_id] = trial
    return found


def _neighbours(results: Path, rows: Rows) -> Iterator[Stay]:
    """Where trials of other grids, and those that tuned this one, were while this grid's ran."""
    store, own = Store(results), {row["trial_id"] for row in rows}
    times = [row[key] for row in rows for key in ("started", "finished") if row.get(key)]
    if not times or not store.layout.trials.is_dir():
        return
    for trial in store.rows():
        started, finished = trial.status.started, trial.status.finished
        if trial.trial_id in own or trial.result is None or not started or not finished:
            continue
        stay = {"started": datetime.fromisoformat(started), "finished": datetime.fromisoformat(finished)}
        if stay["started"] < max(times) and stay["finished"] > min(times):
            try:
                places = trial.environment().get("places")
            except UserError:  # a damaged file of another grid is not this report's to complain of
                places = None
            yield from stays_of({**stay, "environment_class": trial.environment_class, "places": places})


def _earlier(folder: Path) -> tuple[dict[str, dict[str, Any]], dict[str, pa.Table]]:
    """Finished and imported rows, and curves, of the tables that are there already, by trial id."""
    if not (folder / TRIALS).exists() or not (folder / CURVES).exists():
        return {}, {}
    rows = read(folder / TRIALS).to_pylist()
    kept = {row["trial_id"]: row for row in rows if row["status"] in FINISHED or row.get("source") is not None}
    return kept, _by_trial(read(folder / CURVES))


def _demand_imported(folder: Path, grid: Grid, rows: Mapping[str, Any]) -> None:
    """Raises UserError where runs of an imported grid are not in its tables: nothing else has them."""
    lost = sum(cell["trial_id"] not in rows for cell in grid["cells"]) if grid.get("imported") else 0
    if lost:
        raise UserError(
            f"{folder}: {lost} of {len(grid['cells'])} runs of {grid['imported']} are not in {TRIALS} and {CURVES}: an "
            "import was interrupted, or a file is gone; import it again with `tinker import`"
        )


def _by_trial(curves: pa.Table) -> dict[str, pa.Table]:
    """The points of each trial, in their order."""
    sorted_ = curves.take(pc.sort_indices(curves.column("trial_id").combine_chunks()))
    starts: dict[str, int] = {}
    for place, trial_id in enumerate(sorted_.column("trial_id").to_pylist()):
        starts.setdefault(trial_id, place)
    ends = [*starts.values(), len(sorted_)][1:]
    slices = zip(starts.items(), ends, strict=True)
    return {trial_id: sorted_.slice(start, end - start) for (trial_id, start), end in slices}


def _curve(planned: Mapping[str, Any], points: pa.Table) -> pa.Table:
    """The points of one trial (step, metric, value) with the trial's identity in front."""
    fields = list(schema.curves())
    columns = [
        points.column(field.name).combine_chunks()
        if field.name in ("step", "metric", "value")
        else pa.array([planned[field.name]] * len(points), field.type)
        for field in fields
    ]
    return pa.Table.from_arrays(columns, schema=schema.curves())
