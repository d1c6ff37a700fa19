"""What a grid's file keeps of its rule: whether it was declared before the arms had results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.schedule.conftest import write_grid
from tests.tables.made_up import CODE
from tinker.grid.expand import Plan, expand
from tinker.grid.load import load_grid
from tinker.schedule.grid_file import write_grid_file
from tinker.schedule.history import arms_have_results, control_left_out
from tinker.stats.rule import Rule
from tinker.store.store import Store
from tinker.tables import grids, schema
from tinker.tables.names import TRIALS
from tinker.tables.parquet import write

ELSEWHERE = "gpu-of-another-machine"


def _plan(folder: Path, **keys: Any) -> Plan:
    return expand(load_grid(write_grid(folder, {"linear": {"model.attention": "linear"}}, **keys)))


def _finish(plan: Plan, results: Path, arm: str, status: str = "done", seed: int | None = None) -> None:
    spec = next(c.spec for c in plan.cells if c.arm == arm and seed in (None, c.seeds.init))
    assert Store(results).commit(spec, ELSEWHERE, {"status": status, "metrics": {}}, [], {}, CODE)


def _rule(plan: Plan, results: Path) -> Rule:
    write_grid_file(plan, results, [], "cpu-here")
    return Rule.from_grid(grids.load_grid(results, plan.name))


@pytest.mark.parametrize("status", ["done", "diverged"])
def test_an_arm_has_results_wherever_they_were_made(tmp_path: Path, status: str) -> None:
    plan = _plan(tmp_path)
    assert not arms_have_results(plan, {}, tmp_path)
    _finish(plan, tmp_path, "linear", status)
    assert arms_have_results(plan, {}, tmp_path)


def test_the_control_and_an_arm_that_has_only_begun_are_no_results_of_arms(tmp_path: Path) -> None:
    plan, store = _plan(tmp_path), Store(tmp_path)
    _finish(plan, tmp_path, "base")
    store.begin(plan.cells[1].spec, ELSEWHERE, "test")
    assert plan.cells[1].arm == "linear"
    assert not arms_have_results(plan, {}, tmp_path)


def test_a_rule_is_late_when_another_grid_has_run_the_arms(tmp_path: Path) -> None:
    results = tmp_path / "results"
    first = _plan(tmp_path)
    assert not _rule(first, results).edited
    _finish(first, results, "linear")
    assert not _rule(first, results).edited, "declared in time once is declared in time"
    assert "was declared on" in _rule(_plan(tmp_path, name="copy"), results).edited
    other = _plan(tmp_path, decide={"metric": "excess", "min_effect": 0.01})
    assert "was changed on" in _rule(other, results).edited
    assert not _rule(first, results).edited, "going back is no edit"


def test_a_rule_is_in_time_when_only_the_shared_control_has_run(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    _finish(plan, tmp_path, "base")
    assert not _rule(plan, tmp_path).edited


def test_seeds_added_after_results_and_arms_taken_out_are_seen(tmp_path: Path) -> None:
    results = tmp_path / "results"
    first = _plan(tmp_path, seeds=2)
    assert not _rule(first, results).edited
    assert not _rule(_plan(tmp_path, seeds=3), results).edited, "before any result"
    _finish(first, results, "linear")
    assert not _rule(_plan(tmp_path, seeds=3), results).edited
    assert "the seeds were changed on" in _rule(_plan(tmp_path, seeds=4), results).edited
    assert not _rule(_plan(tmp_path, seeds=3), results).edited, "back to what was declared in time"
    others = expand(load_grid(write_grid(tmp_path, {"nope": {"model.position": "none"}}, seeds=3)))
    assert "taken out after results of the arms existed: linear" in _rule(others, results).edited


def test_a_file_from_before_there_was_a_history_is_its_first_entry(tmp_path: Path) -> None:
    results = tmp_path / "results"
    first = _plan(tmp_path, seeds=2)
    path = results / first.name / "grid.json"
    _rule(first, results)
    older = json.loads(path.read_text())
    older = {key: older[key] for key in older if key not in ("plan_history", "seeds", "vocab_size")}
    path.write_text(json.dumps(older))
    _finish(first, results, "linear")
    assert not _rule(first, results).edited
    path.write_text(json.dumps(older))
    assert "the seeds were changed on" in _rule(_plan(tmp_path, seeds=3), results).edited


def test_looking_and_declaring_anew_and_going_back_is_seen(tmp_path: Path) -> None:
    """The rule is changed while the plan is of trials that nobody has run: the results that were seen still count."""
    results = tmp_path / "results"
    first = _plan(tmp_path, seeds=2)
    assert not _rule(first, results).edited
    _finish(first, results, "linear")
    other = {"decide": {"metric": "best_val_loss", "min_effect": 0.5}}
    assert "was changed on" in _rule(_plan(tmp_path, seeds=[11, 12], **other), results).edited
    assert "was changed on" in _rule(_plan(tmp_path, seeds=2, **other), results).edited
    assert "was changed on" in _rule(_plan(tmp_path, seeds=2, base={"train.grad_clip": 0.9}, **other), results).edited
    assert not _rule(_plan(tmp_path, seeds=2), results).edited


def test_fresh_seeds_and_another_base_after_results_are_a_second_throw(tmp_path: Path) -> None:
    results = tmp_path / "results"
    first = _plan(tmp_path, seeds=2)
    assert not _rule(first, results).edited
    _finish(first, results, "linear")
    assert "the seeds were changed" in _rule(_plan(tmp_path, seeds=[11, 12]), results).edited
    other = _plan(tmp_path, seeds=2, base={"train.grad_clip": 0.9})
    assert "what all arms share was changed" in _rule(other, results).edited


def test_only_the_last_of_several_rules_before_the_results_is_in_time(tmp_path: Path) -> None:
    results = tmp_path / "results"
    rules = [{"metric": metric, "min_effect": 0.01} for metric in ("excess", "val_loss")]
    for rule in rules:
        assert not _rule(_plan(tmp_path, decide=rule), results).edited
    _finish(_plan(tmp_path), results, "linear")
    assert not _rule(_plan(tmp_path, decide=rules[1]), results).edited
    assert "was changed on" in _rule(_plan(tmp_path, decide=rules[0]), results).edited


def test_tables_without_a_store_are_results_too(tmp_path: Path) -> None:
    results = tmp_path / "results"
    plan = _plan(tmp_path, seeds=2)
    assert not _rule(plan, results).edited
    row = {"arm": "linear", "is_control": False, "status": "done", "trial_id": plan.cells[-1].spec.id}
    write(results / plan.name / TRIALS, pa.Table.from_pylist([row], schema.trials()))
    late = _plan(tmp_path, seeds=2, decide={"metric": "excess", "min_effect": 0.01})
    assert "was changed on" in _rule(late, results).edited


def test_a_control_chosen_among_its_finished_runs_is_seen(tmp_path: Path) -> None:
    bank = _plan(tmp_path, seeds={"arms": 2, "control": 6}, name="bank")
    for seed in range(1, 7):
        _finish(bank, tmp_path, "base", seed=seed)
    first, fresh = _plan(tmp_path, seeds=3), _plan(tmp_path, seeds=[21, 22])
    chosen = _plan(tmp_path, seeds={"arms": [2, 5], "control": [2, 5]})
    store = Store(tmp_path)
    assert control_left_out(first, store) == control_left_out(fresh, store) == []
    assert control_left_out(chosen, store) == ["seeds 1, 3, 4"]
    assert "it had run with seeds 1, 3, 4 too" in _rule(chosen, tmp_path).edited
