"""The parts of a comparison's row that say how large an effect is, beside the difference itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tinker.stats.dunnett import dunnett
from tinker.stats.family import Judged
from tinker.stats.hedges import hedges_g
from tinker.stats.paired import break_even, correlation, paired
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.spread import sd_ratio_interval
from tinker.stats.tested import pairs, probability_better


def sizes(arm: Sample, control: Sample, rule: Rule) -> dict[str, Any]:
    """Hedges g, probability of a better run, ratio of the sds: each with its interval where it has one."""
    row: dict[str, Any] = {}
    if rule.blocks == "hardware" and len(arm.by_block.keys() | control.by_block.keys()) > 1:
        return row  # the spread between machines is no noise of seeds
    if arm.ended and control.ended:
        row["probability_better"] = probability_better(arm, control, rule)
    g = hedges_g(arm.values, control.values)
    if g is not None:
        row |= {"hedges_g": g.g, "g_low": g.low, "g_high": g.high}
    if arm.sd is not None and control.sd:
        row["sd_ratio"] = arm.sd / control.sd
        ends = sd_ratio_interval(arm.sd, len(arm.values), control.sd, len(control.values))
        if ends is not None:
            row |= {"sd_ratio_low": ends[0], "sd_ratio_high": ends[1]}
    return row


def pairing(arm: Sample, control: Sample, rule: Rule) -> dict[str, Any]:
    """Would pairing by seed have paid? For comparison only, unless the rule declares it."""
    sides = pairs(arm, control)
    count = len(sides[0])
    test = paired(*sides, rule.alpha)
    return {
        "pairs": count,
        "rho": correlation(*sides),
        "rho_break_even": break_even(count) if count > 1 else None,
        "p_paired": None if test is None else test.p,
    }


def against_all(found: Mapping[str, Judged], rule: Rule) -> dict[str, dict[str, float]]:
    """Dunnett's test and simultaneous intervals over the sound arms of the family, by arm.

    Empty where the rule's test takes the runs otherwise (pairs, blocks, ranks, looks), and where a diverged run of the
    control has no number.
    """
    if rule.test != "t" or rule.pairing != "none" or rule.blocks != "none" or rule.looks or rule.anytime:
        return {}
    # An arm with diverged runs gets none, but stays in the family and in the pooled variance.
    sound = {name: judged.arm for name, judged in found.items() if judged.test is not None}
    control = next((judged.control for judged in found.values()), None)
    if control is None or not sound or control.count("diverged"):
        return {}
    tests = dunnett(_values(sound.values()), control.values, rule.alpha)
    if tests is None:
        return {}
    return {
        name: {"p_dunnett": test.p, "dunnett_low": test.low, "dunnett_high": test.high}
        for (name, arm), test in zip(sound.items(), tests, strict=True)
        if not arm.count("diverged")
    }


def _values(samples: Iterable[Sample]) -> list[Sequence[float]]:
    return [sample.values for sample in samples]
