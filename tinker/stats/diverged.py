"""How a diverged run counts, as the grid declared before it ran: never as missing, which would flatter its arm."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite


def as_worst(values: Sequence[float], n_diverged: int, lower_is_better: bool) -> list[float]:
    """The finite final values and an infinity on the bad side for each diverged run.

    For tests of ranks alone, where it is the worst and ties with every other diverged run; it has no mean. Raises
    ValueError for a value that is not finite: that run diverged, and belongs in `n_diverged`.
    """
    if not all(map(isfinite, values)):
        raise ValueError(f"a final value that is not finite is a diverged run: {list(values)}")
    return [*values, *[inf if lower_is_better else -inf] * n_diverged]
