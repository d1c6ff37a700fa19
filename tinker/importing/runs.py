"""From points to runs: rows of trials.parquet, and the points of curves.parquet."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tinker.importing.points import CAUSE, COST, METRIC
from tinker.importing.request import Request
from tinker.importing.series import Ints, Run, Series, series_of
from tinker.tables import schema

Row = dict[str, Any]


@dataclass(frozen=True)
class Runs:
    """Rows of trials.parquet in the order of the file, and curves.parquet."""

    rows: list[Row]
    curves: pa.Table


def runs_of(points: pa.Table, request: Request) -> Runs:
    """What each run was and ended with. A row is a run, unless the points have steps."""
    stepped = points.column("step").null_count < len(points)
    named = points.column("run").null_count == 0
    run = _numbered(points, stepped)
    metrics = list(request.metrics.values())
    series: dict[str, Series] = {}
    if stepped:
        step = points.column("step").combine_chunks()
        for name in metrics:
            value = points.column(METRIC + name).combine_chunks()
            series[name] = series_of(run, step, value, named, request.steps)
    finals = {name: found.final() for name, found in series.items()}
    keys = sorted({(number, 0) for number in range(int(run.max()) + 1)}.union(*finals.values()))
    about = _last_of_each(points, run)
    rows: list[Row] = []
    seen = Counter[tuple[str, int]]()
    contents = _contents(series)
    for key in keys:
        known = about[key[0]]
        row = _row(known, len(rows), request)
        if stepped:
            row |= {name: finals[name].get(key, (None, None))[0] for name in metrics}
            row["steps"] = finals[metrics[0]].get(key, (None, known.get("steps")))[1]
        _judge(row, request)
        nth = seen[row["arm"], row["seed_init"]]
        seen[row["arm"], row["seed_init"]] += 1
        rows.append(row | {"trial_id": _identity(row, nth, contents.get(key, ""))})
    return Runs(rows, _curves(rows, keys, series))


def _numbered(points: pa.Table, stepped: bool) -> Ints:
    """A number for each row's run, by first appearance. Rows of one run may stand in several files."""
    if not stepped:
        return np.arange(len(points))
    parts = [pc.fill_null(points.column(name).cast(pa.string()), "") for name in ("arm", "seed", "run")]
    names = pc.binary_join_element_wise(*parts, "\n").combine_chunks()
    numbers: Ints = names.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _last_of_each(points: pa.Table, run: Ints) -> list[Row]:
    """For each run the last value of each column that is no metric of a curve."""
    found: list[Row] = [{} for _ in range(int(run.max()) + 1)]
    for name in points.column_names:
        column = points.column(name).combine_chunks()
        rows = np.flatnonzero(pc.is_valid(column).to_numpy(zero_copy_only=False))
        last = np.full(len(found), -1)
        np.maximum.at(last, run[rows], rows)
        has = np.flatnonzero(last >= 0)
        key = name.removeprefix(METRIC).removeprefix(COST)
        for number, value in zip(has.tolist(), column.take(last[has]).to_pylist(), strict=True):
            found[number][key] = value
    return found


def _row(known: Mapping[str, Any], place: int, request: Request) -> Row:
    """Runs without seeds are numbered through the whole grid: no two of them are a pair."""
    seed = known.get("seed", place + 1)
    wanted = (*request.metrics.values(), *(request.columns or ()), *([CAUSE] if known.get(CAUSE) else []))
    return {
        "grid": request.name,
        "arm": known["arm"],
        "is_control": known["arm"] == request.control,
        "corpus": request.corpus,
        "scale": request.scale,
        "seed_init": seed,
        "seed_data": seed,
        "environment_class": known.get("hardware", "unknown"),
        "changes_scale": False,
        "status": known.get("status", "done"),
        "source": known["source"],
        **{name: known.get(name) for name in wanted},
    }


def _judge(row: Row, request: Request) -> None:
    """A run that ended with NaN or infinity diverged, whatever its state says; one that ended elsewhere is not done."""
    value, steps = row[request.decide.metric], row.get("steps")
    if value is not None and not isfinite(value):
        row["status"] = "diverged"
    elif row["status"] == "done" and request.steps is not None and steps is not None and steps != request.steps:
        row |= {"status": "failed", "cause": f"ended at step {steps}, declared are {request.steps}"}


def _contents(series: Mapping[str, Series]) -> dict[Run, str]:
    """A digest of all points of each run."""
    digests: dict[Run, Any] = {}
    for name, found in sorted(series.items()):
        starts = [0, *(found.last[:-1] + 1).tolist()]
        for start, end in zip(starts, found.last.tolist(), strict=False):
            digest = digests.setdefault((int(found.run[end]), int(found.nth[end])), hashlib.sha256())
            digest.update(
                name.encode() + found.step[start : end + 1].tobytes() + found.value[start : end + 1].tobytes()
            )
    return {key: digest.hexdigest() for key, digest in digests.items()}


def _identity(row: Row, nth: int, content: str) -> str:
    """16 hex digits over what was measured: the same values from another file are the same run."""
    said = {key: value for key, value in row.items() if key not in ("grid", "is_control", "source")}
    text = json.dumps([said, nth, content], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _curves(rows: list[Row], keys: list[Run], series: Mapping[str, Series]) -> pa.Table:
    """curves.parquet: by run, metric and step."""
    place = {key: number for number, key in enumerate(keys)}
    wanted = schema.curves()
    own = [field for field in wanted if field.name not in ("step", "metric", "value")]
    columns = {field.name: pa.array([row[field.name] for row in rows], field.type) for field in own}
    parts = []
    for name, found in series.items():
        numbers = np.repeat(
            [place[key] for key in zip(found.run[found.last].tolist(), found.nth[found.last].tolist(), strict=True)],
            np.diff(found.last, prepend=-1),
        ).astype(np.int64)
        arrays = {key: column.take(pa.array(numbers)) for key, column in columns.items()}
        arrays |= {"step": pa.array(found.step, pa.int64()), "metric": pa.array([name] * len(numbers), pa.string())}
        arrays |= {"value": pa.array(found.value), "place": pa.array(numbers)}
        parts.append(pa.table(arrays))
    if not parts:
        return wanted.empty_table()
    whole = pa.concat_tables(parts)
    whole = whole.take(pc.sort_indices(whole, [("place", "ascending"), ("metric", "ascending"), ("step", "ascending")]))
    return whole.select(wanted.names).cast(wanted).combine_chunks()
