"""The running comparison: each arm's difference to the control so far. Never a verdict: nobody declared this look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

from tinker.schedule.live.sheet import Row
from tinker.schedule.live.shown import Shown
from tinker.stats.welch import welch


@dataclass(frozen=True)
class Effect:
    """Of `n` runs that are done, of `diverged` more nothing is in it; the interval needs two runs on each side."""

    difference: float
    low: float | None
    high: float | None
    n: int
    diverged: int

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.difference:+.4g}"
        digits = _digits(self.high - self.low)
        return f"{self.difference:+.{digits}f} [{self.low:+.{digits}f}, {self.high:+.{digits}f}]"


@dataclass
class Effects:
    """Of one grid; what has not changed is not computed again."""

    shown: Shown
    _known: dict[str, tuple[tuple[int, int, int], Effect | None]] = field(default_factory=dict)

    def of(self, row: Row, rows: Mapping[str, Row]) -> Effect | None:
        """The arm's; None of the control, and where a side has nothing to compare."""
        control = rows.get(self.shown.control)
        if control is None or row is control:
            return None
        version = (row.version, control.version, row.counts["diverged"])
        known = self._known.get(row.arm)
        if known is None or known[0] != version:
            known = self._known[row.arm] = version, self._made(row, control)
        return known[1]

    def _made(self, row: Row, control: Row) -> Effect | None:
        mine, theirs = row.values, control.values
        if not mine or not theirs:
            return None
        test = welch(mine, theirs, self.shown.alpha)
        low, high = (test.low, test.high) if test else (None, None)
        return Effect(fmean(mine) - fmean(theirs), low, high, len(mine), row.counts["diverged"])


def _digits(width: float) -> int:
    """Digits after the point that show three figures of the interval's width."""
    digits = 0
    while digits < 9 and width * 10**digits < 100:
        digits += 1
    return digits
