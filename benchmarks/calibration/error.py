"""How often a grid in which nothing differs, or in which a difference matters, has an arm that is said otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from numpy.random import Generator

from benchmarks.calibration.grids import ALPHA, ERROR, SHARP, differs, finished, moved, normal
from benchmarks.calibration.simulate import Setting
from tinker.stats.rule import Rule

#: Sd of the control and of each of k arms.
SPREADS: dict[str, Callable[[int], list[float]]] = {
    "equal sd": lambda k: [1.0] * (k + 1),
    "control sd x3": lambda k: [3.0] + [1.0] * k,
    "one arm sd x3": lambda k: [1.0, 3.0] + [1.0] * (k - 1),
    "sd 1, 2, 1, 2 ...": lambda k: [1.0 + place % 2 for place in range(k + 1)],
}


def nothing_differs(rng: Generator, sds: Sequence[float], seeds: int, rule: Rule = SHARP) -> Mapping[str, float]:
    """Family-wise: any arm of the grid."""
    return {"better or worse": differs(finished(normal(rng, sds, seeds), rule))}


def at_the_margin(rng: Generator, sds: Sequence[float], seeds: int, margin: float) -> Mapping[str, float]:
    """All arms are worse by just as much as matters: `equivalent` and `not worse` are wrong, and so is `better`."""
    arms = normal(rng, sds, seeds)
    worse = {name: values if name == "control" else moved(values, margin) for name, values in arms.items()}
    words = {found["verdict"] for found in finished(worse, replace(SHARP, min_effect=margin)).values()}
    return {
        "equivalent": "equivalent" in words,
        "not worse": "not worse" in words,
        "any of the three": bool(words & {"equivalent", "not worse", "better"}),
    }


WRONG = {"better or worse": ERROR}
REASSURED = dict.fromkeys(("equivalent", "not worse", "any of the three"), (0.0, ALPHA))
#: Arms, seeds, spread, and what matters in sd.
MARGINS = [
    (1, 3, "equal sd", 1.0),
    (1, 3, "equal sd", 4.0),
    (1, 5, "equal sd", 2.0),
    (1, 10, "equal sd", 1.5),
    (1, 10, "equal sd", 4.0),
    (4, 5, "equal sd", 3.0),
    (4, 10, "equal sd", 2.0),
    (1, 5, "control sd x3", 5.0),
    (4, 5, "control sd x3", 1.0),
    (4, 10, "control sd x3", 4.0),
]


def _at_the_margin(arms: int, seeds: int, spread: str, margin: float) -> Setting:
    simulated = partial(at_the_margin, sds=SPREADS[spread](arms), seeds=seeds, margin=margin)
    return Setting("margin", f"k={arms} n={seeds} {spread}, worse by {margin:g} sd", simulated, REASSURED, 5_000)


SETTINGS = [
    *(
        Setting("error", f"k={k} n={n} {spread}", partial(nothing_differs, sds=of(k), seeds=n), WRONG, 20_000)
        for k in (1, 4, 8)
        for n in (3, 5, 10)
        for spread, of in SPREADS.items()
    ),
    *(_at_the_margin(*each) for each in MARGINS),
]
