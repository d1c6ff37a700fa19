"""The verdict on an arm, and its reason in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.soundness import partial
from tinker.stats.t_test import TTest

Word = Literal[
    "control", "better", "worse", "equivalent", "inconclusive", "cannot reach alpha", "invalid", "exploratory"
]


@dataclass(frozen=True)
class Verdict:
    """One word and why."""

    word: Word
    reason: str


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on. `p` and `p_equivalent` are adjusted for the `family` of arms that were declared."""

    arm: Sample
    control: Sample
    problem: str  # why the comparison is unsound; empty if it is sound
    test: TTest | None
    p: float | None
    p_equivalent: float | None
    seeds_to_decide: int | None
    family: int


def decide(evidence: Evidence, rule: Rule) -> Verdict:
    """The first of these that applies: invalid, cannot reach alpha, exploratory, and then what the numbers say."""
    arm, control = evidence.arm, evidence.control
    if evidence.problem:
        return Verdict("invalid", evidence.problem)
    if min(len(arm.runs), len(control.runs)) < 2:
        who = "the arm" if len(arm.runs) < 2 else "the control"
        reason = f"{who} has one planned seed, and no test can be made of one: declare at least two"
        return Verdict("cannot reach alpha", reason)
    said = _weigh(evidence, rule)
    if rule.edited:
        return Verdict("exploratory", f"{rule.edited}; under it the numbers would read {said.word}: {said.reason}")
    unfinished = partial(arm, control)
    if unfinished:
        return Verdict("exploratory", f"{unfinished}, and a verdict waits for all: finish the grid with `tinker run`")
    return said


def _weigh(evidence: Evidence, rule: Rule) -> Verdict:
    """What the numbers say of a sound and complete comparison."""
    arm, control, test = evidence.arm, evidence.control, evidence.test
    diverged = arm.count("diverged"), control.count("diverged")
    if test is None:
        return _untestable(arm, control)
    if evidence.p_equivalent is not None and evidence.p_equivalent <= rule.alpha and not any(diverged):
        margin = f"+-{rule.min_effect:g}"
        if evidence.p is not None and evidence.p <= rule.alpha:
            return Verdict("equivalent", f"{_amount(test)}, surely some but less than the {margin} that would matter")
        return Verdict("equivalent", f"{_amount(test)}; a difference as large as {margin} is ruled out")
    sign = rule.sign(test.difference)
    if evidence.p is not None and evidence.p <= rule.alpha:
        # Diverged runs are the worst outcome: they flatter the mean of the side that they left.
        if sign > 0 and not diverged[0]:
            return Verdict("better", f"{_amount(test)}{_interval(test, rule)}")
        if sign < 0 and not diverged[1]:
            return Verdict("worse", f"{_amount(test)}{_interval(test, rule)}")
    if any(diverged):
        return Verdict("inconclusive", f"{_diverged(arm, control)}; the mean of the survivors alone decides nothing")
    return Verdict("inconclusive", _undecided(evidence, test, rule))


def _untestable(arm: Sample, control: Sample) -> Verdict:
    if arm.count("diverged") or control.count("diverged"):
        return Verdict("inconclusive", f"{_diverged(arm, control)}; too few are left for a test")
    if len(arm.values) < 2 or len(control.values) < 2:
        return Verdict("inconclusive", "fewer than two seeds have finished on one side, so there is no test yet")
    reason = (
        "all seeds of the arm agree to the last digit, and so do the control's: the seed does not reach the training"
    )
    return Verdict("invalid", reason)


def _diverged(arm: Sample, control: Sample) -> str:
    return (
        f"{arm.count('diverged')} of {len(arm.runs)} runs diverged"
        f" (control: {control.count('diverged')} of {len(control.runs)})"
    )


def _amount(test: TTest) -> str:
    return f"{abs(test.difference):.3g} {'lower' if test.difference < 0 else 'higher'} than the control"


def _interval(test: TTest, rule: Rule) -> str:
    least, most = sorted((abs(test.low), abs(test.high)))  # an adjusted p <= alpha: the interval leaves zero out
    return f"; at least {least:.3g} and at most {most:.3g} ({100 * (1 - rule.alpha):.3g} % interval)"


def _signed(difference: float) -> str:
    return f"{abs(difference):.2g} {'lower' if difference < 0 else 'higher'}"


def _undecided(evidence: Evidence, test: TTest, rule: Rule) -> str:
    span = f"the true difference may be anything from {_signed(test.low)} to {_signed(test.high)}"
    if test.p <= rule.alpha < (evidence.p or 1.0):
        span += f", and p {test.p:.2g} alone would do but not among {evidence.family} arms"
    seeds = evidence.seeds_to_decide
    if seeds is None:
        return f"{span}; min_effect {rule.min_effect:g} is too small against the noise for any number of seeds"
    seeds = max(seeds, len(evidence.arm.runs) + 1)  # the planned ones were nearly enough, and by chance were not
    return f"{span}; about {seeds} seeds per arm would decide for a min_effect of {rule.min_effect:g}"
