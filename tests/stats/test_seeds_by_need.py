"""Which trials are asked for next, and which never will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.stats.made_up import RULE, judged, row
from tinker.stats.rule import Rule
from tinker.stats.seeds_by_need import Need, next_seeds, seeds_by_need

LOOKS = replace(RULE, looks=(4, 8, 12), by_need=True, min_effect=1e-9)
SHARES = replace(LOOKS, by_need=False)
ANYTIME = replace(RULE, anytime=True, min_effect=1e-9)
Rows = list[dict[str, Any]]


def _losses(
    effects: Mapping[str, float], seeds: int = 12, control: int = 12, sd: float = 0.01
) -> dict[str, list[float]]:
    """Every side has noise of its own, without luck: scattered about its mean in the same way at every look."""
    noise = [0.7, -0.9, 1.1, -0.8, 0.2, -1.2, 1.0, -0.3, -0.6, 1.3, -1.0, 0.5]
    turned = {name: [2.0 + move + sd * noise[(s * 5 + i) % 12] for s in range(seeds)]
              for i, (name, move) in enumerate(effects.items())}  # fmt: skip
    return {"control": [2.0 + sd * noise[s % 12] for s in range(control)], **turned}


def _planned(losses: Mapping[str, Sequence[float]]) -> tuple[Rows, dict[str, float]]:
    cells = [(row(arm, seed, None, status="missing"), loss)
             for arm, values in losses.items() for seed, loss in enumerate(values)]  # fmt: skip
    return [cell for cell, _ in cells], {cell["trial_id"]: loss for cell, loss in cells}


def _run(losses: Mapping[str, Sequence[float]], rule: Rule, **fate: str) -> tuple[Rows, list[list[str]]]:
    """What is asked for is trained, until nothing is; `fate` is the status of a trial that does not end well."""
    table, values = _planned(losses)
    asked: list[list[str]] = []
    while (wanted := next_seeds(table, rule)) is not None and wanted not in asked[-1:]:
        asked.append(wanted)
        for one in table:
            if one["trial_id"] in wanted:
                status = fate.get(one["trial_id"].replace("/", "_"), "done")
                one |= {"status": status, "val_loss": values[one["trial_id"]] if status == "done" else None}
    return table, asked


def _need(table: Rows, rule: Rule) -> Need:
    (found,) = seeds_by_need(table, rule)
    return found


def _counts(trials: Sequence[str]) -> dict[str, int]:
    arms = [trial.split("/")[0] for trial in trials]
    return {arm: arms.count(arm) for arm in dict.fromkeys(arms)}


def test_a_fixed_number_is_asked_for_at_once() -> None:
    table, asked = _run(_losses({"a": 0.0, "b": 0.1}, 3, 5), RULE)
    assert [_counts(trials) for trials in asked] == [{"control": 5, "a": 3, "b": 3}]
    assert _need(table, RULE).not_needed == ()


def test_decided_and_hopeless_arms_stop_and_the_control_goes_by_the_others() -> None:
    losses = _losses({"none": 0.0001, "far": -0.025, "near": 0.012}, control=21)
    table, asked = _run(losses, LOOKS)
    need = _need(table, LOOKS)
    assert _counts(asked[0]) == {"control": 7, "none": 4, "far": 4, "near": 4}
    assert _counts(asked[1]) == {"control": 14 - 7, "none": 4, "far": 4, "near": 4}, "sqrt(3) * 8, rounded up"
    assert _counts(asked[2]) == {"near": 4}, "one arm needs 12 of the control, and 14 are there"
    assert need.stopped == {"none": "hopeless at look 8: chance 0.019", "far": "decided better at look 8"}
    assert _counts([one["trial_id"] for one in need.not_needed]) == {"control": 7, "none": 4, "far": 4}
    found = judged(table, LOOKS)
    assert [found[arm]["verdict"] for arm in ("none", "far")] == ["inconclusive", "better"]
    assert "stopped as hopeless at the look at 8 of 12 seeds" in found["none"]["reason"]


def test_the_controls_seeds_hold_those_of_the_arms_and_never_fall() -> None:
    rng = np.random.default_rng(3)
    losses = {"control": rng.normal(2, 0.01, 30).tolist()}
    losses |= {f"a{k}": rng.normal(2 + 0.01 * (k - 3), 0.01, 12).tolist() for k in range(6)}
    table, asked = _run(losses, LOOKS)
    sizes = np.cumsum([_counts(trials).get("control", 0) for trials in asked]).tolist()
    assert sizes[0] == 10 and all(before <= after for before, after in pairwise(sizes)) and sizes[-1] <= 30
    done = {(one["arm"], one["seed_init"]) for one in table if one["status"] == "done"}
    assert all(("control", seed) in done for _, seed in done)


def test_all_arms_decided_at_once_leave_nothing_to_do() -> None:
    losses = _losses({"a": 0.9, "b": -0.9}, control=17, sd=0.001)
    table, asked = _run(losses, LOOKS)
    assert len(asked) == 1, "at 900 sd even the first look decides"
    need = _need(table, LOOKS)
    assert need.stopped == {"a": "decided worse at look 4", "b": "decided better at look 4"}
    assert _counts([one["trial_id"] for one in need.not_needed]) == {"control": 17 - 6, "a": 8, "b": 8}


def test_one_arm_that_is_never_decided_has_all_its_seeds() -> None:
    table, asked = _run(_losses({"a": 0.007}), replace(LOOKS, futility=None))
    assert [_counts(trials) for trials in asked] == [{"control": 4, "a": 4}] * 3
    assert _need(table, LOOKS).not_needed == ()


def test_without_looks_still_to_come_nothing_is_called_not_needed_too_early() -> None:
    table, _ = _planned(_losses({"a": 0.0, "b": 0.0}, control=17))
    assert _need(table, LOOKS).not_needed == ()


def test_a_declared_control_keeps_its_shares() -> None:
    losses = _losses({"none": 0.0001, "near": 0.012}, control=24)
    _, asked = _run(losses, SHARES)
    assert [_counts(trials)["control"] for trials in asked] == [8] * len(asked)


def test_an_arm_with_a_failed_run_is_asked_for_that_alone_and_the_others_go_on() -> None:
    losses = _losses({"broken": 0.012, "near": 0.012}, control=17)
    table, asked = _run(losses, LOOKS, broken_2="failed")
    assert asked[-1] == ["broken/2"]
    need = _need(table, LOOKS)
    assert len(need.stages) > 1 and not any(trial.startswith("broken") for stage in need.stages[1:] for trial in stage)
    assert "broken" not in need.stopped
    assert not any(one["arm"] == "broken" for one in need.not_needed)
    assert judged(table, LOOKS)["broken"]["verdict"] == "invalid"


def test_diverged_runs_are_outcomes() -> None:
    losses = _losses({"a": -0.08, "b": 0.012}, control=17)
    table, _ = _run(losses, LOOKS, a_1="diverged")
    assert judged(table, LOOKS)["a"]["verdict"] == "inconclusive"
    assert _need(table, LOOKS).stopped["a"].startswith("hopeless at look 4"), "its mean cannot win any more"
    assert next_seeds(table, LOOKS) is None


def test_a_hopeless_arm_that_was_run_on_still_counts() -> None:
    table, values = _planned(_losses({"late": 0.0, "far": -0.08}, control=17))
    for one in table:
        late = one["arm"] == "late" and one["seed_init"] >= 4
        one |= {"status": "done", "val_loss": values[one["trial_id"]] - 0.2 * late}
    found = judged(table, LOOKS)["late"]
    assert (found["look"], found["n"]) == (12, 12)
    assert found["verdict"] in ("better", "inconclusive")


def test_a_control_that_lags_holds_the_look_back() -> None:
    table, values = _planned(_losses({"a": 0.9}, control=12))
    for one in table:
        if one["seed_init"] < (4 if one["arm"] == "a" else 3):
            one |= {"status": "done", "val_loss": values[one["trial_id"]]}
    assert next_seeds(table, LOOKS) == ["control/3"]
    assert judged(table, LOOKS)["a"]["verdict"] == "exploratory"


def test_at_any_time_an_arm_stops_after_the_block_that_decides_it() -> None:
    table, asked = _run(_losses({"far": -0.09, "none": 0.0001}, 8, 12), ANYTIME)
    need = _need(table, ANYTIME)
    assert len(asked) == 8
    assert need.stopped["far"].startswith("decided better after ")
    blocks = [_counts(trials) for trials in asked]
    assert blocks[0] == {"control": 2, "far": 1, "none": 1}
    assert "far" not in blocks[-1] and blocks[-1]["none"] == 1
    assert judged(table, ANYTIME)["far"]["verdict"] == "better"
    assert sum(one["arm"] == "far" for one in need.not_needed) > 0
    assert next_seeds(table, ANYTIME) is None


@pytest.mark.parametrize("rule", [LOOKS, SHARES, ANYTIME])
def test_the_order_of_the_rows_changes_nothing(rule: Rule) -> None:
    rng = np.random.default_rng(7)
    losses = {"control": rng.normal(2, 0.01, 17).tolist()}
    losses |= {name: rng.normal(2 + move, 0.01, 12).tolist() for name, move in (("a", 0.01), ("b", -0.02))}
    table, _ = _run(losses, rule)
    shuffled = [table[place] for place in rng.permutation(len(table))]
    first, second = _need(table, rule), _need(shuffled, rule)
    assert [set(stage) for stage in first.stages] == [set(stage) for stage in second.stages]
    assert first.stopped == second.stopped
    assert {one["trial_id"] for one in first.not_needed} == {one["trial_id"] for one in second.not_needed}
