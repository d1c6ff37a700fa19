"""How often a difference of known size is found, and what Dunnett's test gains and risks beside Holm and Welch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from numpy.random import Generator

from benchmarks.calibration.grids import ALPHA, differs, finished, moved, normal
from benchmarks.calibration.simulate import Setting

#: Runs a side, the difference in sd that the t-test of equal variances finds with probability .80, and how often
#: Welch's test finds it, which pays for not taking the variances as equal.
DETECTABLE = {
    2: (5.65, 0.48), 3: (3.07, 0.70), 4: (2.38, 0.76), 5: (2.02, 0.78), 8: (1.51, 0.79), 10: (1.32, 0.80),
    20: (0.91, 0.80),
}  # fmt: skip
#: The difference that Welch's test finds with probability .80: what the pipeline says is the smallest to be found.
DETECTABLE_BY_WELCH = {2: 10.39, 3: 3.51, 4: 2.51, 5: 2.08, 8: 1.52, 10: 1.33, 20: 0.91}


def found_one(rng: Generator, arms: int, seeds: int, effect: float) -> Mapping[str, float]:
    """The first arm is better by `effect` sd. With one arm Dunnett's test is the t-test of equal variances."""
    values = normal(rng, [1.0] * (arms + 1), seeds)
    one = finished({**values, "1": moved(values["1"], -effect)})["1"]
    return {"Holm-Welch": one["verdict"] == "better", "Dunnett": one["p_dunnett"] <= ALPHA and one["difference"] < 0}


def found_by_welch(rng: Generator, seeds: int, effect: float) -> Mapping[str, float]:
    """One arm, which is better by `effect` sd."""
    return {"Welch": found_one(rng, 1, seeds, effect)["Holm-Welch"]}


def errs(rng: Generator, sds: Sequence[float], seeds: int) -> Mapping[str, float]:
    """Nothing differs: the family-wise error of both."""
    found = finished(normal(rng, sds, seeds))
    return {"Holm-Welch": differs(found), "Dunnett": any(one["p_dunnett"] <= ALPHA for one in found.values())}


def _near(holm_welch: float, dunnett: float) -> dict[str, tuple[float, float]]:
    figures = {"Holm-Welch": holm_welch, "Dunnett": dunnett}
    return {name: (value - 0.02, value + 0.02) for name, value in figures.items()}


def _found(arms: int, seeds: int, effect: float, welch: float, dunnett: float, count: int) -> Setting:
    simulated = partial(found_one, arms=arms, seeds=seeds, effect=effect)
    return Setting("power", f"k={arms} n={seeds} effect {effect:g} sd", simulated, _near(welch, dunnett), count)


def _found_by_welch(seeds: int, effect: float) -> Setting:
    label = f"k=1 n={seeds} effect {effect:g} sd, Welch's"
    return Setting("power", label, partial(found_by_welch, seeds=seeds, effect=effect), {"Welch": (0.78, 0.82)}, 8_000)


NOISY_CONTROL = [3.0, 1.0, 1.0, 1.0, 1.0]

SETTINGS = [
    *(_found(1, seeds, effect, welch, 0.80, 8_000) for seeds, (effect, welch) in DETECTABLE.items()),
    *(_found_by_welch(seeds, effect) for seeds, effect in DETECTABLE_BY_WELCH.items()),
    _found(4, 3, 2.0, 0.11, 0.38, 20_000),
    Setting(
        "power", "error, k=4 n=3 control sd x3", partial(errs, sds=NOISY_CONTROL, seeds=3), _near(0.03, 0.15), 20_000
    ),
]
