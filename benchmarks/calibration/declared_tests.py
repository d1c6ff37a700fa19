"""Tests that a rule may declare instead of Welch's: their error, and from which correlation on pairing by seed pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import sqrt

from numpy.random import Generator

from benchmarks.calibration.grids import ALPHA, SHARP, differs, finished, moved, normal
from benchmarks.calibration.power import DETECTABLE, DETECTABLE_BY_WELCH
from benchmarks.calibration.simulate import Setting
from tinker.stats.rule import Rule

#: Pairs, and the correlation at which they find as much as as many unpaired runs: by the t-test of equal variances, and
#: by Welch's, which is what the pipeline says.
BREAK_EVEN = {2: 0.88, 3: 0.56, 4: 0.37, 5: 0.28, 8: 0.15, 10: 0.12}
BREAK_EVEN_WITH_WELCH = {2: 0.595, 3: 0.423, 4: 0.302, 5: 0.232, 8: 0.135, 10: 0.106}
PAIRED = replace(SHARP, pairing="seed")
RULES = {
    "t of pairs": PAIRED,
    "sign flips": replace(PAIRED, test="permutation"),
    "signed ranks": replace(PAIRED, test="rank"),
    "permutation": replace(SHARP, test="permutation"),
    "Mann-Whitney": replace(SHARP, test="rank"),
}


def correlated(rng: Generator, rho: float, seeds: int) -> dict[str, list[float]]:
    """Seeds that have a part in common on both sides."""
    arms = normal(rng, [sqrt(1.0 - rho)] * 2, seeds)
    common = rng.normal(0.0, sqrt(rho), seeds)
    return {
        name: [value + shared for value, shared in zip(values, common.tolist(), strict=True)]
        for name, values in arms.items()
    }


def nothing_differs(rng: Generator, rule: Rule, rho: float, seeds: int) -> Mapping[str, float]:
    """One arm."""
    return {"better or worse": differs(finished(correlated(rng, rho, seeds), rule))}


def pays(rng: Generator, seeds: int, rho: float, effect: float, unpaired: str) -> Mapping[str, float]:
    """Power of pairs less that of the unpaired test with this column of p; Dunnett's of one arm has equal variances.

    Against as many seeds that share nothing, which is the break-even, and against the pairs themselves taken as
    unpaired: what they share makes the difference of means surer there too, although the test does not know it.
    """
    pairs, apart = (
        finished({**arms, "1": moved(arms["1"], -effect)})["1"]
        for arms in (correlated(rng, rho, seeds), normal(rng, [1.0, 1.0], seeds))
    )
    found = float(pairs["p_paired"] <= ALPHA)
    return {
        "power gained": found - float(apart[unpaired] <= ALPHA),
        "gained on the same runs": found - float(pairs[unpaired] <= ALPHA),
        "rho_break_even": pairs["rho_break_even"],
    }


def _errs(name: str, seeds: int, rho: float) -> Setting:
    simulated = partial(nothing_differs, rule=RULES[name], rho=rho, seeds=seeds)
    return Setting("pairing", f"{name}, n={seeds}, rho {rho:g}", simulated, {"better or worse": (0.0, ALPHA)}, 20_000)


def _pays_over_welch(seeds: int, rho: float) -> Setting:
    simulated = partial(pays, seeds=seeds, rho=rho, effect=DETECTABLE_BY_WELCH[seeds], unpaired="p")
    bounds = {"power gained": (-0.02, 0.02), "gained on the same runs": (-0.08, 0.02)}
    known = {"rho_break_even": (rho - 0.002, rho + 0.002)}
    return Setting("pairing", f"against Welch's, n={seeds}, rho {rho:g}", simulated, bounds | known, 4_000)


def _pays_over_student(seeds: int, rho: float) -> Setting:
    simulated = partial(pays, seeds=seeds, rho=rho, effect=DETECTABLE[seeds][0], unpaired="p_dunnett")
    label = f"against equal variances, n={seeds}, rho {rho:g}"
    return Setting("pairing", label, simulated, {"power gained": (-0.02, 0.02)}, 4_000)


SETTINGS = [
    *(_errs("t of pairs", seeds, rho) for seeds in (5, 8) for rho in (0.0, 0.6)),
    *(_errs(name, seeds, 0.0) for name in ("sign flips", "signed ranks") for seeds in (6, 8)),
    *(_errs(name, seeds, 0.0) for name in ("permutation", "Mann-Whitney") for seeds in (5, 8)),
    *(_pays_over_welch(seeds, rho) for seeds, rho in BREAK_EVEN_WITH_WELCH.items()),
    *(_pays_over_student(seeds, rho) for seeds, rho in BREAK_EVEN.items()),
]
