"""Reports before the end: marked where no looks were declared, and within alpha where they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from numpy.random import Generator

from benchmarks.calibration.grids import ALPHA, ERROR, SHARP, covers, differs, finished, moved, normal, so_far
from benchmarks.calibration.simulate import Setting
from tinker.stats.rule import Rule

DECIDE = {
    "metric": "val_loss",
    "direction": "lower",
    "min_effect": 1e-9,
    "alpha": ALPHA,
    "correction": "holm",
    "diverged": "worst",
}
LOOKS = replace(SHARP, looks=(4, 8, 12))
ANYTIME = replace(SHARP, anytime=True)


def every_seed(rng: Generator, planned: int) -> Mapping[str, float]:
    """Nothing differs and no looks are declared; a report after each seed from 3 on."""
    arms = normal(rng, [1.0, 1.0], planned)
    reports = [so_far(arms, n / planned, SHARP) for n in range(3, planned + 1)]
    return {
        "said before the end": any(differs(found) for found in reports[:-1]),
        "said at the end": differs(reports[-1]),
        "p <= .05 at some report": any(found["1"]["p"] <= ALPHA for found in reports),
    }


def seeds_added(rng: Generator, planned: int, more: int) -> Mapping[str, float]:
    """Nothing differs; where the planned seeds decide nothing, `more` are added and the grid is reported again."""
    arms = normal(rng, [1.0, 1.0], planned + more)
    first = finished({name: values[:planned] for name, values in arms.items()}, _rule(planned))
    if differs(first):
        return {"said before": 1.0, "p <= .05 in either": 1.0}
    second = finished(arms, _rule(planned, planned + more))
    said = {"said with the added": differs(second), "exploratory with the added": _all_exploratory(second)}
    return {"said before": 0.0, "p <= .05 in either": second["1"]["p"] <= ALPHA, **said}


def _rule(*seeds: int) -> Rule:
    """Of a grid whose number of seeds was that of each entry in turn; all but the first after results."""
    lists = [[[seed, seed] for seed in range(count)] for count in seeds]
    history = [
        {"time": "2026-01-01", "results_existed": place > 0, "arms": {}, "seeds": {"arms": each, "control": each}}
        for place, each in enumerate(lists)
    ]
    rules = [{"hash": "a", "decide": DECIDE, "time": "2026-01-01", "results_existed": False}]
    return Rule.from_grid({"decide": DECIDE, "rule_hash": "a", "rule_history": rules, "plan_history": history})


def _all_exploratory(found: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(one["verdict"] == "exploratory" for one in found.values())


def at_looks(
    rng: Generator, arms: int, control: int, reports: tuple[int, ...], shift: float = 0.0
) -> Mapping[str, float]:
    """Looks at 4, 8 and 12 seeds an arm; reports after so many, and the interval of each arm where it was decided."""
    values = normal(rng, [1.0] * (arms + 1), 12, control)
    values = {name: moved(side, shift) if name == "1" else side for name, side in values.items()}
    said = [so_far(values, n / 12, LOOKS) for n in reports]
    inside = {"interval of the look": covers(said[-1]["1"], shift)}
    return inside if shift else {"better or worse": any(map(differs, said)), **inside}


def at_any_time(rng: Generator, arms: int, seeds: int, control: int, arm_sd: float) -> Mapping[str, float]:
    """Nothing differs. The evidence is the highest so far: the last report's verdict is any earlier one's too."""
    found = finished(normal(rng, [1.0, *[arm_sd] * arms], seeds, control), ANYTIME)
    return {"better or worse": differs(found), "interval at the end": covers(found["1"], 0.0)}


def always_inside(rng: Generator, seeds: int, shift: float, reports: tuple[int, ...]) -> Mapping[str, float]:
    """The intervals of all reports at once, each after so many seeds."""
    arms = normal(rng, [1.0, 1.0], seeds)
    arms["1"] = moved(arms["1"], shift)
    said = [so_far(arms, n / seeds, ANYTIME)["1"] for n in reports]
    return {"interval of all reports": all(covers(one, shift) for one in said)}


HOLDS = {"better or worse": ERROR, "interval of the look": (0.93, 1.0)}
LAST = (4, 8, 12)


def _looks(label: str, count: int, arms: int = 1, control: int = 12, reports: tuple[int, ...] = LAST) -> Setting:
    simulated = partial(at_looks, arms=arms, control=control, reports=reports)
    return Setting("peeking", f"looks, k={arms}, {label}", simulated, HOLDS, count)


def _anytime(arms: int, control: int, sd: float, count: int) -> Setting:
    label = f"anytime, k={arms}, 20/{control} seeds, arm sd x{sd:g}"
    bounds = {"better or worse": ERROR, "interval at the end": (0.945, 1.0)}
    return Setting(
        "peeking", label, partial(at_any_time, arms=arms, seeds=20, control=control, arm_sd=sd), bounds, count
    )


SETTINGS = [
    Setting(
        "peeking",
        "no looks, a report after each of 20 seeds from 3",
        partial(every_seed, planned=20),
        {"said before the end": (0.0, 0.0), "said at the end": ERROR, "p <= .05 at some report": (0.206, 0.246)},
        4_000,
    ),
    Setting(
        "peeking",
        "10 seeds, and 10 more where they decide nothing",
        partial(seeds_added, planned=10, more=10),
        {
            "said before": ERROR,
            "p <= .05 in either": (0.06, 0.10),
            "said with the added": (0.0, 0.0),
            "exploratory with the added": (1.0, 1.0),
        },
        6_000,
    ),
    _looks("a report after each seed", 5_000, reports=tuple(range(3, 13))),
    _looks("at the looks", 10_000),
    _looks("at the looks", 6_000, arms=4),
    _looks("24 control seeds", 6_000, control=24),
    Setting(
        "peeking",
        "looks, k=1, effect 1.5 sd",
        partial(at_looks, arms=1, control=12, reports=(12,), shift=-1.5),
        {"interval of the look": (0.93, 1.0)},
        6_000,
    ),
    _anytime(1, 20, 1.0, 4_000),
    _anytime(1, 20, 3.0, 4_000),
    _anytime(1, 40, 1.0, 2_000),
    _anytime(1, 40, 3.0, 2_000),
    _anytime(4, 20, 1.0, 1_000),
    Setting(
        "peeking",
        "anytime, k=1, 20 seeds, effect 1 sd",
        partial(always_inside, seeds=20, shift=-1.0, reports=(2, 4, 8, 12, 20)),
        {"interval of all reports": (0.945, 1.0)},
        800,
    ),
]
