"""The decision rule in words, for people."""

from __future__ import annotations

from tinker.stats.rule import Rule

TESTS = {
    ("t", "none"): "two-sided Welch t-test over seeds",
    ("t", "seed"): "two-sided t-test of the differences between runs of equal seed",
    ("permutation", "none"): "two-sided permutation test over seeds",
    ("permutation", "seed"): "two-sided sign-flip test of runs of equal seed",
    ("rank", "none"): "two-sided Mann-Whitney test over seeds",
    ("rank", "seed"): "two-sided signed-rank test of runs of equal seed",
}
DIVERGED = {
    "worst": "a diverged run is the worst outcome, and no mean is better while there is one",
    "rank": "a diverged run has the worst rank",
    "cap": "a diverged run counts as guessing, a loss of ln V",
}


def in_words(rule: Rule) -> str:
    """What is measured, what counts as a difference, how it is tested, and when."""
    when = "at its best evaluation" if rule.metric.startswith("best_") else "after the last step"
    parts = [
        f"{rule.metric} {when}, {rule.direction} is better",
        f"less than {rule.min_effect:g} does not matter",
        _test(rule),
        *([_looks(rule)] if rule.looks else []),
        DIVERGED[rule.diverged],
    ]
    return "; ".join(parts)


def _test(rule: Rule) -> str:
    corrected = ", Holm over the arms" if rule.correction == "holm" else ", not corrected for the number of arms"
    if rule.anytime:
        return f"anytime-valid t e-process over seeds, stop at 1/alpha = {1 / rule.alpha:g}{corrected}"
    within = " within each kind of machine" if rule.blocks == "hardware" else ""
    return f"{TESTS[rule.test, rule.pairing]}{within}, alpha {rule.alpha:g}{corrected}"


def _looks(rule: Rule) -> str:
    said = f"looks at {', '.join(map(str, rule.looks))} seeds an arm, at O'Brien and Fleming's levels"
    return said if rule.futility is None else f"{said}, and an arm stops below a chance of {rule.futility:g}"
