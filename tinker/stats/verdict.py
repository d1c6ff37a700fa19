"""The verdict on an arm, and its reason in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinker.stats import wording as say
from tinker.stats.family import Judged
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.soundness import partial
from tinker.stats.tested import direction, left_out

Word = Literal[
    "control",
    "better",
    "worse",
    "equivalent",
    "not worse",
    "inconclusive",
    "cannot reach alpha",
    "exploratory",
    "invalid",
]


@dataclass(frozen=True)
class Verdict:
    """One word and why."""

    word: Word
    reason: str


@dataclass(frozen=True)
class Facts:
    """What a verdict needs beside the tests: of all planned runs of the arm, the control, and the family of arms."""

    arm: Sample
    control: Sample
    family: int
    smallest_p: float
    reachable: bool  # smallest_p, corrected as the others' smallest, can come to alpha
    seeds_to_decide: int | None
    p_dunnett: float | None
    unequal_sd: bool  # the 95 % interval of the ratio of the sds leaves out 1


def decide(judged: Judged, facts: Facts, rule: Rule) -> Verdict:
    """The first of these that applies: invalid, cannot reach alpha, exploratory, and then what the numbers say."""
    if judged.problem:
        return Verdict("invalid", judged.problem)
    if not facts.reachable:
        return Verdict("cannot reach alpha", say.unreachable(facts.arm, facts.control, facts.smallest_p, facts.family))
    if judged.look == 0:
        return Verdict("exploratory", say.before_the_first_look(facts.arm, rule))
    said = _weigh(judged, facts, rule)
    if rule.edited:
        return Verdict("exploratory", f"{rule.edited}; under it the numbers would read {said.word}: {said.reason}")
    unfinished = partial(facts.arm, facts.control)
    if unfinished and not rule.looks and not rule.anytime:
        return Verdict("exploratory", f"{unfinished}, and a verdict waits for all planned seeds")
    return said


def _weigh(judged: Judged, facts: Facts, rule: Rule) -> Verdict:
    """What the numbers say of a sound comparison whose time has come."""
    test, arm, control = judged.test, judged.arm, judged.control
    # Of all runs that have ended, also of those after the look that decided.
    missing = left_out(facts.arm, facts.control, rule)
    if test is None:
        return _untestable(judged, rule)
    certain = judged.p is not None and judged.p <= rule.alpha
    alike = judged.p_equivalent is not None and judged.p_equivalent <= rule.alpha
    diverged = arm.diverged or control.diverged if rule.diverged == "rank" else any(missing)
    if alike and test.effect is not None and not diverged:
        return Verdict("equivalent", say.equivalent(test.effect, certain, rule) + say.at_look(judged, rule))
    sign = direction(test, arm, control, rule)
    # They flatter the mean of the side that they left.
    if certain and sign > 0 and not missing[0]:
        return Verdict("better", say.decided(judged, facts, rule) + say.at_look(judged, rule))
    if certain and sign < 0 and not missing[1]:
        return Verdict("worse", say.decided(judged, facts, rule) + say.at_look(judged, rule))
    if diverged:
        return Verdict("inconclusive", say.diverged(facts.arm, facts.control, rule))
    assert test.effect is not None, "without an effect some run diverged"
    if judged.p_not_worse is not None and judged.p_not_worse <= rule.alpha:
        return Verdict("not worse", say.not_worse(test.effect, rule) + say.at_look(judged, rule))
    return Verdict("inconclusive", say.undecided(judged, facts, rule))


def _untestable(judged: Judged, rule: Rule) -> Verdict:
    arm, control = judged.arm, judged.control
    if arm.count("diverged") or control.count("diverged"):
        return Verdict("inconclusive", say.too_few_left(arm, control))
    if rule.pairing == "seed" and len(arm.by_seed.keys() & control.by_seed.keys()) < 2:
        return Verdict("inconclusive", "fewer than two seeds have finished on both sides: no pairs to test")
    if len(arm.values) < 2 or len(control.values) < 2:
        return Verdict("inconclusive", "fewer than two seeds have finished on one side, so there is no test yet")
    if rule.pairing == "seed" and len(set(arm.values)) > 1:
        return Verdict(
            "invalid", "all pairs differ by the same, to the last digit: the arm's runs are the control's, shifted"
        )
    if rule.blocks == "hardware" and len(set(arm.values)) > 1:
        return Verdict("inconclusive", "no kind of machine has enough runs of both sides for a test within it")
    if rule.anytime and len(set(arm.values)) > 1:
        return Verdict("inconclusive", "fewer than two blocks of seeds have finished, so there is no evidence yet")
    reason = (
        "all seeds of the arm agree to the last digit, and so do the control's: the seed does not reach the training"
    )
    return Verdict("invalid", reason)
