"""Learning curves out of curves.parquet, by trial."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tinker.stats.resources import Curve


def learning_curves(curves: pa.Table, metric: str) -> dict[str, Curve]:
    """The curve of one metric of each trial that has one; with seconds, where they were taken at the same steps."""
    seconds = {(trial, step): value for trial, step, value in _points(curves, "seconds")}
    points: dict[str, list[tuple[int, float]]] = {}
    for trial, step, value in _points(curves, metric):
        points.setdefault(trial, []).append((step, value))
    found = {}
    for trial, sequence in points.items():
        steps, values = zip(*sorted(sequence), strict=True)
        times = tuple(seconds[trial, step] for step in steps if (trial, step) in seconds)
        found[trial] = Curve(steps, values, times if len(times) == len(steps) else None)
    return found


def _points(curves: pa.Table, metric: str) -> zip[tuple[str, int, float]]:
    part = curves.filter(pc.field("metric") == metric)
    return zip(*(part.column(name).to_pylist() for name in ("trial_id", "step", "value")), strict=True)
