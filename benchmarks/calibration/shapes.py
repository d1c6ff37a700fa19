"""Seeds that are not normal: the shape of real ones, with a skew of .2 and a kurtosis of -.4, and worse ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.calibration.grids import COVERS, ERROR, covers, differs, finished, names
from benchmarks.calibration.simulate import Setting

Values = NDArray[np.float64]
Draw = Callable[[Generator, int], Values]


def like_real(rng: Generator, seeds: int) -> Values:
    """Beta with these parameters has that skew and excess kurtosis."""
    return rng.beta(4.175634, 5.998279, seeds) - 4.175634 / (4.175634 + 5.998279)


def skewed(rng: Generator, seeds: int) -> Values:
    """Gamma: skew 1, excess kurtosis 1.5."""
    return rng.gamma(4.0, 1.0, seeds) - 4.0


def nothing_differs(rng: Generator, arms: int, seeds: int, draw: Draw) -> Mapping[str, float]:
    """All sides have this shape."""
    found = finished({name: draw(rng, seeds).tolist() for name in names(arms)})
    return {"better or worse": differs(found), "Welch": covers(found["1"], 0.0)}


BOUNDS = {"better or worse": ERROR, "Welch": (COVERS[0], 0.98)}
SHAPES: dict[str, Draw] = {"skew .2, kurtosis -.4": like_real, "skew 1, kurtosis 1.5": skewed}

SETTINGS = [
    Setting("shapes", f"k={k} n={n}, {words}", partial(nothing_differs, arms=k, seeds=n, draw=draw), BOUNDS, 6_000)
    for words, draw in SHAPES.items()
    for k, n in [(1, 3), (1, 5), (4, 3), (4, 10)]
]
