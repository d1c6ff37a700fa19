"""Holm's step-down correction over the arms of a grid."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p of each arm, in the order given; at most 1.

    None is an arm that has no p (an invalid comparison, no variance). It stays None but counts in the family, as if its
    p were 1: the family is what was declared, so a broken arm cannot make the others look better.
    Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65-70; the same as R's `p.adjust(p, "holm")`.
    """
    family = len(p_values)
    adjusted: list[float | None] = [None] * family
    known = [(p, place) for place, p in enumerate(p_values) if p is not None]
    running = 0.0
    for rank, (p, place) in enumerate(sorted(known)):
        running = max(running, min(1.0, (family - rank) * p))
        adjusted[place] = running
    return adjusted
