"""The seeds of a control of which the grid does not say how many it has.

It gets the square root of the number of arms times an arm's. A larger control always finds more than one of the arms'
size; where the number of trials is fixed and small, equal parts find more (`tinker.stats.power.best_split`).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count, islice

from tinker.grid.decide import Decide
from tinker.grid.seeds import SeedCounts, SeedPlan, SeedsDeclared
from tinker.spec import Seeds
from tinker.stats.square_root import square_root


def is_automatic(declared: SeedsDeclared, decide: Decide) -> bool:
    """Whether it was left to tinker: `auto`, or looks with seeds of which it is not said whose they are."""
    if isinstance(declared, SeedCounts):
        return declared.control == "auto"
    return decide.looks is not None


def with_enough(plan: SeedPlan, arms: int, decide: Decide) -> SeedPlan:
    """The plan with a control for so many arms: their seeds, and then the next numbers that nothing else has.

    At listed looks only those run that the arms need which are not decided yet; at any time the shares of the blocks
    stay, since the evidence rests on them. Pairs need one each.
    """
    wanted = len(plan.arms) if decide.pairing == "seed" else square_root(arms, len(plan.arms))
    largest = max(max(seeds.init, seeds.data) for seeds in plan.arms)
    tuned_on = {seed for seeds in plan.tuning for seed in (seeds.init, seeds.data)}
    fresh = (Seeds(n, n) for n in count(largest + 1) if n not in tuned_on)
    control = (*plan.arms, *islice(fresh, wanted - len(plan.arms)))
    return replace(plan, control=control, by_need=isinstance(decide.looks, list))
