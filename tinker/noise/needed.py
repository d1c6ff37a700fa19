"""Seeds that effects of several sizes would need, at this noise."""

from __future__ import annotations

from dataclasses import dataclass

from tinker.noise.floor import Floor
from tinker.stats.power import seeds_needed

#: True effects, in sd.
EFFECTS = (0.5, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True)
class Needed:
    """Seeds on each side that find `effect` (the metric's unit) with 80 % power.

    `in_sd` is in sd as seen, `share` of the mean (None where that is 0). `seeds` are by the number of arms that share
    alpha, at the sd as seen and at its upper 80 % limit; None is more than any grid has.
    """

    effect: float
    in_sd: float
    share: float | None
    is_min_effect: bool
    seeds: dict[int, tuple[int | None, int | None]]


def needed(floor: Floor, alpha: float, families: tuple[int, ...], min_effect: float | None) -> list[Needed]:
    """A row an effect, the smallest first; `min_effect` is None where it is about another metric. The sd is not 0."""
    effects = [(size * floor.sd, False) for size in EFFECTS]
    if min_effect is not None:
        effects.append((min_effect, True))
    return [_row(floor, alpha, families, effect, is_min) for effect, is_min in sorted(effects)]


def _row(floor: Floor, alpha: float, families: tuple[int, ...], effect: float, is_min_effect: bool) -> Needed:
    seeds = {
        family: (
            seeds_needed(effect / floor.sd, alpha / family),
            seeds_needed(effect / floor.sd_upper, alpha / family),
        )
        for family in families
    }
    share = effect / abs(floor.mean) if floor.mean else None
    return Needed(effect, effect / floor.sd, share, is_min_effect, seeds)
