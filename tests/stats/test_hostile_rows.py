"""What may be wrong with rows, under every rule: the right verdict, no warning, and no other arm is touched by it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.stats.made_up import RULE, judged, row, rows

RULES = {
    "t": RULE,
    "looks": replace(RULE, looks=(4, 8)),
    "anytime": replace(RULE, anytime=True),
    "pairs": replace(RULE, pairing="seed"),
    "permutation": replace(RULE, test="permutation"),
    "sign flips": replace(RULE, test="permutation", pairing="seed", correction="none"),
    "rank": replace(RULE, test="rank"),
    "signed rank": replace(RULE, test="rank", pairing="seed", correction="none"),
    "worst rank": replace(RULE, test="rank", diverged="rank"),
    "blocks": replace(RULE, blocks="hardware"),
    "cap": replace(RULE, diverged="cap"),
}
NOISE = (-0.02, 0.01, 0.0, -0.01, 0.02, 0.005, -0.005, 0.015)
OTHER_NOISE = (0.012, -0.016, 0.007, 0.019, -0.009, 0.001, -0.013, 0.004)
ARMS = {
    "control": [2.0 + noise for noise in NOISE],
    "lower": [1.8 + noise for noise in OTHER_NOISE],
    "higher": [2.2 - noise for noise in OTHER_NOISE],
    "open": [2.05 + 8 * noise for noise in OTHER_NOISE],
}
#: What is of all arms together: corrected for their number, or with a variance pooled over them.
JOINT = {"p_adjusted", "p_equivalent", "p_not_worse", "p_dunnett", "dunnett_low", "dunnett_high"}


@pytest.fixture(autouse=True)
def _no_warning_leaks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _rows(arms: dict[str, list[float]]) -> list[dict[str, Any]]:
    return [trial | {"vocab_size": 65} for trial in rows(arms)]


def _changed(**changes: Any) -> list[dict[str, Any]]:
    """Seed 2 of `lower`, which is in the first look too."""
    return [old | changes if (old["arm"], old["seed_init"]) == ("lower", 2) else old for old in _rows(ARMS)]


#: Rows, the verdict on `lower`, and what it is under some rules instead.
DIVERGED = ("inconclusive", {"worst rank": "better"})
HOSTILE: dict[str, tuple[list[dict[str, Any]], str, dict[str, str]]] = {
    "clean": (_rows(ARMS), "better", {}),
    "NaN": (_changed(val_loss=math.nan), *DIVERGED),
    "inf": (_changed(val_loss=math.inf), *DIVERGED),
    "-inf": (_changed(val_loss=-math.inf), *DIVERGED),
    "diverged": (_changed(val_loss=None, status="diverged"), *DIVERGED),
    "missing": (_changed(val_loss=None, status="missing"), "invalid", {"looks": "exploratory"}),
    "failed": (_changed(val_loss=None, status="failed", cause="out of memory"), "invalid", {}),
    "no value": (_changed(val_loss=None), "invalid", {}),
    "duplicate": ([*_rows(ARMS), row("lower", 2, 1.8, vocab_size=65)], "invalid", {}),
    "wrong step": (_changed(steps=90), "invalid", {}),
    "mixed card": (_changed(environment_class="elsewhere"), "invalid", {"blocks": "better"}),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_row_has_its_verdict_and_leaves_the_other_arms(what: str, name: str) -> None:
    trials, word, instead = HOSTILE[what]
    found, clean = judged(trials, RULES[name]), judged(_rows(ARMS), RULES[name])
    assert found["lower"]["verdict"] == instead.get(name, word)
    for arm, verdict in (("higher", "worse"), ("open", "inconclusive")):
        assert found[arm]["verdict"] == verdict
        assert {key: found[arm][key] for key in found[arm].keys() - JOINT} == {
            key: clean[arm][key] for key in clean[arm].keys() - JOINT
        }


def test_a_number_from_a_run_that_is_not_finite_is_in_no_column() -> None:
    for what in ("NaN", "inf", "-inf"):
        for rule in RULES.values():
            numbers = [value for value in judged(HOSTILE[what][0], rule)["lower"].values() if isinstance(value, float)]
            assert all(map(math.isfinite, numbers))


@pytest.mark.parametrize("name", RULES)
def test_one_seed_cannot_reach_alpha(name: str) -> None:
    for n, control in ((1, 1), (1, 8), (8, 1)):
        arms = {"control": ARMS["control"][:control], "lower": ARMS["lower"][:n]}
        assert judged(_rows(arms), RULES[name])["lower"]["verdict"] == "cannot reach alpha"


@pytest.mark.parametrize("name", RULES)
def test_no_variance_at_all_is_invalid(name: str) -> None:
    found = judged(_rows({"control": [2.0] * 8, "lower": [1.8] * 8}), RULES[name])["lower"]
    assert found["verdict"] == "invalid"
    assert "the seed does not reach the training" in found["reason"]


@pytest.mark.parametrize("name", RULES)
def test_no_variance_of_one_side_is_tested(name: str) -> None:
    found = judged(_rows({"control": ARMS["control"], "lower": [1.8] * 8}), RULES[name])["lower"]
    assert found["verdict"] == "better"
    assert any("last digit" in warning for warning in found["warnings"])


def test_pairs_that_all_differ_by_the_same_say_so() -> None:
    arms = {"control": ARMS["control"], "lower": [value - 0.25 for value in ARMS["control"]]}
    for name in ("pairs", "sign flips", "signed rank"):
        found = judged(_rows(arms), RULES[name])["lower"]
        assert found["verdict"] == "invalid"
        assert "all pairs differ by the same" in found["reason"]


@pytest.mark.parametrize("name", RULES)
def test_ties_are_tested_and_warned_of(name: str) -> None:
    arms = {"control": [2.0, 2.01, 2.01, 2.02] * 2, "lower": [1.8, 1.8, 1.81, 1.8] * 2}
    found = judged(_rows(arms), RULES[name])["lower"]
    assert found["verdict"] == "better"
    assert any("last digit" in warning for warning in found["warnings"])


@pytest.mark.parametrize("name", ["t", "looks", "anytime", "sign flips", "worst rank"])
def test_one_arm_that_moved_is_found_among_two_hundred_or_cannot_be(name: str) -> None:
    rng = np.random.default_rng(2)
    arms = {arm: list(rng.normal(2.0, 0.01, 8)) for arm in ("control", *(f"a{k}" for k in range(200)))}
    arms["a7"] = [value - 1.0 for value in arms["a7"]]
    rule = replace(RULES[name], correction="holm")
    found = judged(_rows(arms), rule)
    few = name == "sign flips"  # of 8 pairs: p is .0078 at least
    assert found["a7"]["verdict"] == ("cannot reach alpha" if few else "better")
    assert sum(one["verdict"] in ("better", "worse") for one in found.values()) == (0 if few else 1)
    alone = judged(_rows({"control": arms["control"], "a7": arms["a7"]}), rule)
    assert alone["a7"]["verdict"] == "better"


@pytest.mark.parametrize("name", RULES)
def test_a_control_that_diverges_once_bars_worse_and_leaves_better(name: str) -> None:
    """But where the run counts as a number or a rank, which then decides."""
    trials = [old | {"val_loss": math.nan} if old["trial_id"] == "control/2" else old for old in _rows(ARMS)]
    found = {arm: one["verdict"] for arm, one in judged(trials, RULES[name]).items()}
    expected = {"cap": ("inconclusive", "inconclusive"), "worst rank": ("better", "worse")}
    assert (found["lower"], found["higher"]) == expected.get(name, ("better", "inconclusive"))
    assert found["open"] == "inconclusive"
