"""From `grid.json` and the store to trials.parquet and curves.parquet."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tinker.errors import UserError
from tinker.store.ahead import LookAhead
from tinker.store.layout import Layout
from tinker.store.store import FINISHED, Store
from tinker.tables import once, schema
from tinker.tables.column import TEXT
from tinker.tables.grid_shape import checked
from tinker.tables.money import share_out
from tinker.tables.names import CURVES, TRIALS
from tinker.tables.once import compact, encoded, rows_of
from tinker.tables.packing import Stay, mark_packed, stays_of
from tinker.tables.parquet import read, write
from tinker.tables.points import NO_CURVE, POINTS, Curve, joined
from tinker.tables.stored import of_store
from tinker.tables.trial_row import planned_rows

#: Key of the file metadata of trials.parquet.
GRID = b"tinker_grid"
#: What a table repeats from the grid; taken from the grid as it is now, so that a renamed arm is renamed everywhere.
FROM_GRID = ("grid", "arm", "is_control", "changes_scale", "corpus", "scale", "seed_init", "seed_data", "trial_id")

Grid = Mapping[str, Any]
Row = Mapping[str, Any]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Collected:
    """The tables, and how many finished trials stand in them that the store does not hold any more."""

    trials: pa.Table
    curves: pa.Table
    kept: int


def collect(results: Path, grid: Grid, *, keep: bool = True, ahead: LookAhead | None = None) -> Collected:
    """Both tables of a grid, one row for each planned trial; written down unless `keep` is false.

    A trial that the store has never heard of keeps the row and the curve that the tables have of it, if it had
    finished: so a committed report outlives its store. One whose row was set aside there does not. `ahead` is a look at
    these trials that was begun before.
    """
    folder, trials_folder = results / grid["name"], Layout(results).trials
    stored = of_store(results, grid, ahead)
    unknown = {cell["trial_id"] for cell in grid["cells"]} - stored.keys()
    old_rows = _earlier(folder, unknown) if unknown else {}
    old_curves = _by_trial(read(folder / CURVES)) if old_rows else {}
    _demand_imported(folder, grid, old_rows.keys() | stored.keys())
    rows: Rows = []
    curves: list[tuple[Row, Curve]] = []
    kept = 0
    for planned in planned_rows(grid):
        trial_id = planned["trial_id"]
        if trial_id in stored:
            rows.append({**planned, **stored[trial_id].row})
            curves.append((planned, stored[trial_id].curve))
        elif trial_id in old_rows and not (trials_folder / trial_id).exists():
            kept += old_rows[trial_id].get("source") is None
            rows.append(old_rows[trial_id] | {name: planned[name] for name in FROM_GRID})
            curves.append((planned, old_curves.get(trial_id, NO_CURVE)))
        else:
            rows.append(planned)
    mark_packed(rows, _neighbours(results, rows))
    share_out(rows, grid.get("rented", ()))
    metrics = {grid["decide"]["metric"]}.union(*rows) - set(schema.trials().names)
    trials = with_grid(pa.Table.from_pylist(rows, compact(schema.trials(metrics))), grid)
    points = _with_identity(curves)
    made = Collected(trials, points, kept)
    if keep:
        _write(folder, made)
    return made


@contextmanager
def written(folder: Path, made: Collected) -> Iterator[None]:
    """Writes both tables while the block runs, on another core (Arrow needs no lock of Python's); its end waits.

    Raises:
        UserError: they cannot be written.
    """
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(_write, folder, made)
        yield
        writing.result()


def _write(folder: Path, made: Collected) -> None:
    write(folder / TRIALS, made.trials)
    write(folder / CURVES, made.curves)


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


def _neighbours(results: Path, rows: Rows) -> Iterator[Stay]:
    """Where trials of other grids, and those that tuned this one, were while this grid's ran."""
    store, own = Store(results), {row["trial_id"] for row in rows}
    times = [row[key] for row in rows for key in ("started", "finished") if row.get(key)]
    if not times or not store.layout.trials.is_dir():
        return
    for trial in store.rows(but=own):
        started, finished = trial.status.started, trial.status.finished
        if trial.result is None or not started or not finished:
            continue
        stay = {"started": datetime.fromisoformat(started), "finished": datetime.fromisoformat(finished)}
        if stay["started"] < max(times) and stay["finished"] > min(times):
            try:
                places = trial.environment().get("places")
            except UserError:  # a damaged file of another grid is not this report's to complain of
                places = None
            yield from stays_of({**stay, "environment_class": trial.environment_class, "places": places})


def _earlier(folder: Path, ids: set[str]) -> dict[str, dict[str, Any]]:
    """Finished and imported rows of these trials in the tables that are there already, by trial id."""
    if not (folder / TRIALS).exists() or not (folder / CURVES).exists():
        return {}
    rows = (row for row in rows_of(read(folder / TRIALS)) if row["trial_id"] in ids)
    return {row["trial_id"]: row for row in rows if row["status"] in FINISHED or row.get("source") is not None}


def _demand_imported(folder: Path, grid: Grid, rows: Collection[str]) -> None:
    """Raises UserError where runs of an imported grid are not in its tables: nothing else has them."""
    lost = sum(cell["trial_id"] not in rows for cell in grid["cells"]) if grid.get("imported") else 0
    if lost:
        raise UserError(
            f"{folder}: {lost} of {len(grid['cells'])} runs of {grid['imported']} are not in {TRIALS} and {CURVES}: an "
            "import was interrupted, or a file is gone; import it again with `tinker import`"
        )


def _by_trial(curves: pa.Table) -> dict[str, Curve]:
    """The points of each trial, in their order."""
    trials = encoded(curves.column("trial_id"))
    places = trials.indices.to_numpy()
    order = np.argsort(places, kind="stable")
    points = Curve.of(curves.select(POINTS.names).take(pa.array(order))).points
    ends = np.cumsum(np.bincount(places, minlength=len(trials.dictionary))).tolist()
    slices = zip(trials.dictionary.to_pylist(), [0, *ends], ends, strict=False)
    return {trial_id: Curve(points, start, end - start) for trial_id, start, end in slices}


def _with_identity(curves: Sequence[tuple[Row, Curve]]) -> pa.Table:
    """The points (step, metric, value) of all trials, with the identity of each trial in front of its own.

    Texts are dictionaries.
    """
    own = [(planned, curve) for planned, curve in curves if len(curve)]
    points = joined([curve for _, curve in own])
    lengths = np.array([len(curve) for _, curve in own], dtype=np.int64)
    place = pa.array(np.repeat(np.arange(len(own), dtype=np.int32), lengths))
    columns = []
    for field in schema.curves():
        if field.name not in POINTS.names:
            values = pa.array([planned[field.name] for planned, _ in own], field.type)
            columns.append(_taken(values.dictionary_encode(), place) if field.type == TEXT else values.take(place))
        else:
            values = points.column(field.name)
            columns.append(_sorted(values) if field.name == "metric" else values)
    return pa.Table.from_arrays(columns, schema=_in_memory(schema.curves()))


def as_collected(trials: pa.Table, curves: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Tables as `collect` has them in memory, and so with the bytes of its files."""
    columns = {field.name: curves.column(field.name) for field in schema.curves()}
    texts = {name: encoded(column) for name, column in columns.items() if column.type == TEXT}
    columns |= texts | {"metric": _sorted(texts["metric"])}
    points = pa.Table.from_arrays(list(columns.values()), schema=_in_memory(schema.curves()))
    return pa.Table.from_pylist(rows_of(trials), compact(trials.schema)), points


def _taken(values: pa.DictionaryArray, place: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(values.indices.take(place), values.dictionary)


def _sorted(metrics: pa.DictionaryArray) -> pa.DictionaryArray:
    """Its texts sorted, so that the order in which trials were read does not show in the file."""
    used = pc.unique(metrics.indices).drop_null()
    names = sorted(metrics.dictionary.take(used).to_pylist())
    known = {name: number for number, name in enumerate(names)}
    new = pa.array([known.get(name) for name in metrics.dictionary.to_pylist()], pa.int32())
    return pa.DictionaryArray.from_arrays(new.take(metrics.indices), pa.array(names, pa.string()))


def _in_memory(wanted: pa.Schema) -> pa.Schema:
    fields = [field.with_type(once.TEXT) if field.type == TEXT else field for field in wanted]
    return pa.schema(fields, metadata=wanted.metadata)
