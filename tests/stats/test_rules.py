"""What a rule may declare beside the default, through the shipped pipeline from trial rows to verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.stats.made_up import RULE, judged, row, rows
from tinker.errors import UserError
from tinker.stats.rule import Rule
from tinker.stats.stratified import stratified

NOISE = [-2, 1, 0, -1, 2, 0.5, -0.5, 1.5, -1.5, 0.2, -0.2, 0.8]


def _around(mean: float, count: int = 12, spread: float = 0.01) -> list[float]:
    return [mean + spread * noise for noise in NOISE[:count]]


def _one(arm: Sequence[float], control: Sequence[float], rule: Rule) -> dict[str, Any]:
    return judged(rows({"control": control, "arm": arm}), rule)["arm"]


@pytest.mark.parametrize("test", ["permutation", "rank"])
def test_a_test_that_three_seeds_cannot_satisfy_says_so(test: str) -> None:
    """Never "not significant": 2 / C(6, 3) is the smallest p there is."""
    found = _one(_around(1.0, 3), _around(2.0, 3), replace(RULE, test=test))
    assert found["smallest_p"] == pytest.approx(0.1)
    assert found["verdict"] == "cannot reach alpha"
    assert "cannot give a p below 0.1" in found["reason"]
    assert "not significant" not in found["reason"]


@pytest.mark.parametrize("test", ["permutation", "rank"])
def test_a_test_that_enough_seeds_satisfy_decides(test: str) -> None:
    rule = replace(RULE, test=test)
    found = _one(_around(1.0, 5), _around(2.0, 5), rule)
    assert (found["verdict"], found["p"]) == ("better", pytest.approx(2 / math.comb(10, 5)))
    among = judged(rows({"control": _around(2.0, 5), **{f"a{k}": _around(1.0, 5) for k in range(7)}}), rule)
    assert {found["verdict"] for arm, found in among.items() if arm != "control"} == {"cannot reach alpha"}
    assert "among 7 arms" in among["a0"]["reason"]


def test_pairing_finds_what_equal_seeds_share() -> None:
    control = [2.0, 2.4, 1.6, 2.2, 1.8]
    arm = [value - 0.2 + 0.01 * noise for value, noise in zip(control, NOISE, strict=False)]
    unpaired, paired = _one(arm, control, RULE), _one(arm, control, replace(RULE, pairing="seed"))
    assert (unpaired["verdict"], paired["verdict"]) == ("inconclusive", "better")
    assert unpaired["p_paired"] == paired["p"] < 0.001 < unpaired["p"]
    assert paired["rho"] > 0.99 > paired["rho_break_even"] == pytest.approx(0.232, abs=0.001)
    assert paired["test"] == "t-test of pairs"


def test_pairs_are_of_seeds_and_not_of_places() -> None:
    trials = rows({"control": [2.0, 2.4, 1.6, 2.2], "arm": [1.8, 2.21, 1.4, 2.0]})
    extra = row("control", 9, 5.0)
    rule = replace(RULE, pairing="seed")
    assert judged([extra, *trials], rule)["arm"]["p"] == judged(trials, rule)["arm"]["p"]


def test_within_blocks_unlike_machines_compare() -> None:
    trials = []
    for seed, noise in enumerate(NOISE[:8]):
        card = "old" if seed < 4 else "new"
        shift = 1.0 if card == "old" else 0.0
        trials += [row("control", seed, 2.0 + shift + 0.01 * noise, environment_class=card)]
        trials += [row("arm", seed, 1.8 + shift - 0.01 * noise, environment_class=card)]
    assert judged(trials)["arm"]["verdict"] == "invalid"
    found = judged(trials, replace(RULE, blocks="hardware"))["arm"]
    assert (found["verdict"], found["blocks"]) == ("better", 2)
    sides = [
        {
            card: [t["val_loss"] for t in trials if t["arm"] == arm and t["environment_class"] == card]
            for card in ("old", "new")
        }
        for arm in ("arm", "control")
    ]
    direct = stratified(sides[0], sides[1], RULE.alpha)
    assert direct is not None
    assert (found["difference"], found["p"]) == (direct.difference, direct.p)


def test_blocks_that_share_no_machine_are_invalid() -> None:
    trials = [row("control", k, 2.0 + 0.01 * NOISE[k], environment_class="old") for k in range(3)]
    trials += [row("arm", k, 1.0 + 0.01 * NOISE[k], environment_class="new") for k in range(3)]
    found = judged(trials, replace(RULE, blocks="hardware"))["arm"]
    assert found["verdict"] == "invalid"
    assert "share no kind of machine" in found["reason"]


def _diverging(count: int, **changes: Any) -> list[dict[str, Any]]:
    trials = rows({"control": _around(2.0, 8), "arm": _around(1.7, 8)})
    for trial in [t for t in trials if t["arm"] == "arm"][:count]:
        trial |= {"status": "diverged", "val_loss": None, **changes}
    return trials


def test_a_diverged_run_may_count_as_the_worst_rank() -> None:
    rule = replace(RULE, test="rank", diverged="rank")
    whole, one, most = (judged(_diverging(count), rule)["arm"] for count in (0, 1, 6))
    assert whole["verdict"] == one["verdict"] == "better"
    assert whole["p"] < one["p"] < 0.05
    assert (one["n"], one["n_diverged"], one["probability_better"]) == (7, 1, pytest.approx(7 / 8))
    assert "better in 88 % of all pairs of runs, a diverged run being the worst" in one["reason"]
    assert most["verdict"] == "inconclusive"
    assert judged(_diverging(8), rule)["arm"]["verdict"] == "worse"


def test_a_diverged_run_may_count_as_guessing() -> None:
    rule = replace(RULE, diverged="cap")
    vocabulary = 65
    trials = [trial | {"vocab_size": vocabulary} for trial in _diverging(1, val_loss=math.nan)]
    found = judged(trials, rule)["arm"]
    assert (found["n"], found["n_diverged"], found["max"]) == (8, 1, math.log(vocabulary))
    assert found["verdict"] == "inconclusive"
    assert any("count as guessing" in warning for warning in found["warnings"])
    steady = [trial | {"vocab_size": vocabulary} for trial in _diverging(0)]
    assert judged(steady, rule)["arm"]["verdict"] == "better"


def test_guessing_is_unknown_without_a_vocabulary() -> None:
    found = judged(_diverging(1), replace(RULE, diverged="cap"))["arm"]
    assert found["verdict"] == "invalid"
    assert "vocab_size" in found["reason"]


def _so_far(arms: dict[str, list[float]], done: dict[str, int], planned: int) -> list[dict[str, Any]]:
    """The first seeds of each arm have finished; the others are still to come."""
    trials = []
    for arm, values in arms.items():
        for seed in range(planned):
            there = seed < done[arm]
            trials.append(row(arm, seed, values[seed] if there else None, status="done" if there else "pending"))
    return trials


LOOKS = replace(RULE, min_effect=0.001, looks=(4, 8, 12))


def test_nothing_is_said_before_the_first_look_nor_between_looks() -> None:
    arms = {"control": _around(2.0), "arm": _around(1.995)}
    three = judged(_so_far(arms, {"control": 3, "arm": 3}, 12), LOOKS)["arm"]
    assert (three["verdict"], three["look"], three["p"]) == ("exploratory", 0, None)
    assert "the first look is at 4 seeds an arm, and 3 have ended" in three["reason"]
    four, seven = (judged(_so_far(arms, {"control": n, "arm": n}, 12), LOOKS)["arm"] for n in (4, 7))
    assert four["look"] == seven["look"] == 4
    assert four["p"] == seven["p"]
    assert four["verdict"] == seven["verdict"] == "inconclusive"
    assert "the next look is at 8 seeds" in four["reason"]


def test_an_early_look_decides_and_later_seeds_do_not_change_it() -> None:
    arms = {"control": _around(2.0, spread=0.002), "arm": _around(1.5, spread=0.002)}
    early = judged(_so_far(arms, {"control": 4, "arm": 4}, 12), LOOKS)["arm"]
    assert (early["verdict"], early["look"]) == ("better", 4)
    assert "decided at the look at 4 of 12 seeds" in early["reason"]
    later = judged(_so_far(arms, {"control": 12, "arm": 4}, 12), LOOKS)["arm"]
    whole = judged(_so_far(arms, {"control": 12, "arm": 12}, 12), LOOKS)["arm"]
    for key in ("verdict", "look", "p", "low", "high", "mean", "p_adjusted"):
        assert early[key] == later[key] == whole[key], key


def test_an_interval_at_an_early_look_is_wider_than_a_fixed_one() -> None:
    arms = {"control": _around(2.0, 4), "arm": _around(1.99, 4)}
    fixed = judged(rows(arms))["arm"]
    look = judged(_so_far({a: v + [0.0] * 8 for a, v in arms.items()}, {"control": 4, "arm": 4}, 12), LOOKS)["arm"]
    assert look["low"] < fixed["low"] < fixed["high"] < look["high"]
    assert look["p"] == fixed["p"] < look["p_adjusted"]


def test_any_time_needs_more_and_may_be_asked_always() -> None:
    rule = replace(RULE, anytime=True)
    arms = {"control": _around(2.0), "arm": _around(1.7)}
    words = [judged(_so_far(arms, {"control": n, "arm": n}, 12), rule)["arm"] for n in range(13)]
    assert [found["verdict"] for found in words[:3]] == ["invalid", "inconclusive", "inconclusive"]
    assert words[12]["verdict"] == "better"
    evidence = [found["e_value"] for found in words[2:]]
    assert evidence == sorted(evidence)
    found = words[12]
    assert found["p"] == pytest.approx(1 / found["e_value"])
    assert found["low"] < found["difference"] < found["high"] < 0
    welch = judged(rows(arms))["arm"]
    assert found["low"] < welch["low"] and welch["high"] < found["high"]


def test_any_time_finds_arms_equivalent_too() -> None:
    arms = {"control": _around(2.0), "arm": [value + 1e-4 for value in reversed(_around(2.0))]}
    found = judged(rows(arms), replace(RULE, anytime=True, min_effect=0.5))["arm"]
    assert found["verdict"] == "equivalent"
    assert -0.5 < found["low"] < found["high"] < 0.5


def test_an_arm_that_is_surely_not_much_worse_says_so() -> None:
    found = _one(_around(1.99, 8), _around(2.0, 8), replace(RULE, min_effect=0.012))
    assert found["verdict"] == "not worse"
    assert "worse by 0.012 or more is ruled out" in found["reason"]
    assert found["p_not_worse"] <= 0.05 < found["p_equivalent"]


def test_what_only_equal_variances_would_show_is_said_to_be_that() -> None:
    rng = np.random.default_rng(0)
    arms = {f"a{k}": list(rng.normal(2.0, 0.02, 3)) for k in range(3)} | {"moved": [1.95, 1.93, 1.97]}
    found = judged(rows({"control": [2.0, 2.02, 1.985], **arms}), replace(RULE, min_effect=0.001))["moved"]
    assert found["p_dunnett"] < 0.05 < found["p_adjusted"]
    assert found["verdict"] == "inconclusive"
    assert found["reason"].startswith("better if variances are equal (Dunnett's test)")


@pytest.mark.parametrize(
    "rule",
    [
        RULE,
        LOOKS,
        replace(RULE, anytime=True),
        replace(RULE, pairing="seed"),
        replace(RULE, test="rank", diverged="rank"),
    ],
)
def test_order_and_names_change_nothing(rule: Rule) -> None:
    rng = np.random.default_rng(5)
    arms = {name: list(rng.normal(2.0, 0.1, 12)) for name in ("control", "a", "b", "c")}
    arms["b"] = [value - 0.2 for value in arms["b"]]
    trials = rows(arms)
    shuffled = [trials[place] for place in rng.permutation(len(trials))]
    names = {"a": "z", "b": "y", "c": "x", "control": "control"}
    renamed = [trial | {"arm": names[trial["arm"]]} for trial in shuffled]
    first, second = judged(trials, rule), judged(renamed, rule)
    for arm, other in names.items():
        assert {**first[arm], "arm": other} == second[other]


def test_two_hundred_arms_and_one_arm() -> None:
    rng = np.random.default_rng(2)
    arms = {"control": list(rng.normal(2.0, 0.01, 8))} | {f"a{k}": list(rng.normal(2.0, 0.01, 8)) for k in range(200)}
    arms["a7"] = [value - 1.0 for value in arms["a7"]]
    found = judged(rows(arms))
    assert found["a7"]["verdict"] == "better"
    assert sum(one["verdict"] in ("better", "worse") for one in found.values()) == 1
    assert _one(arms["a7"], arms["control"], RULE)["verdict"] == "better"


def test_looks_that_the_control_cannot_tell_apart_are_a_message() -> None:
    trials = rows({"control": _around(2.0, 2), "arm": _around(1.9, 12)})
    with pytest.raises(UserError, match=r"decide\.looks: \[11999, 12000\] beside 2 runs of the control"):
        judged(trials, replace(RULE, looks=(11999, 12000)))
