"""The declared test of one arm against the control: an effect with its interval, and the p that decides."""

from __future__ import annotations

from dataclasses import dataclass

from tinker.stats.diverged import as_worst
from tinker.stats.paired import paired
from tinker.stats.permutation import permutation, sign_flip
from tinker.stats.ranks import mann_whitney, probability, signed_lean, signed_rank
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.stratified import stratified
from tinker.stats.t_test import TTest
from tinker.stats.welch import welch

NAMES = {
    ("t", "none"): "Welch t-test",
    ("t", "seed"): "t-test of pairs",
    ("permutation", "none"): "permutation test of the means",
    ("permutation", "seed"): "sign-flip test of pairs",
    ("rank", "none"): "Mann-Whitney test",
    ("rank", "seed"): "signed-rank test of pairs",
}


@dataclass(frozen=True)
class Tested:
    """`effect` is a t-test's, also where `p` is of another test: ranks and permutations have no interval of their own.

    It is None where a rank test has only diverged runs on a side.
    """

    effect: TTest | None
    p: float


def name(rule: Rule) -> str:
    """What the rule tests with, in words."""
    if rule.anytime:
        return "anytime-valid t e-process"
    return "t-test within blocks of hardware" if rule.blocks == "hardware" else NAMES[rule.test, rule.pairing]


def tested(arm: Sample, control: Sample, rule: Rule, alpha: float) -> Tested | None:
    """The test that the rule declares, its interval of confidence 1 - `alpha`; None where there is none to make.

    That is: fewer than two values (or pairs) on a side, or no variance at all.
    """
    if rule.pairing == "seed":
        return _paired(arm, control, rule, alpha)
    if rule.blocks == "hardware":
        effect = stratified(arm.by_block, control.by_block, alpha)
        return None if effect is None else Tested(effect, effect.p)
    effect = welch(arm.values, control.values, alpha)
    if rule.test == "rank" and rule.diverged == "rank" and (arm.diverged or control.diverged):
        ranked = _ranked(arm, rule), _ranked(control, rule)
        return Tested(effect, mann_whitney(*ranked)) if all(ranked) else None
    if effect is None or rule.test == "t":
        return None if effect is None else Tested(effect, effect.p)
    test = permutation if rule.test == "permutation" else mann_whitney
    return Tested(effect, test(arm.values, control.values))


def direction(test: Tested, arm: Sample, control: Sample, rule: Rule) -> int:
    """+1 where the test leans to the arm being better, -1 to worse: the mean's way, or that of the ranks."""
    if rule.test == "rank" and rule.pairing == "seed":
        lean = signed_lean([a - b for a, b in zip(*pairs(arm, control), strict=True)])
        return rule.sign(lean)
    if rule.test == "rank":
        share = probability_better(arm, control, rule)
        return (share > 0.5) - (share < 0.5)
    return 0 if test.effect is None else rule.sign(test.effect.difference)


def left_out(arm: Sample, control: Sample, rule: Rule) -> tuple[int, int]:
    """Diverged runs of either side that are in no mean and in no rank: no mean may favour their side."""
    return (0, 0) if rule.diverged == "rank" else (arm.count("diverged"), control.count("diverged"))


def probability_better(arm: Sample, control: Sample, rule: Rule) -> float:
    """Part of all pairs of an arm's run and a control's in which the arm's is better; a diverged run is the worst.

    The U of Mann and Whitney over the number of pairs, ties counting half. Either side has a run that ended.
    """
    lower = probability(_ranked(arm, rule), _ranked(control, rule))
    return lower if rule.lower else 1.0 - lower


def _ranked(side: Sample, rule: Rule) -> list[float]:
    return as_worst(side.values, side.count("diverged"), rule.lower)


def pairs(arm: Sample, control: Sample) -> tuple[list[float], list[float]]:
    """Values of the seeds that both sides have, in the order of the seeds."""
    seeds = [seed for seed in arm.by_seed if seed in control.by_seed]
    return [arm.by_seed[seed] for seed in seeds], [control.by_seed[seed] for seed in seeds]


def _paired(arm: Sample, control: Sample, rule: Rule, alpha: float) -> Tested | None:
    sides = pairs(arm, control)
    effect = paired(*sides, alpha)
    if effect is None or rule.test == "t":
        return None if effect is None else Tested(effect, effect.p)
    differences = [a - b for a, b in zip(*sides, strict=True)]
    return Tested(effect, sign_flip(differences) if rule.test == "permutation" else signed_rank(differences))
