"""A short timed piece of each arm, before a grid that counts its hours spends more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schedule.conftest import numbers, rows, write_grid
from tests.schedule.in_thread import run_here
from tests.train import tiny
from tinker.errors import FAILED, OK
from tinker.schedule import pilot as pilot_module
from tinker.schedule.estimate import known_times
from tinker.schedule.missing import class_of
from tinker.schedule.pilot import LONGEST, SECONDS, Pilot
from tinker.schedule.pilot_stage import pilot_stage
from tinker.schedule.plan_view import make_plan
from tinker.schedule.prepared import prepare
from tinker.schedule.timing import Timing, read_timing, write_timing
from tinker.store.store import Store

LINEAR = {"linear": {"model.attention": "linear"}}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _watched(pilot: Pilot, clock: Clock, seconds: float, evaluation: float = 0.0, steps: int = 1000) -> int:
    """Steps of so long until the pilot has seen enough; how many."""
    clock.now += 7
    for step in range(1, steps + 1):
        clock.now += seconds + (evaluation if step % pilot.config.train.eval_every == 0 else 0.0)
        pilot.progress(step, steps)
        if pilot.enough():
            return step
    return steps


def _pilot(clock: Clock, *overrides: str) -> Pilot:
    return Pilot(tiny.spec_of("train.steps=1000", *overrides), clock)


def test_a_few_seconds_are_enough() -> None:
    clock = Clock()
    pilot = _pilot(clock, "train.eval_every=500")
    assert _watched(pilot, clock, 0.5) == 1 + SECONDS / 0.5
    timing = pilot.timing
    assert timing is not None
    assert (timing.seconds_per_step, timing.seconds_before, timing.steps) == (pytest.approx(0.5), 7.5, SECONDS / 0.5)
    assert timing.evaluations == 0
    # 30 documents against batches of 4 x 16 tokens: a third of so many steps.
    assert timing.seconds_per_evaluation > 0.5
    assert timing.rss_bytes is not None


def test_a_tenth_of_the_steps_is_enough_however_quick() -> None:
    clock = Clock()
    assert _watched(_pilot(clock, "train.eval_every=500"), clock, 0.001) == 101


def test_an_evaluation_that_is_near_is_waited_for_and_is_no_part_of_a_step() -> None:
    clock = Clock()
    pilot = _pilot(clock, "train.eval_every=50")
    assert _watched(pilot, clock, 0.25, evaluation=3.0) == 50
    timing = pilot.timing
    assert timing is not None
    assert (timing.seconds_per_step, timing.seconds_per_evaluation) == (pytest.approx(0.25), pytest.approx(3.0))
    assert timing.seconds(tiny.spec_of("train.steps=1000", "train.eval_every=50")) == pytest.approx(7.25 + 250 + 60)


def test_but_not_for_long() -> None:
    clock = Clock()
    assert _watched(_pilot(clock, "train.eval_every=100"), clock, 1.0) == 1 + LONGEST


def test_each_arm_is_timed_first_and_goes_on_from_there_to_the_same_end(tmp_path: Path) -> None:
    grid, results = write_grid(tmp_path, LINEAR, budget={"hours": 1, "usd_per_hour": 2}), tmp_path / "results"
    assert "the time is unknown" in "".join(make_plan(str(grid), [], results)["left"]["said"])
    code, said, begun = run_here(grid, results)
    assert code == OK, said
    cells = prepare(str(grid), [], results).plan.cells
    first = {cell.spec.id for cell in cells if cell.seeds.init == 1}
    assert [task for _, task in begun] == ["pilot"] * 2 + ["train"] * 4
    assert {trial for trial, task in begun if task == "pilot"} == first
    assert "timing a short piece of 2 arms first, which counts as work done" in said
    assert said.count("timed in") == said.count("saved at step 5") == 2, "a tenth of 40 steps after the first one"
    assert "the budget of hours 1, of which" in said
    assert "enough for all of them" in said
    assert {row.trial_id for row in rows(results).values() if row.folder.pilot.exists()} == first

    grid = write_grid(tmp_path, LINEAR)
    assert run_here(grid, tmp_path / "undisturbed")[0] == OK
    undisturbed = rows(tmp_path / "undisturbed")
    assert {trial: numbers(row) for trial, row in rows(results).items()} == {
        trial: numbers(row) for trial, row in undisturbed.items()
    }


def test_only_arms_that_nothing_is_known_of_are_timed(tmp_path: Path) -> None:
    arms = LINEAR | {"rotary": {"model.position": "rotary"}}
    results = tmp_path / "results"
    assert run_here(write_grid(tmp_path, {}, seeds=1), results)[0] == OK
    plan = prepare(str(write_grid(tmp_path, arms, budget={"usd": 5, "usd_per_hour": 2})), [], results).plan
    store = Store(results)
    [stage] = pilot_stage(plan, store)
    assert [job.label for job in stage.jobs] == ["linear seed 1", "rotary seed 1"]
    for job in stage.jobs:
        write_timing(store.folder(job.spec, class_of(job.spec)), Timing(4, 0.5, 2.0, 1.0, 0, None, None))
    assert list(pilot_stage(plan, store)) == [], "a run that was killed does not time them again"
    assert known_times(plan, store).seconds["linear"] == 2.0 + 40 * 0.5 + 4 * 1.0
    without = prepare(str(write_grid(tmp_path, arms, budget={"trials": 5})), [], tmp_path / "none").plan
    assert list(pilot_stage(without, Store(tmp_path / "none"))) == [], "nothing there is counted in hours"


def test_what_cannot_be_afforded_is_said_before_more_is_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pilot_module.Pilot, "timing", Timing(4, 90.0, 0.0, 0.0, 1, None, None))
    grid, results = write_grid(tmp_path, LINEAR, seeds=4, budget={"hours": 3}), tmp_path / "results"
    code, said, _ = run_here(grid, results, "budget.trials=2")
    assert code == FAILED
    # 8 trials of 40 steps of 90 s on one worker; two of them, of one seed, are 2 hours.
    assert "8 trials left, about 8.0 h on 1 worker" in said
    assert "are spent, is enough for seed 1 of 4; warning: no verdict can come of that" in said
    assert said.index("warning") < said.index("base seed 1: done")


def test_a_pilot_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    folder = Store(tmp_path).folder(tiny.spec_of(), "cpu")
    write_timing(folder, Timing(4, 0.5, 2.0, 1.0, 0, None, 5))
    assert read_timing(folder) == Timing(4, 0.5, 2.0, 1.0, 0, None, 5)
    folder.pilot.write_text(folder.pilot.read_text()[:40])
    assert read_timing(folder) is None
