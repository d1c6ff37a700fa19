"""Arms whose runs diverge: what dropping those would claim, and what each declared way to count them says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from numpy.random import Generator

from benchmarks.calibration.grids import ERROR, SHARP, differs, judged, normal
from benchmarks.calibration.simulate import Setting
from tests.stats.made_up import row
from tinker.stats.rule import Rule

#: Part of the runs.
DIVERGES = 0.3
#: Losses are about 2 with an sd of .1; ln V is 4.2.
LOSS, SD, VOCABULARY = 2.0, 0.1, 65


def dropped(rng: Generator, seeds: int, better: float) -> Mapping[str, float]:
    """The arm diverges and the control does not; the arm's other runs are `better` sd better.

    Dropping: Welch's test of the survivors, one-sided at 5 %. The pipeline's p is of them, two-sided.
    """
    arms = normal(rng, [1.0, 1.0], seeds)
    lost = (rng.random(seeds) < DIVERGES).tolist()
    found = judged(
        [*_trials("control", arms["control"], 0.0, [False] * seeds), *_trials("1", arms["1"], -better, lost)]
    )["1"]
    flattered = found.get("p") is not None and found["p"] <= 0.10 and found["difference"] < 0
    said = found["verdict"] == "better"
    return {
        "dropping them: better": flattered,
        **({"said: better": said} if any(lost) else {}),
    }


def both_diverge(rng: Generator, arms: int, seeds: int, rule: Rule) -> Mapping[str, float]:
    """Nothing differs, the probability to diverge neither."""
    trials: list[dict[str, Any]] = []
    for name, values in normal(rng, [1.0] * (arms + 1), seeds).items():
        trials += _trials(name, values, 0.0, (rng.random(seeds) < DIVERGES).tolist())
    return {"better or worse": differs(judged(trials, rule))}


def _trials(arm: str, values: Sequence[float], shift: float, lost: Sequence[bool]) -> list[dict[str, Any]]:
    return [
        row(
            arm,
            seed,
            None if gone else LOSS + SD * (value + shift),
            status="diverged" if gone else "done",
            vocab_size=VOCABULARY,
        )
        for seed, (value, gone) in enumerate(zip(values, lost, strict=True))
    ]


WORST, CAP, RANK = SHARP, replace(SHARP, diverged="cap"), replace(SHARP, diverged="rank", test="rank")


def _dropped(seeds: int, flattered: float) -> Setting:
    label = f"n={seeds}, 30 % of the arm diverge, others 1 sd better"
    bounds = {"dropping them: better": (flattered - 0.04, flattered + 0.04), "said: better": (0.0, 0.0)}
    return Setting("diverged", label, partial(dropped, seeds=seeds, better=1.0), bounds, 10_000)


def _both(words: str, rule: Rule, arms: int, seeds: int) -> Setting:
    simulated = partial(both_diverge, arms=arms, seeds=seeds, rule=rule)
    return Setting(
        "diverged", f"k={arms} n={seeds}, 30 % of both, {words}", simulated, {"better or worse": ERROR}, 10_000
    )


SETTINGS = [
    _dropped(5, 0.33),
    _dropped(10, 0.60),
    *(
        _both(words, rule, arms, seeds)
        for words, rule in [("worst", WORST), ("rank", RANK), ("cap", CAP)]
        for arms, seeds in [(1, 5), (1, 10), (4, 10)]
    ),
]
