"""Equivalence: two one-sided Welch tests against a margin."""

from __future__ import annotations

from tinker.stats.welch import Welch


def tost(test: Welch, margin: float) -> float:
    """p of "the true difference lies outside +-margin": small says that the two are equivalent.

    p <= alpha exactly where the (1 - 2 alpha) Welch interval lies inside +-margin. The margin is in the metric's unit
    and positive. Source: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680.
    """
    if margin <= 0:
        raise ValueError(f"the margin of an equivalence test is positive, not {margin}")
    return max(test.p_below(margin), test.p_above(-margin))
