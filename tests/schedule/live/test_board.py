"""The board follows every event, and reads no result twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.schedule.live.made_up import Run, job
from tinker.schedule.job import Job, Stage
from tinker.schedule.live.board import Board
from tinker.schedule.live.said import said
from tinker.stats.welch import welch


def test_each_way_to_end_has_its_state() -> None:
    run = Run(arms=2, seeds=3)
    run.board.stage("g", run.stage, ())
    ways = [("done", 1.0, "done"), ("diverged", 9.0, "diverged"), ("elsewhere", 1.0, "done"), ("held", 1.0, "done")]
    for place, (status, loss, state) in enumerate(ways):
        trial = run.stage.jobs[place]
        run.knows(trial.arm, int(trial.seed), loss, state)
        run.board.started(trial, "train")
        assert run.board.counts["running"] == 1
        run.board.finished(trial, status, "")
        assert run.board.grids["g"].sheet.rows[trial.arm].cells[trial.seed].state == state
    for status in ("retry", "superseded", "interrupted"):
        run.board.started(run.stage.jobs[4], "train")
        run.board.finished(run.stage.jobs[4], status, "")
        assert run.board.counts["waiting"] == 2
    run.board.started(run.stage.jobs[4], "train")
    run.board.finished(run.stage.jobs[4], "failed", "the worker died")
    assert dict(+run.board.counts) == {"done": 3, "diverged": 1, "failed": 1, "waiting": 1}
    assert [failure.cause for failure in run.board.failures] == ["the worker died"]


def test_results_from_before_count_in_the_comparison_and_are_read_once() -> None:
    run = Run(arms=2, seeds=2)
    for place, loss in enumerate((2.0, 2.1, 2.5, 2.7)):
        run.knows(("base", "arm-1")[place // 2], 1 + place % 2, loss)
    done = {trial.spec.id for trial in run.stage.jobs}
    run.board.stage("g", run.stage, done)
    run.board.stage("g", run.stage, done)
    assert run.source.asked == 4
    state = run.board.grids["g"]
    assert state.effects is not None
    effect, test = state.effects.of(state.sheet.rows["arm-1"], state.sheet.rows), welch([2.5, 2.7], [2.0, 2.1], 0.05)
    assert effect is not None
    assert test is not None
    assert (effect.difference, effect.low, effect.high) == (pytest.approx(0.55), test.low, test.high)
    assert state.effects.of(state.sheet.rows["base"], state.sheet.rows) is None


def test_a_trial_of_two_grids_ends_in_both() -> None:
    run = Run(arms=1, seeds=1)
    board = Board(run.source, {"g": run.shown, "h": run.shown})
    for grid in ("g", "h"):
        board.stage(grid, run.stage, ())
    run.knows("base", 1, 2.0)
    board.started(job("base", 1), "train")
    board.finished(job("base", 1), "done", "")
    board.finished(job("base", 1), "elsewhere", "")
    assert [state.counts["done"] for state in board.grids.values()] == [1, 1]


def test_arms_that_a_later_look_leaves_out_are_not_needed() -> None:
    run = Run(arms=3, seeds=4)
    first = Stage("comparing", tuple(job(arm, seed) for seed in (1, 2) for arm in run.arms), words="look 2 of 4")
    run.board.stage("g", first, ())
    assert run.board.counts["not needed"] == 0
    second = Stage("comparing", tuple(job(arm, seed) for seed in (3, 4) for arm in ("base", "arm-2")))
    run.board.stage("g", second, ())
    rows = run.board.grids["g"].sheet.rows
    assert {arm: row.counts["not needed"] for arm, row in rows.items()} == {"base": 0, "arm-1": 2, "arm-2": 0}
    assert rows["arm-1"].counts["waiting"] == 2, "what its stage asked for is still wanted"


def test_a_pilot_counts_no_trial() -> None:
    run = Run(arms=2, seeds=1)
    run.board.stage("g", replace(run.stage, phase="pilot", task="pilot"), ())
    for trial in run.stage.jobs:
        run.board.started(trial, "pilot")
        run.now[0] += 10
        run.source.far[trial.spec.id] = (0.0, 0.25)
        run.board.finished(trial, "timed", "")
    assert dict(+run.board.counts) == {"waiting": 2}
    run.board.stage("g", run.stage, ())
    assert run.board.left == pytest.approx(80), "a quarter took 10 s, one after the other"


def test_what_is_told_to_others_is_small_plain_data() -> None:
    run = Run(arms=3, seeds=40)
    many = Stage(
        "tuning", tuple(Job(job("base", n).spec, "base", "1", f"lr={n}") for n in range(1, 101)), words="batch 2"
    )
    run.board.stage("g", many, ())
    for trial in many.jobs:
        run.source.logs[trial.spec.id] = Path("log.txt")
        run.board.started(trial, "train")
    for trial in many.jobs[:10]:
        run.board.finished(trial, "failed", "x" * 10_000)
    told = json.loads(json.dumps(said(run.board), allow_nan=False))
    assert told["grids"][0]["phase"] == "tuning"
    assert told["grids"][0]["words"] == "batch 2"
    assert told["grids"][0]["counts"]["failed"] == 10
    assert told["running"][0]["grid"] == "g"
    assert told["failures"][-1]["log"] == "log.txt"
    assert len(json.dumps(told)) < 20_000
