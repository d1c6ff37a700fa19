"""What `grid.json`, `tinker plan` and the histories say of a grid that tunes, before its tuning and after it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.schedule.tuning.simulated import GRID, TPE, Bench, best_at
from tinker.errors import UserError
from tinker.grid.expand import Plan
from tinker.noise.runs import runs_of
from tinker.report.analysis import Analysis
from tinker.schedule.agenda import GridAgenda
from tinker.schedule.grid_file import write_grid_file
from tinker.schedule.missing import class_of, code_of
from tinker.schedule.plan_view import make_plan
from tinker.schedule.prepared import Prepared, prepare
from tinker.schedule.tuning.phase import confirmed, tuning_stages
from tinker.schedule.work import WorkItem
from tinker.schedule.worker import execute
from tinker.spec import Seeds
from tinker.stats.declared import added, edited
from tinker.store.frozen import freeze_control
from tinker.store.verdicts import supersede
from tinker.tables.grid_shape import checked
from tinker.tables.grids import load_grid

PRUNED = {**TPE, "trials": 6, "prune": {"type": "halving", "first": 10, "factor": 3}}


def written(bench: Bench) -> dict[str, Any]:
    """`grid.json` as a run would write it now."""
    plan = prepared(bench).plan
    write_grid_file(plan, bench.results, [], class_of(plan.control.spec(Seeds(0, 0))))
    return checked(load_grid(bench.results, "g"), "grid.json")


def prepared(bench: Bench) -> Prepared:
    return prepare(str(bench.plan.grid.source.path), [], bench.results)


def test_before_the_tuning_there_are_no_cells_and_all_is_to_do(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    grid = written(bench)
    assert grid["cells"] == []
    assert [arm["tuned"] for arm in grid["arms"]] == [{}, {}]
    assert not grid["tuning"]["complete"]
    assert [arm["winner"] for arm in grid["tuning"]["arms"]] == [None, None]
    assert prepared(bench).todo == 16
    assert sorted(prepared(bench).not_done()) == ["arm 'base'", "arm 'lion'"]
    made = make_plan(str(bench.plan.grid.source.path), [], bench.results)
    assert made["tuning"] == {
        "complete": False, "configurations": 4, "seeds": 2, "pruned": False, "done": 0, "to_run": 16, "then": 4,
        "edges": [],
    }  # fmt: skip
    with pytest.raises(UserError, match="its arms are not tuned yet"):
        freeze_control("mine", bench.results, "g")
    with pytest.raises(UserError, match="no run to measure the noise with yet: the tuning is not complete"):
        runs_of(Analysis.of(bench.results, "g", keep=False), None, None)


def test_afterwards_it_has_the_winners_what_was_tried_and_what_it_cost(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, PRUNED)
    diverges = 0.02
    bench.run(lambda s: math.nan if s.config["optimizer"]["lr"] > diverges else best_at(0.003, 0.001)(s))
    grid = written(bench)
    json.dumps(grid, allow_nan=False)
    assert len(grid["cells"]) == 4
    tuning = grid["tuning"]
    assert tuning["complete"]
    assert tuning["prune"] == {"type": "halving", "first": 10, "factor": 3, "rungs": [10, 30, 40]}
    for arm, in_grid in zip(tuning["arms"], grid["arms"], strict=True):
        assert len(arm["configurations"]) == 6
        assert in_grid["tuned"] == arm["tuned"] == arm["configurations"][arm["winner"]]["params"]
        assert [each["batch"] for each in arm["configurations"]] == [0, 0, 0, 1, 1, 1]
        whole = [each for each in arm["configurations"] if each["rung"] == 40]
        assert len(whole) == 2, "one of each batch"
        assert min(whole, key=lambda each: each["mean"])["number"] == arm["winner"]
        assert arm["compute"]["steps"] == 2 * 40 + 4 * 10
        assert arm["compute"]["seconds"] == pytest.approx(arm["compute"]["steps"] / 10)
        assert all(each["stopped"] == (each["rung"] < 40) for each in arm["configurations"])
    states = {t["state"] for arm in tuning["arms"] for each in arm["configurations"] for t in each["trials"]}
    assert states == {"done", "diverged"}


def test_one_entry_of_the_history_stands_for_the_plan_before_and_after(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    [first] = written(bench)["plan_history"]
    bench.run(best_at(0.003, 0.001))
    [tuned] = written(bench)["plan_history"]
    assert first["winners"] == {}
    assert len(tuned["winners"]) == 2
    assert tuned == {**first, "winners": tuned["winners"]}
    assert first["tune"] == written(bench)["tuning"]["declared"]


def finish_an_arm(bench: Bench) -> None:
    """One trial of the comparison, as it stands in the store."""
    bench.run(best_at(0.003, 0.001))
    written(bench)
    plan = prepared(bench).plan
    [cell, *_] = [cell for cell in plan.cells if cell.arm == "lion"]
    job = next(job for stage in GridAgenda(plan, bench.store).stages() for job in stage.jobs if job.spec == cell.spec)
    bench.finish(job, lambda spec: 1.0)


@pytest.mark.parametrize("later", [{**GRID, "space": {"optimizer.lr": [0.001, 0.002, 0.003, 0.004]}}, None])
def test_another_tuning_after_results_of_the_arms_is_late(tmp_path: Path, later: dict[str, Any] | None) -> None:
    bench = Bench.of(tmp_path, GRID)
    written(bench)
    finish_an_arm(bench)
    assert len(written(bench)["plan_history"]) == 1
    history = written(Bench.of(tmp_path, later))["plan_history"]
    assert [entry["results_existed"] for entry in history] == [False, True]


def test_another_winner_after_results_of_the_arms_is_late_and_is_said(tmp_path: Path) -> None:
    """A trial may get lost, or be brought by another grid: then another configuration may win than was compared."""
    bench = Bench.of(tmp_path, GRID)
    written(bench)
    finish_an_arm(bench)
    assert edited(written(bench)) == ""
    for row in list(bench.store.rows()):
        if row.spec.config.get("split") == "tuning":
            supersede(row.folder, "made up")
    assert edited(written(bench)) == "", "nothing is known to have won yet"
    bench.run(best_at(0.003, 0.01))
    assert "what won the tuning of lion changed" in edited(written(bench))


def test_the_same_winners_found_again_are_no_edit(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    written(bench)
    finish_an_arm(bench)
    more = Bench.of(tmp_path, GRID, {"lion": {"optimizer": "lion"}, "rotary": {"model.position": "rotary"}})
    assert [len(written(more)["cells"]), edited(written(more))] == [0, ""], "an arm was added, and is to be tuned"
    more.run(best_at(0.003, 0.001))
    grid = written(more)
    assert edited(grid) == ""
    assert added(grid["plan_history"]) == ["rotary"]


def test_a_wider_range_before_anything_was_compared_is_in_time(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    written(bench)
    bench.run(best_at(0.1, 0.1))
    wider = {**GRID, "space": {"optimizer.lr": [0.01, 0.03, 0.1, 0.3]}}
    history = written(Bench.of(tmp_path, wider))["plan_history"]
    assert [entry["results_existed"] for entry in history] == [False, False]
    assert history[0]["tune"] != history[1]["tune"]


def test_a_grid_without_tune_says_nothing_of_it(tmp_path: Path) -> None:
    grid = written(Bench.of(tmp_path, None))
    assert "tuning" not in grid
    assert all("tuned" not in arm for arm in grid["arms"])
    assert set(grid["plan_history"][0]) == {"seeds", "arms", "control", "time", "results_existed"}


def test_the_agenda_tunes_tells_the_plan_and_then_compares(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    told: list[Plan] = []

    def write(plan: Plan) -> None:
        told.append(plan)
        written(bench)

    stages = GridAgenda(bench.plan, bench.store, write).stages()
    first = next(stages)
    assert (first.phase, len(first.jobs), told) == ("tuning", 16, [])
    for job in first.jobs:
        bench.finish(job, best_at(0.003, 0.001))
    *_, last = stages
    assert last.phase == "comparing"
    [plan] = told
    assert {job.spec.id for job in last.jobs} == {cell.spec.id for cell in plan.cells}
    assert plan.arms[1].tuned == {"optimizer.lr": 0.001}


def test_real_trials_go_from_rung_to_rung_and_are_compared(tmp_path: Path) -> None:
    """No made-up ends: each trial as a worker runs it."""
    tune = {**GRID, "trials": 3, "seeds": [1001], "prune": {"type": "halving", "first": 20, "factor": 3}}
    bench = Bench.of(tmp_path, {**tune, "space": {"optimizer.lr": [1e-5, 0.01, 1e30]}}, {"lion": {"optimizer": "lion"}})
    walk, tuned = tuning_stages(bench.plan, bench.store), None
    results = str(bench.results)
    while tuned is None:
        try:
            stage = next(walk)
        except StopIteration as over:
            tuned = over.value
            break
        for job in stage.jobs:
            code = code_of(job.spec)
            [outcome] = execute(WorkItem((job.spec,), "train", results, str(tmp_path), str(tmp_path / "stop"), (code,)))
            assert outcome.result is not None, outcome.error
            plain = outcome.result.as_dict()
            cls = outcome.environment_class
            bench.store.commit(job.spec, cls, plain, plain["curve"], plain["environment"], plain["code"])
    assert [arm.winner for arm in tuned.arms] == [1, 1]
    for arm in tuned.arms:
        assert [c.trials[0].ended.state for c in arm.configurations] == ["done", "done", "diverged"]
        row = bench.store.get(arm.configurations[1].trials[-1].spec.id, cls)
        assert row is not None
        assert sorted({point["step"] for point in row.curve().to_pylist()}) == [10, 20, 30, 40]
    assert len(confirmed(bench.plan, tuned).cells) == 4
