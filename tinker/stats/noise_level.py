"""How noisy the runs of a comparison are, from all groups of runs that are known: what seeds are planned with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from tinker.stats.moments import variance
from tinker.stats.spread import sd_upper_limit


@dataclass(frozen=True)
class NoiseLevel:
    """The sd between seeds, and how many degrees of freedom it rests on."""

    sd: float
    df: float

    @classmethod
    def of(cls, *groups: Sequence[float]) -> NoiseLevel | None:
        """The root of the mean variance of the groups, as in a Welch test with equal numbers.

        A group of fewer than two values, or of equal ones, tells nothing; None if none tells anything. The degrees of
        freedom are Satterthwaite's (Biometrics Bulletin 2 (1946) 110-114).
        """
        variances = [(variance(values), len(values) - 1) for values in groups if len(values) > 1]
        known = [(square, df) for square, df in variances if square > 0.0]
        if not known:
            return None
        whole = sum(square for square, _ in known)
        df = 1.0 / sum((square / whole) ** 2 / df for square, df in known)
        return cls(sqrt(whole / len(known)), df)

    @property
    def upper(self) -> float:
        """One-sided upper 80 % limit of the true sd."""
        return sd_upper_limit(self.sd, self.df)
