"""What a grid may spend: kept over all its runs, and said when it is used up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.schedule.conftest import numbers, rows, write_grid
from tests.schedule.in_thread import run_here
from tests.train import tiny
from tinker.errors import FAILED, OK
from tinker.grid.schema import Budget
from tinker.report.api import make_report, render
from tinker.schedule import signs
from tinker.schedule.budget import SAVE_EVERY, GridPurse
from tinker.schedule.cost import flops_of
from tinker.schedule.job import Job
from tinker.schedule.missing import class_of
from tinker.schedule.plan_view import make_plan
from tinker.schedule.prepared import prepare
from tinker.store.progress import write_progress
from tinker.store.record import StoredTrial
from tinker.store.spent import spent
from tinker.store.store import Store

LINEAR = {"linear": {"model.attention": "linear"}}
ROTARY = {"rotary": {"model.position": "rotary"}}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _job(seed: int = 1) -> Job:
    return Job(tiny.spec_of(seed=seed), "base", str(seed))


def _told(results: Path, job: Job, step: int, began: int = 0) -> None:
    write_progress(Store(results).folder(job.spec, class_of(job.spec)), step, 40, began)


def test_hours_and_money_add_up_over_runs(tmp_path: Path, clock: Clock) -> None:
    budget = Budget(hours=3, usd=5, usd_per_hour=2)
    first = GridPurse(budget, tmp_path, "g", clock=clock)
    first.tick(2 * 3600)
    assert first.refusal() is None
    first.save()
    second = GridPurse(budget, tmp_path, "g", clock=clock)
    second.tick(0.5 * 3600)
    assert second.spent.hours == 2.5
    assert second.spent.usd == 5
    assert second.breach() == second.refusal() == "budget.usd 5 is used up"


def test_two_runs_at_a_time_see_and_lose_nothing_of_each_other(tmp_path: Path, clock: Clock) -> None:
    one, two = (GridPurse(Budget(hours=3), tmp_path, "g", clock=clock) for _ in range(2))
    one.tick(3600)
    two.tick(2 * 3600)
    assert (one.breach(), two.breach()) == (None, None)
    clock.now += SAVE_EVERY
    one.tick(0)
    two.tick(0)
    assert two.breach() == "budget.hours 3 is used up"
    assert spent(tmp_path, "g").hours == 3


def test_a_run_that_is_killed_leaves_all_but_the_last_half_minute(tmp_path: Path, clock: Clock) -> None:
    purse = GridPurse(Budget(), tmp_path, "g", clock=clock)
    for _ in range(100):  # of ten seconds
        clock.now += 10
        purse.tick(10)
    lost = 1000 - 3600 * spent(tmp_path, "g").hours
    assert 0 <= lost <= SAVE_EVERY


def test_a_trial_counts_once_however_often_it_is_tried(tmp_path: Path, clock: Clock) -> None:
    purse, job = GridPurse(Budget(trials=2), tmp_path, "g", clock=clock), _job()
    for status in ("retry", "interrupted", "elsewhere", "timed", "done"):
        purse.began(job)
        assert purse.refusal() is None
        purse.ended(job, "pilot" if status == "timed" else "train", status)
    assert purse.spent.trials == 1
    purse.began(_job(2))
    purse.ended(_job(2), "probation", "held")
    assert purse.spent.trials == 1, "a replay is no trial"
    assert purse.full(1), "one is in Ray's hands, and no more than two may end"
    purse.began(_job(3))
    purse.ended(_job(3), "train", "failed")
    assert purse.refusal() == "budget.trials 2 is used up"
    assert purse.breach() is None, "it lets those that run end"


def test_flops_are_those_of_steps_that_were_done_also_in_vain(tmp_path: Path, clock: Clock) -> None:
    purse, job = GridPurse(Budget(flops=flops_of(_job().spec)), tmp_path, "g", clock=clock), _job()
    step = flops_of(job.spec) / 40
    purse.began(job)
    _told(tmp_path, job, 30)
    clock.now += 1
    purse.tick(1)
    assert purse.spent.flops == pytest.approx(30 * step), "while it runs"
    purse.ended(job, "train", "retry")
    purse.began(job)
    _told(tmp_path, job, 30, began=20)
    clock.now += 1
    purse.tick(1)
    assert purse.breach() is not None
    purse.ended(job, "train", "interrupted")
    assert purse.spent.flops == pytest.approx(40 * step)
    purse.ended(job, "train", "elsewhere")
    assert purse.spent.flops == pytest.approx(40 * step), "no worker had taken it up again"


def test_a_price_is_that_of_its_time_and_hours_without_one_cost_what_they_cost_now(tmp_path: Path) -> None:
    for price in (None, 2.0, 4.0):
        purse = GridPurse(Budget(usd_per_hour=price), tmp_path, "g")
        purse.tick(3600)
        purse.save()
    assert spent(tmp_path, "g", 10.0).usd == 10 + 2 + 4
    assert spent(tmp_path, "g").usd == 6


def test_trials_that_a_budget_leaves_out_are_listed_and_run_when_it_is_raised(tmp_path: Path) -> None:
    grid, results = write_grid(tmp_path, LINEAR, seeds=3, budget={"trials": 2}), tmp_path / "results"
    assert "warning: no verdict can come of that" in "".join(make_plan(str(grid), [], results)["left"]["said"])
    code, said, _ = run_here(grid, results)
    assert code == FAILED
    assert "g: 6 trials left" in said
    assert "the budget of trials 2 is enough for seed 1 of 3" in said
    assert "g: budget.trials 2 is used up: 2 done" in said
    assert re.search(r"spent: .* 2 trials, .*; not run: seeds 2, 3 of all arms", said)
    assert f"go on with: tinker run g --results {results} budget.trials=6\n" in said
    assert len(rows(results)) == 2

    code, said, begun = run_here(grid, results)
    assert (code, begun) == (FAILED, []), "it is the grid's budget, not that of a command"
    assert "not run: seeds 2, 3 of all arms" in said

    report = " ".join(render(make_report(results, "g"), "md").replace("\\", "").split())
    assert "this grid is incomplete: not run: seeds 2, 3 of all arms (budget.trials 2 used up)" in report
    assert "`tinker run` with a larger budget" in report

    code, said, _ = run_here(grid, results, "budget.trials=6")
    assert code == OK, said
    assert len(rows(results)) == 6
    assert "incomplete" not in render(make_report(results, "g"), "md")
    assert spent(results, "g").flops == pytest.approx(sum(map(_flops, rows(results).values())))


def _flops(row: StoredTrial) -> float:
    return flops_of(row.spec)


def test_a_running_trial_saves_itself_when_the_hours_are_up_and_ends_the_same_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "PROGRESS_EVERY", 0.0)  # it looks for the stop file after every step
    grid, results = write_grid(tmp_path, {}, seeds=1, budget={"hours": 1e-9}), tmp_path / "results"
    code, said, _ = run_here(grid, results)
    assert code == FAILED
    assert re.search("budget.hours 1e-09 is used up: 1 (interrupted|timed)\n", said)
    assert "not run: seed 1 of base" in said
    assert not rows(results)
    code, said, _ = run_here(grid, results, "budget.hours=1")
    assert code == OK, said
    assert run_here(write_grid(tmp_path, {}, seeds=1), tmp_path / "undisturbed")[0] == OK
    [cut], [whole] = rows(results).values(), rows(tmp_path / "undisturbed").values()
    assert numbers(cut) == numbers(whole)


def test_grids_run_by_priority_share_a_control_and_stop_each_by_its_own_budget(tmp_path: Path) -> None:
    low = write_grid(tmp_path, LINEAR, name="low", budget={"trials": 1})
    high = write_grid(tmp_path, ROTARY, name="high", priority=1)
    results = tmp_path / "results"
    code, said, begun = run_here([low, high], results)
    assert code == FAILED, "one of them is not complete"
    mine = [cell.spec.id for cell in prepare(str(high), [], results).plan.cells]
    other = [cell.spec.id for cell in prepare(str(low), [], results).plan.cells if cell.arm == "linear"]
    started = [trial for trial, _ in begun]
    assert set(started[:4]) == set(mine), "those of the higher priority"
    assert started[4] in other
    assert len(started) == 5, "and the control once"
    assert "low: budget.trials 1 is used up" in said
    assert "4 done; see it with: tinker report high" in said
    assert (spent(results, "high").trials, spent(results, "low").trials) == (4, 1)


def test_a_grid_without_a_budget_keeps_an_account_and_says_nothing_of_it(tmp_path: Path) -> None:
    grid, results = write_grid(tmp_path, {}, seeds=1), tmp_path / "results"
    code, said, _ = run_here(grid, results)
    assert (code, "spent" in said) == (OK, False)
    assert spent(results, "g").trials == 1
    assert "spent" not in json.loads(render(make_report(results, "g"), "json"))
    assert "budget" not in json.loads((results / "g" / "grid.json").read_text())
