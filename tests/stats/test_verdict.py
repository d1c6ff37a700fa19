"""Each situation has its verdict, and its reason says why."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.stats.made_up import RULE, judged, row, rows
from tinker.stats.declared import rule_edited

NOISE = (-0.02, -0.01, 0.0, 0.01, 0.02)
ARMS = {
    "control": [2.0 + noise for noise in NOISE],
    "lower": [1.8 + noise for noise in NOISE],
    "higher": [2.2 + noise for noise in NOISE],
    "same": [2.001 + noise for noise in NOISE],
    "open": [2.05 + 8 * noise for noise in NOISE],
}
EXPECTED = {"control": "control", "lower": "better", "higher": "worse", "same": "equivalent", "open": "inconclusive"}


@pytest.fixture(autouse=True)
def _no_warning_leaks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _words(trials: list[dict[str, Any]]) -> dict[str, str]:
    return {arm: found["verdict"] for arm, found in judged(trials).items()}


def _change(arm: str, seed: int, **changes: Any) -> list[dict[str, Any]]:
    return [old | changes if (old["arm"], old["seed_init"]) == (arm, seed) else old for old in rows(ARMS)]


def test_the_numbers_decide() -> None:
    assert _words(rows(ARMS)) == EXPECTED


def test_where_higher_is_better_the_words_swap() -> None:
    found = judged(rows(ARMS), replace(RULE, direction="higher"))
    assert (found["lower"]["verdict"], found["higher"]["verdict"]) == ("worse", "better")


def test_inconclusive_says_what_is_possible_and_how_many_seeds_would_decide() -> None:
    found = judged(rows(ARMS))["open"]
    assert found["seeds_to_decide"] > found["n"]
    assert f"about {found['seeds_to_decide']} seeds per arm would decide" in found["reason"]
    assert "may be anything from" in found["reason"]


def test_inconclusive_never_asks_for_seeds_that_are_there() -> None:
    arms = {"control": [1.999, 2.0, 2.001], "open": [2.1, 2.2, 2.3]}
    found = judged(rows(arms), replace(RULE, min_effect=0.33))["open"]
    assert (found["verdict"], found["seeds_to_decide"]) == ("inconclusive", 3)
    assert "about 4 seeds per arm" in found["reason"]


def test_a_noisy_arm_is_planned_with_its_own_noise_too() -> None:
    arms = {"control": [2.0 + k / 1000 for k in range(20)], "open": [1.9, 2.0, 2.1]}
    quiet = {**arms, "open": [1.999, 2.0, 2.001]}
    noisy, calm = judged(rows(arms))["open"], judged(rows(quiet))["open"]
    assert noisy["minimum_detectable_effect"] > 5 * calm["minimum_detectable_effect"]
    assert noisy["seeds_needed"] <= noisy["seeds_needed_upper"]


def test_a_sure_difference_that_is_too_small_to_matter_is_equivalent() -> None:
    arms = {"control": [2.0 + n / 100 for n in NOISE], "tiny": [2.01 + n / 100 for n in NOISE]}
    found = judged(rows(arms))["tiny"]
    assert found["p_adjusted"] < 0.001
    assert found["verdict"] == "equivalent"
    assert "less than" in found["reason"]


#: What is of all arms together: corrected for their number, or with a variance pooled over them.
JOINT = ("p_adjusted", "p_not_worse", "p_dunnett", "dunnett_low", "dunnett_high")

BAD = {
    "duplicate": ([*rows(ARMS), row("lower", 2, 1.8)], "seed 2 more than once"),
    "wrong final step": (_change("lower", 2, steps=90), "different steps (90, 100)"),
    "mixed card": (_change("lower", 2, environment_class="elsewhere"), "(elsewhere, here)"),
    "failed": (_change("lower", 2, status="failed", cause="out of memory", val_loss=None), "failed (out of memory)"),
    "missing": (_change("lower", 2, status="missing", val_loss=None), "seed 2 finished on one side only"),
    "no value": (_change("lower", 2, val_loss=None), "seed 2 of the arm ended without a value of val_loss"),
    "the control's own trial": (_change("lower", 2, trial_id="control/2"), "the control's own"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_makes_its_arm_invalid_and_leaves_the_others(name: str) -> None:
    trials, reason = BAD[name]
    found, clean = judged(trials), judged(rows(ARMS))
    assert found["lower"]["verdict"] == "invalid"
    assert reason in found["lower"]["reason"]
    assert [found["lower"][key] for key in ("difference", "low", "high", "p", "p_adjusted")] == [None] * 5
    for arm in ("higher", "same", "open"):
        assert {key: found[arm][key] for key in found[arm] if key not in JOINT} == {
            key: clean[arm][key] for key in clean[arm] if key not in JOINT
        }
        # The broken arm still counts in the family, so no other arm looks better for it.
        assert found[arm]["p_adjusted"] >= clean[arm]["p_adjusted"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("status", ["done", "diverged"])
def test_a_diverged_run_bars_better_and_leaves_the_others(value: float, status: str) -> None:
    found, clean = judged(_change("lower", 2, status=status, val_loss=value)), judged(rows(ARMS))
    assert found["lower"]["verdict"] == "inconclusive"
    assert "1 of 5 runs diverged" in found["lower"]["reason"]
    assert (found["lower"]["n"], found["lower"]["n_diverged"]) == (4, 1)
    assert any("biased" in warning for warning in found["lower"]["warnings"])
    for arm in ("higher", "same", "open"):
        assert found[arm]["p"] == clean[arm]["p"]
        assert found[arm]["verdict"] == clean[arm]["verdict"]


def test_a_diverged_run_does_not_excuse_a_worse_arm() -> None:
    assert _words(_change("higher", 0, status="diverged", val_loss=None))["higher"] == "worse"


def test_a_diverged_run_bars_equivalent() -> None:
    assert _words(_change("same", 0, status="diverged", val_loss=None))["same"] == "inconclusive"


def test_a_diverged_control_bars_worse_and_equivalent_but_not_better() -> None:
    words = _words(_change("control", 0, status="diverged", val_loss=None))
    assert (words["lower"], words["higher"], words["same"]) == ("better", "inconclusive", "inconclusive")


def test_an_arm_that_always_diverges_has_no_test() -> None:
    trials = [old | ({"status": "diverged", "val_loss": None} if old["arm"] == "lower" else {}) for old in rows(ARMS)]
    found = judged(trials)["lower"]
    assert found["verdict"] == "inconclusive"
    assert "5 of 5 runs diverged (control: 0 of 5)" in found["reason"]


def test_a_loss_that_no_model_can_reach_is_no_improvement() -> None:
    trials = rows({"control": [2.0, 2.01, 2.02], "leaks": [0.5, 0.51, 0.52], "good": [1.7, 1.71, 1.72]})
    excess = {"control": 0.3, "leaks": -1.2, "good": -0.001}
    found = judged([{**trial, "excess": excess[trial["arm"]]} for trial in trials])
    assert (found["leaks"]["verdict"], found["good"]["verdict"]) == ("invalid", "better")
    assert "below the loss that no model can beat (excess -1.200)" in found["leaks"]["reason"]


def test_a_failed_control_makes_every_comparison_invalid() -> None:
    words = _words(_change("control", 1, status="failed", val_loss=None))
    assert {words[arm] for arm in words if arm != "control"} == {"invalid"}


def test_whole_seed_blocks_without_the_last_are_exploratory_with_numbers() -> None:
    trials = [old | ({"status": "missing", "val_loss": None} if old["seed_init"] == 4 else {}) for old in rows(ARMS)]
    for arm, found in judged(trials).items():
        if arm != "control":
            assert found["verdict"] == "exploratory"
            assert "not all planned seeds have finished (seed 4 missing)" in found["reason"]
            assert found["p_adjusted"] is not None


def test_extra_seeds_of_the_control_are_waited_for() -> None:
    trials = [*rows(ARMS), row("control", 5, None, status="running")]
    found = judged(trials)["lower"]
    assert found["verdict"] == "exploratory"
    assert "(seed 5 missing)" in found["reason"]


def test_nothing_finished_is_invalid_and_says_so() -> None:
    trials = [old | {"status": "missing", "val_loss": None} for old in rows(ARMS)]
    found = judged(trials)["lower"]
    assert found["verdict"] == "invalid"
    assert "no run of the arm has finished" in found["reason"]


@pytest.mark.parametrize(("n_control", "n_arm"), [(1, 1), (1, 3), (3, 1)])
def test_one_planned_seed_cannot_reach_alpha(n_control: int, n_arm: int) -> None:
    found = judged(rows({"control": ARMS["control"][:n_control], "lower": ARMS["lower"][:n_arm]}))["lower"]
    assert found["verdict"] == "cannot reach alpha"
    assert found["difference"] == pytest.approx(-0.2, abs=0.05)
    assert found["low"] is None


def test_no_variance_on_both_sides_is_invalid() -> None:
    found = judged(rows({"control": [2.0] * 3, "lower": [1.8] * 3}))["lower"]
    assert found["verdict"] == "invalid"
    assert "seed does not reach" in found["reason"]


def test_ties_are_tested_and_warned_of() -> None:
    found = judged(rows({"control": [2.0, 2.01, 2.02], "lower": [1.8, 1.8, 1.81]}))["lower"]
    assert found["verdict"] == "better"
    assert any("last digit" in warning for warning in found["warnings"])


def test_a_rule_changed_after_results_is_exploratory_and_says_what_it_would_read() -> None:
    found = judged(rows(ARMS), replace(RULE, edited="the decision rule was changed on Monday"))
    assert {arm: each["verdict"] for arm, each in found.items() if arm != "control"} == dict.fromkeys(
        ("lower", "higher", "same", "open"), "exploratory"
    )
    assert "would read better" in found["lower"]["reason"]


def test_a_speed_of_packed_trials_is_never_compared() -> None:
    rule = replace(RULE, metric="tokens_per_s", direction="higher")
    trials = [old | {"tokens_per_s": 100 * old["val_loss"], "packed": True} for old in rows(ARMS)]
    assert judged(trials, rule)["lower"]["verdict"] == "invalid"
    assert "shared their machine" in judged(trials, rule)["lower"]["reason"]
    alone = [old | {"packed": False} for old in trials]
    assert judged(alone, rule)["lower"]["verdict"] == "worse"


def _entry(name: str, existed: bool) -> dict[str, Any]:
    return {"hash": name, "time": "2026-01-01", "results_existed": existed}


@pytest.mark.parametrize(
    ("history", "late"),
    [
        ([_entry("now", False)], False),
        ([_entry("now", True)], True),  # another grid has run the same arms
        ([_entry("old", False), _entry("now", False)], False),
        ([_entry("old", False), _entry("now", True)], True),
        ([_entry("now", False), _entry("old", True), _entry("now", True)], False),
        ([_entry("old", False)], True),
        ([], True),
    ],
)
def test_a_rule_counts_as_declared_only_before_results(history: list[dict[str, Any]], late: bool) -> None:
    assert bool(rule_edited("now", history)) == late


def test_a_late_rule_says_whether_it_was_declared_or_changed() -> None:
    assert rule_edited("now", [_entry("now", True)]) == (
        "the decision rule was declared on 2026-01-01, when results of the arms existed already"
    )
    assert "was changed on 2026-01-01" in rule_edited("now", [_entry("old", False), _entry("now", True)])
