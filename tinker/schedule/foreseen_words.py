"""What a grid will be able to tell, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinker.report.numbers import magnitude, probability
from tinker.schedule.foreseen import MOST

TESTS = {
    ("t", "none"): "Welch's t-test",
    ("permutation", "none"): "an exact permutation test",
    ("rank", "none"): "an exact Mann-Whitney test",
    ("t", "seed"): "a t-test of pairs",
    ("permutation", "seed"): "an exact test by sign flips",
    ("rank", "seed"): "an exact signed-rank test",
}


def in_words(foreseen: Mapping[str, Any], decide: Mapping[str, Any], arms: int) -> list[str]:
    """Sentences, what forbids a verdict first; `arms` are those beside the control."""
    lines = [*_reach(foreseen, decide, arms), *_detectable(foreseen, decide)]
    if foreseen["split"]:
        split, now = foreseen["split"], foreseen["in_sd"]
        lines.append(
            f"the same {split['trials']} trials as `seeds: {{arms: {split['arms']}, control: {split['control']}}}` "
            f"would detect {split['in_sd']:.1f} sd instead of {now:.1f}: every arm is compared with the control"
        )
    if foreseen["looks"]:
        seeds, levels = foreseen["looks"]["seeds"], foreseen["looks"]["levels"]
        counts = ", ".join(f"{level:.2g}" for level in levels)
        lines.append(
            f"looks at {', '.join(map(str, seeds))} seeds per arm: a p counts there from {counts} on"
            f"{_among(decide, arms)}"
        )
        most, expected = foreseen["looks"]["trials"], foreseen["looks"]["expected"]
        lines.append(
            f"decided and hopeless arms stop: at most {most} trials, about {expected:.0f} if no arm has an effect"
        )
    if decide["looks"] == "anytime":
        lines.append("looks after every seed (e-process): it needs a larger effect than one test at the end does")
    return lines


def _reach(foreseen: Mapping[str, Any], decide: Mapping[str, Any], arms: int) -> list[str]:
    reach = foreseen["reach"]
    if reach["reaches"]:
        return []
    if foreseen["in_sd"] is None and decide["test"] == "t":
        return ["cannot reach alpha: one seed on a side, so no test is possible; declare 2 seeds or more"]
    test, level = TESTS[decide["test"], decide["pairing"]], foreseen["level"]
    best, needs = probability(reach["smallest_p"]), probability(level)
    could = f"{reach['seeds']} seeds a side could" if reach["seeds"] else f"not even {MOST} seeds a side could"
    return [
        f"cannot reach alpha: {test} of these seeds gives p {best} at best, and an arm needs {needs}"
        f"{_among(decide, arms)}: {could}, or `test: t`"
    ]


def _among(decide: Mapping[str, Any], arms: int) -> str:
    shared = decide["correction"] == "holm" and arms > 1
    return f" (alpha {decide['alpha']:g}, Holm over {arms} arms)" if shared else f" (alpha {decide['alpha']:g})"


def _detectable(foreseen: Mapping[str, Any], decide: Mapping[str, Any]) -> list[str]:
    in_sd, noise, metric = foreseen["in_sd"], foreseen["noise"], decide["metric"]
    if in_sd is None or not foreseen["reach"]["reaches"]:
        return []
    plain = decide["test"] == "t" and decide["pairing"] == "none"
    by = "" if plain else " by a Welch test"
    if noise is None:
        unknown = f"how noisy {metric} is between seeds is not known yet: state its sd with --sd"
        return [f"detectable with 80 % power{by}: {in_sd:.1f} sd; {unknown}"]
    upper = (
        "" if foreseen["effect_upper"] is None else f", {magnitude(foreseen['effect_upper'])} at the sd's upper limit"
    )
    lines = [
        f"detectable with 80 % power{by}: {in_sd:.1f} sd = {magnitude(foreseen['effect'])} in {metric}{upper}; "
        f"declared min_effect {decide['min_effect']:g}"
    ]
    limit = "" if noise["upper"] is None else f" (upper 80 % limit {magnitude(noise['upper'])})"
    lines.append(f"its sd between seeds is taken as {magnitude(noise['sd'])}{limit}: {noise['said']}")
    seeds = foreseen["seeds_for_min_effect"]
    if foreseen["effect"] > decide["min_effect"] and seeds:
        lines.append(f"a true effect of min_effect would mostly go unseen; {seeds:,} seeds a side find it")
    return lines
