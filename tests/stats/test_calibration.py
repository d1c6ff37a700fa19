"""A short run of `benchmarks/calibration`: simulated grids from trial rows to verdicts, few of each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from numpy.random import Generator

from benchmarks.calibration.__main__ import QUESTIONS
from benchmarks.calibration.error import nothing_differs
from benchmarks.calibration.grids import ERROR, SHARP, finished, moved, normal
from benchmarks.calibration.peeking import at_looks
from benchmarks.calibration.simulate import Figure, Setting, all_figures, figures
from tests.stats.made_up import RULE
from tinker.errors import ConfigError
from tinker.grid.seeds import SeedCounts, SeedPlan
from tinker.stats.power import seeds_for_width

SETTINGS = {f"{setting.question}: {setting.label}": setting for module in QUESTIONS for setting in module.SETTINGS}
#: Standard errors: of so many figures none is out by chance.
SLACK = 4.0

SHORT = {
    "error: k=1 n=10 one arm sd x3": 1000,
    "error: k=4 n=3 control sd x3": 600,
    "error: k=8 n=5 equal sd": 300,
    "margin: k=1 n=10 equal sd, worse by 1.5 sd": 500,
    "coverage: k=4 n=3/3 control sd 1, effect 2 sd": 500,
    "coverage: k=1 n=5/5 control sd 3, effect 1 sd": 800,
    "power: k=4 n=3 effect 2 sd": 800,
    "power: error, k=4 n=3 control sd x3": 500,
    "power: k=1 n=3 effect 3.51 sd, Welch's": 700,
    "peeking: 10 seeds, and 10 more where they decide nothing": 400,
    "peeking: looks, k=1, a report after each seed": 150,
    "peeking: looks, k=1, 24 control seeds": 300,
    "peeking: looks, k=4, at the looks": 120,
    "peeking: anytime, k=1, 20/20 seeds, arm sd x3": 80,
    "peeking: anytime, k=1, 20 seeds, effect 1 sd": 30,
    "diverged: n=10, 30 % of the arm diverge, others 1 sd better": 500,
    "diverged: k=1 n=10, 30 % of both, rank": 600,
    "diverged: k=1 n=10, 30 % of both, cap": 600,
    "tuning: best of 9 rates, n=5": 600,
    "pairing: t of pairs, n=5, rho 0.6": 800,
    "pairing: sign flips, n=6, rho 0": 600,
    "pairing: Mann-Whitney, n=5, rho 0": 600,
    "pairing: against Welch's, n=4, rho 0.302": 500,
    "blocks: arm 5+5, control 8+2, arm sd x3": 800,
    "blocks: arm 9+2, control 9+2, arm sd x1, new machine x5": 400,
    "shapes: k=4 n=3, skew .2, kurtosis -.4": 500,
}


def _undecided(rng: Generator, seeds: int, shift: float) -> dict[str, float]:
    arms = normal(rng, [1.0, 1.0], seeds)
    one = finished({**arms, "1": moved(arms["1"], shift)}, replace(RULE, min_effect=1.0))["1"]
    return {"undecided": one["verdict"] == "inconclusive"}


def _out(found: list[Figure]) -> list[Figure]:
    return [figure for figure in found if not figure.holds(SLACK)]


def test_settings_have_names_of_their_own() -> None:
    """Their names seed them, and pick them here."""
    assert len(SETTINGS) == sum(len(module.SETTINGS) for module in QUESTIONS)
    assert {name.split(":")[0] for name in SHORT} == {setting.question for setting in SETTINGS.values()}


@pytest.mark.parametrize("name", SHORT)
def test_figures_are_as_promised(name: str) -> None:
    assert _out(figures(SETTINGS[name], SHORT[name])) == []


def test_peeking_without_looks_is_marked_and_would_err() -> None:
    setting = SETTINGS["peeking: no looks, a report after each of 20 seeds from 3"]
    found = {figure.name: figure for figure in figures(setting, 200)}
    assert _out(list(found.values())) == []
    assert not replace(found["p <= .05 at some report"], bound=ERROR).holds(SLACK)


def test_arms_that_are_not_corrected_for_are_caught() -> None:
    """The planted fault: eight arms, each at alpha."""
    rule = replace(SHARP, correction="none")
    simulated = partial(nothing_differs, sds=[1.0] * 9, seeds=5, rule=rule)
    assert _out(figures(Setting("error", "fault", simulated, {"better or worse": ERROR}, 200)))


def test_evidence_that_is_too_little_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: evidence of 2.1 passes for 20."""
    monkeypatch.setattr("tinker.stats.anytime.anytime_p", lambda e: min(1.0, e**-4))
    fault = SETTINGS["peeking: anytime, k=1, 20/20 seeds, arm sd x1"]
    assert "better or worse" in {figure.name for figure in _out(figures(fault, 80))}


def test_looks_that_are_not_paid_for_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the smallest p of 3 looks, as it is."""
    monkeypatch.setattr("tinker.stats.looks.adjusted_p", lambda ps, times, sides=2: min(ps))
    simulated = partial(at_looks, arms=1, control=12, reports=(12,))
    assert _out(figures(Setting("looks", "fault", simulated, {"better or worse": ERROR}, 1000)))


def test_workers_change_no_figure() -> None:
    settings = [SETTINGS["error: k=1 n=3 equal sd"], SETTINGS["tuning: best of 5 rates, n=5"]]
    found = dict(zip(("error", "tuning"), (each for _, each in all_figures(settings, 130, 2)), strict=True))
    assert found == {setting.question: figures(setting, 130) for setting in settings}


def test_seeds_that_were_tuned_on_are_refused() -> None:
    with pytest.raises(ConfigError, match="tuned on"):
        SeedPlan.of(SeedCounts(arms=[3, 4, 5], control=[3, 4, 5], tuning=[1, 2, 3]))


def test_the_seeds_that_are_said_to_decide_do() -> None:
    """Whatever the true difference: with the number of seeds named for the true sd, few arms stay undecided."""
    seeds = seeds_for_width(0.5, 0.05)
    assert seeds is not None
    for shift in (0.0, 0.5, 1.0):
        simulated = partial(_undecided, seeds=seeds, shift=shift)
        assert _out(figures(Setting("seeds", f"{shift}", simulated, {"undecided": (0.0, 0.05)}, 100))) == []
