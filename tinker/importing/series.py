"""Points of many runs in one table, as the series of each run: what belongs together, and what it ended with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Run = tuple[int, int]


@dataclass(frozen=True)
class Series:
    """One metric of all runs, sorted by run and step.

    Attributes:
        run: number of the run's name.
        nth: which of the runs of that name.
        step: of each point.
        value: of each point.
        last: the row of each run's last point.
    """

    run: Ints
    nth: Ints
    step: Ints
    value: npt.NDArray[np.float64]
    last: Ints

    def final(self) -> dict[Run, tuple[float, int]]:
        """Value and step of each run's last point."""
        at = self.last
        keys = zip(self.run[at].tolist(), self.nth[at].tolist(), strict=True)
        return dict(zip(keys, zip(self.value[at].tolist(), self.step[at].tolist(), strict=True), strict=True))


def series_of(run: Ints, step: pa.Array, value: pa.Array, named: bool, until: int | None) -> Series:
    """The points that have a value, up to the step `until`.

    Two points of one run at one step: if runs are `named` one by one, the later one counts (a trial that was resumed
    logs again); else they are of two runs that share arm and seed.
    """
    kept = pc.and_(pc.is_valid(value), pc.is_valid(step))
    if until is not None:
        kept = pc.and_kleene(kept, pc.less_equal(step, until))
    rows = np.flatnonzero(pc.fill_null(kept, False).to_numpy(zero_copy_only=False))
    steps = step.take(rows).to_numpy(zero_copy_only=False)
    order = np.lexsort((rows, steps, run[rows]))
    r, s, v = run[rows][order], steps[order], value.take(rows).to_numpy(zero_copy_only=False)[order]
    again = np.zeros(len(r), bool)
    again[1:] = (r[1:] == r[:-1]) & (s[1:] == s[:-1])
    if named:
        final = ~np.append(again[1:], [False] * bool(len(r)))
        r, s, v = r[final], s[final], v[final]
        nth = np.zeros(len(r), np.int64)
    else:
        place = np.arange(len(r))
        nth = place - np.maximum.accumulate(np.where(again, 0, place)) if len(r) else place
        order = np.lexsort((s, nth, r))
        r, s, v, nth = r[order], s[order], v[order], nth[order]
    ends = np.ones(len(r), bool)
    ends[:-1] = (r[1:] != r[:-1]) | (nth[1:] != nth[:-1])
    return Series(r, nth, s, v, np.flatnonzero(ends))
