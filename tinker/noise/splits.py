"""Ways to take two arms out of equal runs."""

from __future__ import annotations

from itertools import combinations, permutations
from math import comb, perm

import numpy as np
import numpy.typing as npt

#: Up to so many splits are all gone through; of more, as many are drawn.
MOST = 20_000
SEED = 4

Places = npt.NDArray[np.intp]


def splits(runs: int, n_arm: int, n_control: int, ordered: bool = False) -> tuple[Places, bool]:
    """Places of the arm's runs and then of the control's, a row a split; and whether these are all that there are.

    The two share no run. If `ordered`, splits that differ in the order of their runs are different ones. Random ones
    come from a generator of its own: equal arguments, equal splits. Raises ValueError for too few runs.
    """
    size = n_arm + n_control
    if runs < size:
        raise ValueError(f"{runs} runs cannot be split into {n_arm} and {n_control}")
    count = perm(runs, size) if ordered else comb(runs, n_arm) * comb(runs - n_arm, n_control)
    if count > MOST:
        return np.argsort(np.random.default_rng(SEED).random((MOST, runs)), axis=1)[:, :size], False
    if ordered:
        return np.array(list(permutations(range(runs), size)), dtype=np.intp), True
    rows = [
        arm + control
        for arm in combinations(range(runs), n_arm)
        for control in combinations([run for run in range(runs) if run not in arm], n_control)
    ]
    return np.array(rows, dtype=np.intp), True
