"""A t-test of a difference, however its standard error came about: two samples, pairs, or blocks of hardware."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import stdtr, stdtrit


@dataclass(frozen=True)
class TTest:
    """Mean of the arm minus mean of the control, in the metric's unit, and what a t-test says about it.

    `low`, `high` bound the difference with two-sided confidence 1 - alpha.
    """

    difference: float
    standard_error: float
    df: float
    low: float
    high: float
    p: float

    @classmethod
    def of(cls, difference: float, standard_error: float, df: float, alpha: float) -> TTest:
        """Two-sided test against 0; the standard error is positive."""
        half = float(stdtrit(df, 1.0 - alpha / 2.0)) * standard_error
        p = 2.0 * float(stdtr(df, -abs(difference) / standard_error))
        return cls(difference, standard_error, df, difference - half, difference + half, p)

    def p_below(self, bound: float) -> float:
        """One-sided p of "the true difference is `bound` or more": small says that it is below."""
        return float(stdtr(self.df, (self.difference - bound) / self.standard_error))

    def p_above(self, bound: float) -> float:
        """One-sided p of "the true difference is `bound` or less": small says that it is above."""
        return float(stdtr(self.df, (bound - self.difference) / self.standard_error))
