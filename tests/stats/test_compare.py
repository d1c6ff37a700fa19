"""The rows of comparisons: what they hold, and what must not change them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from tests.stats.made_up import RULE, judged, row, rows
from tinker.errors import UserError
from tinker.stats.compare import compare

ARMS = {
    "control": [2.0, 2.02, 1.98, 2.01],
    "a": [1.9, 1.93, 1.91],
    "b": [2.0, 2.05, 1.97],
    "c": [2.3, 2.25, 2.31],
}


def test_order_of_rows_changes_nothing() -> None:
    trials = rows(ARMS)
    shuffled = trials.copy()
    random.Random(0).shuffle(shuffled)
    assert judged(shuffled) == judged(trials)


def test_names_of_arms_change_nothing() -> None:
    names = {"a": "zeta", "b": "<b>", "c": "A"}
    renamed = judged(rows({names.get(arm, arm): values for arm, values in ARMS.items()}))
    for arm, found in judged(rows(ARMS)).items():
        other = renamed[names.get(arm, arm)]
        assert {**other, "arm": arm} == found


def test_a_control_alone_is_described_and_compared_with_nothing() -> None:
    found = judged(rows({"control": ARMS["control"]}))
    assert list(found) == ["control"]
    assert found["control"]["verdict"] == "control"
    assert found["control"]["sd_low"] < found["control"]["sd"] < found["control"]["sd_high"]


def test_two_hundred_arms_are_one_family() -> None:
    arms = {"control": ARMS["control"], **{f"arm-{k}": [value + k / 1000 for value in ARMS["b"]] for k in range(200)}}
    arms["winner"] = [1.0, 1.001, 1.002]
    found = judged(rows(arms))
    assert len(found) == 202
    assert found["winner"]["p_adjusted"] == pytest.approx(201 * found["winner"]["p"])


def test_each_corpus_and_scale_has_its_own_control_and_family() -> None:
    here = rows(ARMS)
    there = [
        old | {"scale": "gpu", "val_loss": old["val_loss"] - 1} for old in rows({k: ARMS[k] for k in ("control", "a")})
    ]
    found = compare(here + there, ["val_loss"], RULE)
    large = {each["arm"]: each for each in found if each["scale"] == "gpu"}
    assert large["a"]["p_adjusted"] == large["a"]["p"]
    assert [each for each in found if each["scale"] == "cpu"] == compare(here, ["val_loss"], RULE)


def test_only_the_rules_metric_has_a_verdict() -> None:
    trials = [old | {"train_loss": old["val_loss"] - 0.1} for old in rows(ARMS)]
    found = compare(trials, ["train_loss", "val_loss", "val_bpb"], RULE)
    assert list(dict.fromkeys(each["metric"] for each in found)) == ["val_loss", "train_loss"]
    other = next(each for each in found if each["metric"] == "train_loss" and each["arm"] == "a")
    assert other["low"] < other["difference"] < other["high"]
    assert {"verdict", "reason", "p_adjusted"}.isdisjoint(other)


def test_no_correction_leaves_p_as_it_is() -> None:
    found = judged(rows(ARMS), replace(RULE, correction="none"))
    assert all(each["p_adjusted"] == each["p"] for arm, each in found.items() if arm != "control")


@pytest.mark.parametrize(("control", "arm", "ratio"), [(False, False, 0.5), (True, True, 0.5), (True, False, None)])
def test_speeds_compare_only_among_equals(control: bool, arm: bool, ratio: float | None) -> None:
    trials = [
        row("control", 0, 2.0, tokens_per_s=100.0, packed=control),
        row("a", 0, 2.0, tokens_per_s=50.0, packed=arm),
    ]
    assert judged(trials)["a"]["tokens_per_s_ratio"] == ratio


@pytest.mark.parametrize(("control", "arm", "ratio"), [(3, 3, 0.5), (None, None, 0.5), (3, None, None), (3, 2, None)])
def test_speeds_compare_only_where_as_many_seeds_were_one_program(
    control: int | None, arm: int | None, ratio: float | None
) -> None:
    trials = [
        row("control", 0, 2.0, tokens_per_s=100.0, packed=True, fused=control),
        row("a", 0, 2.0, tokens_per_s=50.0, packed=True, fused=arm),
    ]
    assert judged(trials)["a"]["tokens_per_s_ratio"] == ratio


def test_an_arm_of_another_size_says_so() -> None:
    trials = rows(ARMS)
    changed: list[dict[str, Any]] = [
        old | ({"params": 1500, "flops_per_token": 9000.0, "changes_scale": True} if old["arm"] == "a" else {})
        for old in trials
    ]
    found = judged(changed)
    assert found["a"]["params_ratio"] == 1.5
    assert found["a"]["warnings"] == [
        "the arm changes what the scale sets",
        "1.5 times the parameters and 1.5 times the FLOPs a token of the control",
    ]
    assert found["b"]["warnings"] == []


def test_provenance_that_a_reader_should_know_is_a_warning() -> None:
    trials = rows(ARMS)
    causes = ["out of memory: CUDA", "node lost: its node was terminated"]
    trials[4] |= {"git_dirty": True, "attempts": 3, "causes": causes, "code_fingerprint": "new"}
    trials[5] |= {"code_fingerprint": "old"}
    assert judged(trials)["a"]["warnings"] == [
        "the runs were made by more than one version of the code",
        "made by code that was not committed",
        "seed 0 took more than one attempt (node lost, out of memory)",
    ]


def test_two_controls_are_refused() -> None:
    trials = [row("control", 0, 2.0), row("other", 0, 2.0, is_control=True)]
    with pytest.raises(UserError, match="one control"):
        compare(trials, ["val_loss"], RULE)
