"""What failed while arms were tuned is run again, as long as nothing rests on its failure."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.schedule.tuning.simulated import GRID, TPE, Bench, best_at
from tinker.errors import UserError
from tinker.schedule.agenda import GridAgenda
from tinker.schedule.job import Job
from tinker.schedule.missing import FilesNow
from tinker.schedule.prepared import Prepared, prepare
from tinker.schedule.tuning.settled import settled_failures
from tinker.spec import TrialSpec

ENDS = best_at(0.003, 0.001)


@pytest.fixture(autouse=True)
def of_this_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no made-up row is on probation."""
    monkeypatch.setattr(FilesNow, "code", lambda self, spec: "made up")


def prepared(bench: Bench) -> Prepared:
    return prepare(str(bench.plan.grid.source.path), [], bench.results)


def without_the_best(spec: TrialSpec) -> float | None:
    return None if spec.config["optimizer"]["lr"] == 0.003 else ENDS(spec)


def test_a_failed_trial_is_run_again_until_an_arm_has_been_compared(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    bench.run(without_the_best)
    before = prepared(bench)
    assert {spec.config["optimizer"]["lr"] for spec in before.tuning.todo} == {0.003}
    assert len(next(GridAgenda(bench.plan, bench.store).stages()).jobs) == 16
    assert before.plan.control.tuned == {"optimizer.lr": 0.001}

    cell = next(cell for cell in before.plan.cells if cell.arm == "lion")
    bench.finish(Job(cell.spec, cell.arm, cell.seeds.label), ENDS)
    after = prepared(bench)
    assert after.tuning.todo == []
    assert after.plan.control.tuned == {"optimizer.lr": 0.001}
    stage = next(GridAgenda(after.plan, bench.store).stages())
    assert {job.spec.config["optimizer"]["lr"] for job in stage.jobs} == {0.001, 0.01, 0.03}


@pytest.mark.parametrize(("trials", "settled"), [(6, 0), (7, 1)], ids=["before the next batch", "after"])
def test_what_failed_in_a_batch_that_a_later_one_rests_on_stays_failed(
    tmp_path: Path, trials: int, settled: int
) -> None:
    ended: list[str] = []

    def second_fails(spec: TrialSpec) -> float | None:
        ended.append(spec.id)
        return None if len(ended) == 2 else ENDS(spec)

    bench = Bench.of(tmp_path, TPE)
    bench.run(second_fails, stop_after=trials)
    assert settled_failures(bench.plan, bench.store) == frozenset(ended[1:2][:settled])
    stages, tuned = bench.run(ENDS)
    assert tuned is not None
    assert [len(stage.jobs) for stage in stages] == [6 - settled, 6, 6]
    states = [trial.ended.state for arm in tuned.arms for each in arm.configurations for trial in each.trials]
    assert states.count("failed") == settled


def test_where_all_of_an_arm_failed_a_later_run_tries_again(tmp_path: Path) -> None:
    def no_lion(spec: TrialSpec) -> float | None:
        return None if spec.config["optimizer"]["type"] == "lion" else ENDS(spec)

    bench = Bench.of(tmp_path, GRID)
    with pytest.raises(UserError, match="no stable configuration"):
        bench.run(no_lion)
    again = prepared(bench)
    assert [len(again.tuning.todo), again.plan.cells] == [8, ()]
    bench.run(ENDS)
    assert prepared(bench).plan.arms[1].tuned == {"optimizer.lr": 0.001}


def test_where_all_of_an_arm_diverged_no_later_run_would_help(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    with pytest.raises(UserError, match="no stable configuration"):
        bench.run(lambda spec: math.nan if spec.config["optimizer"]["type"] == "lion" else ENDS(spec))
    with pytest.raises(UserError, match="no stable configuration"):
        prepared(bench)
