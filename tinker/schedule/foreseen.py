"""What a grid will be able to tell, said before it is paid for: power, reachability, looks, and a better split."""

from __future__ import annotations

from math import inf
from typing import Any

from tinker.errors import UserError
from tinker.grid.decide import Decide
from tinker.grid.schema import Grid
from tinker.schedule.noise_source import Known, known_noise, values_of
from tinker.schedule.prepared import Prepared
from tinker.stats.expected import expected_trials
from tinker.stats.power import best_split, minimum_detectable_effect, seeds_needed
from tinker.stats.reach import smallest_p
from tinker.stats.rule import Rule
from tinker.stats.sequential import nominal_levels
from tinker.stats.shares import declared_times

#: A split of the same trials that detects so much less is worth a word.
WORTH = 0.98
#: More seeds an arm than any grid has: where not even these reach alpha, none do.
MOST = 200


def foresee(prepared: Prepared, stated_sd: float | None) -> dict[str, Any]:
    """Plain data: the smallest true effect found with 80 % power, `reach`, `looks` and `split`.

    The error rate is what the first of the arms must reach, at the last look where there are looks. The noise is the
    report's: of the control's runs and those of the arm that the store has, the noisiest arm counting.

    Raises:
        UserError: a stated sd that is not positive.
    """
    if stated_sd is not None and not 0.0 < stated_sd < inf:
        raise UserError(f"--sd: {stated_sd:g} is not a standard deviation over seeds; give a positive number")
    grid = prepared.plan.grid
    n, m, arms = len(grid.seed_plan.arms), len(grid.seed_plan.control), max(1, len(prepared.plan.arms) - 1)
    alpha = grid.decide.alpha / arms if grid.decide.correction == "holm" else grid.decide.alpha
    looks = _looks(grid, arms, alpha)
    level = looks["levels"][-1] if looks else alpha
    in_sd = minimum_detectable_effect(n, m, level)
    control = values_of(prepared, prepared.plan.control)
    known = _noisiest(prepared, control, stated_sd)
    return {
        "alpha_per_arm": alpha,
        "level": level,
        "in_sd": in_sd,
        "noise": None if known is None else {**vars(known)},
        "effect": None if known is None or in_sd is None else in_sd * known.sd,
        "effect_upper": None if known is None or in_sd is None or known.upper is None else in_sd * known.upper,
        "seeds_for_min_effect": None if known is None else seeds_needed(grid.decide.min_effect / known.sd, level),
        "reach": _reach(grid.decide, n, m, level),
        "looks": looks,
        "split": _split(grid.decide, n, m, arms, in_sd),
    }


def _noisiest(prepared: Prepared, control: list[float], stated: float | None) -> Known | None:
    arms = [values_of(prepared, arm) for arm in prepared.plan.arms[1:]]
    known = [known_noise(prepared, arm, control, stated) for arm in (arms or [[]])]
    return max((k for k in known if k is not None), key=lambda k: (k.source == "runs", k.sd), default=None)


def _looks(grid: Grid, arms: int, alpha: float) -> dict[str, Any] | None:
    """Seeds an arm at each look, what an arm's own p must be at most there to count as `alpha` in the end, and trials.

    `trials` are the most that the looks can ask for, `expected` how many it comes to if no arm has an effect.
    """
    decide, looks, control = grid.decide, grid.decide.looks, len(grid.seed_plan.control)
    if not isinstance(looks, list):
        return None
    rule = Rule(
        decide.metric,
        decide.direction,
        decide.min_effect,
        decide.alpha,
        decide.correction,
        pairing=decide.pairing,
        looks=tuple(looks),
        futility=decide.futility,
        by_need=grid.seed_plan.by_need,
    )
    return {
        "seeds": looks,
        "levels": list(nominal_levels(declared_times(rule, arms, control), alpha)),
        "trials": arms * looks[-1] + control,
        "expected": expected_trials(rule, arms, control),
    }


def _reach(decide: Decide, n: int, m: int, level: float) -> dict[str, Any]:
    """Whether any result could have an arm's p at the level; if not, how many seeds on each side could."""
    paired = decide.pairing == "seed"
    smallest = smallest_p(decide.test, paired, n, m)
    needed = next((k for k in range(2, MOST) if smallest_p(decide.test, paired, k, k) <= level), None)
    return {"smallest_p": smallest, "reaches": smallest <= level, "seeds": n if smallest <= level else needed}


def _split(decide: Decide, n: int, m: int, arms: int, in_sd: float | None) -> dict[str, Any] | None:
    """Seeds of arms and control that detect more with as many trials; None where the planned ones do as well.

    Only for a t-test of its own seeds: pairs need as many controls, looks are tied to seeds, and ranks are counted.
    """
    total = arms * n + m
    plain = decide.test == "t" and decide.pairing == "none" and decide.looks is None
    if in_sd is None or not plain or total < 2 * (arms + 1):
        return None
    best = best_split(total, arms, decide.alpha, decide.correction == "holm")
    alpha = decide.alpha / arms if decide.correction == "holm" else decide.alpha
    found = minimum_detectable_effect(*best, alpha)
    if found is None or found > WORTH * in_sd:
        return None
    return {"trials": total, "arms": best[0], "control": best[1], "in_sd": found}
