"""Looks beside the fixed number of seeds, on the same made-up losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from statistics import fmean

from numpy.random import Generator

from benchmarks.adaptive.designs import BY_NEED, SEEDS, Mix, finals, run, skewed
from benchmarks.calibration.grids import ERROR, SHARP
from benchmarks.calibration.simulate import Setting
from tinker.stats.rule import Rule

#: Two arms without effect, two of 1 sd and two of 2 sd, each way.
PLANTED = Mix((0.0, 0.0, -1.0, 1.0, -2.0, 2.0))
ANY = (0.0, 1.0)


def right(effect: float) -> str:
    """The verdict on an arm with this effect on its loss."""
    return "better" if effect < 0 else "worse"


def told(verdicts: Mapping[str, str], mix: Mix) -> dict[str, float]:
    """Part of the arms with an effect that get the right verdict, also by size; whether any arm gets a wrong one."""
    arms = list(zip(mix.effects, verdicts.values(), strict=True))
    found: dict[str, float] = {}
    for size in sorted({abs(effect) for effect in mix.effects} - {0.0}):
        found[f"power, {size:g} sd"] = fmean(word == right(effect) for effect, word in arms if abs(effect) == size)
    if found:
        found["power"] = fmean(word == right(effect) for effect, word in arms if effect)
    wrong = (word in ("better", "worse") and not (effect and word == right(effect)) for effect, word in arms)
    return {**found, "family-wise error": float(any(wrong))}


def compared(rng: Generator, mix: Mix, rule: Rule, control: int | None = None) -> Mapping[str, float]:
    """One grid by the rule, and with 12 seeds an arm and a control with the square root of their number times that.

    `control`: so many seeds of it for both instead.
    """
    values = finals(rng, mix)
    values["control"] = values["control"][:control]
    verdicts, trained = run(values, rule)
    fixed, all_trials = told(run(values, SHARP)[0], mix), sum(map(len, values.values()))
    here = told(verdicts, mix)
    lost = {f"{name} lost": fixed[name] - here[name] for name in here if name.startswith("power")}
    figures = {**here, **lost, "trials": float(trained), "part of all trials": trained / all_trials}
    return {**figures, "family-wise error, fixed": fixed["family-wise error"]}


def _setting(
    label: str, mix: Mix, rule: Rule = BY_NEED, lost: float = 1.0, part: float = 1.0, count: int = 2_000,
    control: int | None = None,
) -> Setting:  # fmt: skip
    """`lost` and `part` are the most that the looks may lose of the power, and need of the trials."""
    sizes = [f"power, {size:g} sd" for size in sorted({abs(effect) for effect in mix.effects} - {0.0})]
    bounds: dict[str, tuple[float, float]] = {}
    if sizes:
        bounds |= {"power": ANY, "power lost": (-1.0, lost)} | dict.fromkeys(sizes, ANY)
        bounds |= {f"{name} lost": (-1.0, 1.0) for name in sizes if len(sizes) > 1}
    bounds |= {"part of all trials": (0.0, part), "trials": (0.0, 1e4)}
    bounds |= {"family-wise error": ERROR, "family-wise error, fixed": ERROR}
    simulated = partial(compared, mix=mix, rule=rule, control=control)
    return Setting("adaptive", label, simulated, bounds, count)


def _futility(chance: float | None) -> Rule:
    return replace(BY_NEED, futility=chance)


def _many(*effects: tuple[float, int]) -> Mix:
    return Mix(tuple(effect for effect, count in effects for _ in range(count)))


SHARES = replace(BY_NEED, by_need=False)
TEN = _many((0.0, 6), (-1.0, 1), (1.0, 1), (-2.0, 1), (2.0, 1))
NONE, FEW = _many((0.0, 6)), 1_000
SETTINGS = [
    _setting("planted effects, looks", PLANTED, lost=0.05, part=0.73),
    _setting("no effect, looks", NONE, part=0.6),
    *(_setting(f"planted effects, futility {c:g}", PLANTED, _futility(c), count=FEW) for c in (0.05, 0.2, 0.3)),
    _setting("planted effects, no futility", PLANTED, _futility(None), lost=0.03, count=FEW),
    _setting("planted effects, the control's share of 30", PLANTED, SHARES, count=FEW),
    _setting("planted effects, both with 12 control seeds", PLANTED, SHARES, count=FEW, control=SEEDS),
    _setting("planted effects, anytime", PLANTED, replace(SHARP, anytime=True), count=100),
    _setting("no effect, no futility", NONE, _futility(None)),
    _setting("no effect, anytime", NONE, replace(SHARP, anytime=True), count=100),
    _setting("all of 1 sd", _many((-1.0, 6)), count=FEW),
    _setting("one of 1 sd among six", _many((-1.0, 1), (0.0, 5)), count=FEW),
    _setting("one of 2 sd among six", _many((-2.0, 1), (0.0, 5)), count=FEW),
    _setting("k=1: one of 1 sd", _many((-1.0, 1)), count=FEW),
    _setting("k=3: none, 1 and 2 sd", Mix((0.0, -1.0, 2.0)), count=FEW),
    _setting("k=10: six without effect, 1, 1, 2 and 2 sd", TEN, count=FEW),
    _setting("no effect, k=1", _many((0.0, 1))),
    _setting("no effect, k=10", _many((0.0, 10)), count=FEW),
    _setting("planted effects, arm sd x1.3", replace(PLANTED, sd=1.3), count=FEW),
    _setting("no effect, arm sd x1.3", replace(NONE, sd=1.3), count=FEW),
    _setting("no effect, arm sd x.5", replace(NONE, sd=0.5), count=FEW),
    _setting("planted effects, skew 1", replace(PLANTED, draw=skewed), count=FEW),
    _setting("no effect, skew 1", replace(NONE, draw=skewed), count=FEW),
]
