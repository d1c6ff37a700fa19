"""Which runs a verdict, a correction and a row rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.stats.made_up import ALL, RULE, judged, row, rows
from tinker.stats.compare import compare

STEPS = [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]


def _shifted(mean: float, count: int = 8) -> list[float]:
    return [mean + step for step in STEPS[:count]]


def test_a_rank_test_leans_where_the_ranks_do_and_not_the_means() -> None:
    """One run of eight is very bad: the mean is worse, and nearly all pairs are better."""
    arm = [*_shifted(0.8, 7), 5.0]
    found = judged(rows({"control": _shifted(1.0), "arm": arm}), replace(RULE, test="rank"))["arm"]
    assert found["difference"] > 0
    assert (found["verdict"], found["probability_better"]) == ("better", 0.875)
    assert found["reason"].startswith("better in 88 % of all pairs of runs")
    pairs = replace(RULE, test="rank", pairing="seed")
    assert judged(rows({"control": _shifted(1.0), "arm": arm}), pairs)["arm"]["verdict"] != "worse"


def test_an_arm_that_diverges_after_the_look_that_decided_it_is_not_better() -> None:
    rule = replace(RULE, looks=(4, 8))
    trials = rows({"control": _shifted(1.0), "arm": _shifted(0.5)})
    assert judged(trials, rule)["arm"]["verdict"] == "better"
    for trial in trials:
        if trial["arm"] == "arm" and trial["seed_init"] >= 4:
            trial |= {"status": "diverged", "val_loss": None}
    found = judged(trials, rule)["arm"]
    assert (found["verdict"], found["look"]) == ("inconclusive", 4)
    assert "4 of 8 runs diverged" in found["reason"]


def test_survivors_that_decide_nothing_do_not_loosen_the_correction_of_others() -> None:
    arms = {"control": _shifted(1.0), "gone": _shifted(0.1), "open": [value - 0.035 for value in _shifted(1.0)]}
    trials = rows(arms)
    for trial in trials:
        if trial["arm"] == "gone" and trial["seed_init"] < 2:
            trial |= {"status": "diverged", "val_loss": None}
    found = judged(trials)
    assert found["gone"]["p"] < 1e-6
    assert found["gone"]["p_adjusted"] is None
    assert found["open"]["p_adjusted"] == pytest.approx(2 * found["open"]["p"])


def test_a_diverged_arm_stays_in_dunnetts_family() -> None:
    arms = {"control": _shifted(1.0), **{f"a{k}": _shifted(1.0 - 0.03 * (k == 0)) for k in range(4)}}
    trials = rows(arms)
    whole = judged(trials)["a0"]["p_dunnett"]
    for trial in trials:
        if trial["arm"] in ("a1", "a2", "a3") and trial["seed_init"] == 0:
            trial |= {"status": "diverged", "val_loss": None}
    found = judged(trials)
    assert found["a0"]["p_dunnett"] == pytest.approx(whole, rel=0.4)
    assert found["a1"]["p_dunnett"] is None


def test_an_arm_that_reaches_alpha_is_not_told_that_it_cannot() -> None:
    """Holm is looser for the second arm once the first is found; the floors are corrected like p."""
    arms = {"control": _shifted(1.0, 8), "long": _shifted(0.1, 8), "short": _shifted(0.5, 3)}
    found = judged(rows(arms), replace(RULE, test="permutation", alpha=0.04))
    assert (found["long"]["verdict"], found["short"]["verdict"]) == ("better", "better")
    assert found["short"]["smallest_p"] == pytest.approx(2 / 165) == found["short"]["p_adjusted"]


def test_a_row_at_a_look_is_of_the_runs_of_that_look() -> None:
    rule = replace(RULE, min_effect=1e-4, looks=(4, 8))
    later = {"tokens_per_s": 9.0, "best_val_loss": 7.0, "attempts": 3}
    trials = [
        row(arm, seed, value, **({"tokens_per_s": 1.0, "best_val_loss": 1.0} if seed < 4 else later))
        for arm, values in {"control": _shifted(1.0), "arm": [v / 50 for v in _shifted(20.0)]}.items()
        for seed, value in enumerate(values)
    ]
    found = _both(trials, rule)
    assert (found["val_loss"]["look"], found["val_loss"]["n"], found["val_loss"]["tokens_per_s"]) == (4, 4, 1.0)
    assert not any("attempt" in warning for warning in found["val_loss"]["warnings"])
    assert found["best_val_loss"]["mean"] == 1.0
    assert found["best_val_loss"]["n"] == 4


def test_before_the_first_look_no_other_metric_shows_an_effect() -> None:
    rule = replace(RULE, looks=(4, 8))
    trials = [
        row(arm, seed, mean if seed < 3 else None, best_val_loss=mean, status="done" if seed < 3 else "pending")
        for arm, mean in (("control", 1.0), ("arm", 0.5))
        for seed in range(8)
    ]
    found = _both(trials, rule)
    assert found["val_loss"]["look"] == 0
    assert [found["best_val_loss"][key] for key in ("difference", "p", "n")] == [None, None, 0]


def _both(trials: Sequence[dict[str, Any]], rule: Any) -> dict[str, dict[str, Any]]:
    """The arm's rows by metric."""
    compared = compare(trials, ["val_loss", "best_val_loss"], rule)
    return {found["metric"]: ALL | found for found in compared if found["arm"] == "arm"}


def test_pairs_are_planned_with_the_noise_that_pairing_leaves() -> None:
    control = [1.0, 1.4, 0.6, 1.2, 0.8]
    arm = [value - 0.02 + step / 100 for value, step in zip(control, [1, -1, 0, 2, -2], strict=True)]
    trials, rule = rows({"control": control, "arm": arm}), replace(RULE, min_effect=0.015)
    unpaired, paired = judged(trials, rule)["arm"], judged(trials, replace(rule, pairing="seed"))["arm"]
    assert paired["seeds_to_decide"] < 60 < 1000 < unpaired["seeds_to_decide"]


def test_within_blocks_no_size_is_measured_by_the_spread_between_machines() -> None:
    trials = [
        row(arm, seed, value + (1.0 if seed % 2 else 0.0), environment_class="old" if seed % 2 else "new")
        for arm, values in {"control": _shifted(1.0), "arm": _shifted(0.7)}.items()
        for seed, value in enumerate(values)
    ]
    found = judged(trials, replace(RULE, blocks="hardware"))["arm"]
    assert found["verdict"] == "better"
    assert [found[key] for key in ("hedges_g", "sd_ratio", "probability_better")] == [None] * 3
    assert found["seeds_to_decide"] < 20


@pytest.mark.parametrize("value", [1e160, -1e300, 1e308])
def test_a_value_whose_square_would_overflow_is_a_divergence(value: float) -> None:
    found = judged(rows({"control": _shifted(1.0), "arm": [value, *_shifted(0.5, 7)]}))["arm"]
    assert (found["verdict"], found["n_diverged"]) == ("inconclusive", 1)
