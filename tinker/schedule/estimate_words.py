"""What is left of a grid, and what its budget is enough for, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tinker.grid.expand import Plan
from tinker.report.not_run import span
from tinker.report.numbers import magnitude
from tinker.schedule.budget import used_up
from tinker.schedule.estimate import Forecast
from tinker.schedule.live.words import dollars, duration
from tinker.spec import Seeds
from tinker.store.spent import Spent

#: One seed of each arm allows no test.
FEWEST = 2


def took_in_words(left: Mapping[str, Any]) -> list[str]:
    """`about 5.1 h and $13 on 2 workers` where that is known, and `1.2P FLOPs`; from a Forecast as plain data."""
    flops = f"{magnitude(left['flops'])} FLOPs"
    if left["hours"] is None:
        return [flops]
    money = "" if left["usd"] is None else f" and {dollars(left['usd'])}"
    workers = f"{left['workers']} worker{'s' if left['workers'] > 1 else ''}"
    return [f"about {duration(3600 * left['hours'])}{money} on {workers}", flops]


def fit_in_words(plan: Plan, found: Forecast) -> list[str]:
    """What the budget is enough for; nothing where there is none. A warning where that allows no verdict."""
    if found.fit is None or not found.trials:
        return []
    unknown = {"hours", "usd"} if found.hours is None else set()
    if not plan.grid.budget.declared.keys() - {"usd_per_hour"} - unknown:
        return []
    budget, seeds = plan.grid.budget, plan.grid.seed_plan.blocks
    limits = ", ".join(f"{key} {_plain(value)}" for key, value in budget.declared.items() if key != "usd_per_hour")
    spent = f", of which {spent_in_words(found.spent)} are spent," if _any(found.spent) else ""
    said = f"the budget of {limits}{spent} is"
    if found.fit == found.blocks:
        far = " as far as that is known" if unknown & budget.declared.keys() else ""
        return [f"{said} enough for all of them{far}"]
    if found.fit:
        lines = [f"{said} enough for {span(_pairs(seeds[: found.fit]))} of {found.blocks}"]
    else:
        lines = [f"{said} not enough for one seed of each arm"]
    if found.fit < min(FEWEST, found.blocks) and used_up(budget, found.spent) is None:
        lines.append(
            f"warning: no verdict can come of that, which takes {FEWEST} seeds of each arm; raise the budget, or plan"
            " fewer arms or shorter trials (what is done meanwhile stays)"
        )
    return lines


def untimed_in_words(plan: Plan, found: Forecast) -> list[str]:
    """Why the time is unknown, and what measures it; nothing where it is known."""
    if not plan.cells:
        return ["the time is unknown until the arms are tuned"]
    if not found.untimed:
        return []
    some = ", ".join(found.untimed[:3]) + (" and others" if len(found.untimed) > 3 else "")
    which = "any arm" if len(found.untimed) == len(plan.arms) else some
    unknown = f"no trial of {which} has run on this machine yet, so the time is unknown"
    return [f"{unknown}; a run with a budget of hours or usd measures it first"]


def foreseen(plan: Plan, found: Forecast) -> str:
    """All of it in one line."""
    trials = f"{found.trials} trial{'s' if found.trials != 1 else ''} left"
    return "; ".join([", ".join([trials, *took_in_words(asdict(found))]), *fit_in_words(plan, found)])


def spent_in_words(spent: Spent) -> str:
    """`3.0 h, $7.50, 12 trials, 1.2P FLOPs`."""
    money = [] if spent.usd is None else [dollars(spent.usd)]
    trials = f"{spent.trials} trial{'s' if spent.trials != 1 else ''}"
    return ", ".join([duration(3600 * spent.hours), *money, trials, f"{magnitude(spent.flops)} FLOPs"])


def _any(spent: Spent) -> bool:
    return bool(spent.hours or spent.trials or spent.flops)


def _plain(value: float) -> str:
    return f"{value:g}" if value < 1e6 else magnitude(value)


def _pairs(seeds: Sequence[Seeds]) -> list[tuple[int, int]]:
    return [(seed.init, seed.data) for seed in seeds]
