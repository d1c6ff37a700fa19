"""How small a p a test could ever give: a design that cannot reach alpha should not be run."""

from __future__ import annotations

from math import comb
from typing import Literal

from tinker.stats.permutation import DRAWS, MOST_EXACT

Test = Literal["t", "permutation", "rank"]


def smallest_p(test: Test, paired: bool, n_arm: int, n_control: int) -> float:
    """The smallest two-sided p that so many runs (or pairs: the smaller of the two) allow, before any correction.

    A t-test has no floor: 0 from two runs a side or two pairs on. A permutation test can say no less than twice the
    part that one relabelling is of all, since every test here doubles the smaller tail; where they are too many to
    count, one of those that are drawn. 1 where there is nothing to test. Ties can only raise the floor.
    """
    n = min(n_arm, n_control)
    if test == "t":
        return 0.0 if n >= 2 else 1.0
    if n < 1:
        return 1.0
    relabellings = 2**n if paired else comb(n_arm + n_control, n_arm)
    if test == "permutation" and relabellings > MOST_EXACT:
        relabellings = DRAWS + 1
    return 2.0 / relabellings
