"""Learning curves out of curves.parquet, by trial."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tinker.stats.resources import Curve

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
    own = pc.equal(curves.column("metric"), metric)
    part = curves.select(["trial_id", "step", "value"]).filter(own).combine_chunks()
    if not len(part):
        return {}
    trials = pa.array(part.column("trial_id").combine_chunks()).dictionary_encode()
    codes = trials.indices.to_numpy()
    steps, values = part.column("step").to_numpy(), part.column("value").to_numpy()
    if not np.all((np.diff(codes) > 0) | ((np.diff(codes) == 0) & (np.diff(steps) > 0))):
        order = np.lexsort((values, steps, codes))
        codes, steps, values = codes[order], steps[order], values[order]
    ends = np.searchsorted(codes, np.arange(len(trials.dictionary)), side="right")
    slices = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    return {trial: (steps[own], values[own]) for trial, own in zip(trials.dictionary.to_pylist(), slices, strict=True)}


def _at(steps: NDArray[Any], known: NDArray[Any], seconds: NDArray[Any]) -> NDArray[Any] | None:
    """The seconds at these steps; None where they are not known at each."""
    places = np.searchsorted(known, steps, side="right") - 1
    return seconds[places] if np.array_equal(known[places], steps) else None
