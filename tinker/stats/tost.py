"""Equivalence and non-inferiority: one-sided t-tests against a margin."""

from __future__ import annotations

from tinker.stats.t_test import TTest


def tost(test: TTest, margin: float) -> float:
    """p of "the true difference lies outside +-margin": small says that the two are equivalent.

    p <= alpha exactly where the (1 - 2 alpha) t interval lies inside +-margin. The margin is in the metric's unit
    and positive. Source: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680.
    """
    return max(test.p_below(_positive(margin)), test.p_above(-margin))


def not_worse(test: TTest, margin: float, lower_is_better: bool) -> float:
    """p of "the arm is worse by `margin` or more": small says that it is not (non-inferiority).

    One half of `tost`, on the side that is bad.
    """
    return test.p_below(_positive(margin)) if lower_is_better else test.p_above(-_positive(margin))


def _positive(margin: float) -> float:
    if margin <= 0:
        raise ValueError(f"the margin of an equivalence test is positive, not {margin}")
    return margin
