"""Learning curves out of curves.parquet, by trial."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tinker.stats.resources import Curve
from tinker.tables.once import encoded

#: Steps, rising, and the value at each.
Points = tuple[NDArray[Any], NDArray[Any]]


def learning_curves(curves: pa.Table, metric: str) -> dict[str, Curve]:
    """The curve of one metric of each trial that has one; with seconds, where they were taken at the same steps."""
    seconds = _points(curves, "seconds")
    return {
        trial: Curve(steps, values, _at(steps, *seconds[trial]) if trial in seconds else None)
        for trial, (steps, values) in _points(curves, metric).items()
    }


def _points(curves: pa.Table, metric: str) -> dict[str, Points]:
    """Millions of points: no Python object is made of any."""
    metrics, trials = encoded(curves.column("metric")), encoded(curves.column("trial_id"))
    wanted = metrics.dictionary.index(metric).as_py()
    if wanted < 0:
        return {}
    own = np.flatnonzero(metrics.indices.fill_null(-1).to_numpy() == wanted)
    names = trials.dictionary.to_pylist()
    whole = len(own) == len(curves)
    columns = trials.indices.to_numpy(), *(curves.column(name).to_numpy() for name in ("step", "value"))
    codes, steps, values = (column if whole else column[own] for column in columns)
    if not np.all((np.diff(codes) > 0) | ((np.diff(codes) == 0) & (np.diff(steps) > 0))):
        order = np.lexsort((values, steps, codes))
        codes, steps, values = codes[order], steps[order], values[order]
    ends = np.searchsorted(codes, np.arange(len(names)), side="right").tolist()
    places = zip(names, [0, *ends], ends, strict=False)
    return {trial: (steps[start:end], values[start:end]) for trial, start, end in places if start < end}


def _at(steps: NDArray[Any], known: NDArray[Any], seconds: NDArray[Any]) -> NDArray[Any] | None:
    """The seconds at these steps; None where they are not known at each."""
    places = np.searchsorted(known, steps, side="right") - 1
    return seconds[places] if np.array_equal(known[places], steps) else None
