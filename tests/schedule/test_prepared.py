"""What is left to do of a grid, and what `tinker run` says of it before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schedule.conftest import run
from tests.schedule.tuning.simulated import GRID, Bench, best_at
from tinker.errors import OK
from tinker.schedule.agenda import GridAgenda
from tinker.schedule.grid_file import write_grid_file
from tinker.schedule.grid_run import _opening
from tinker.schedule.missing import FilesNow, class_of
from tinker.schedule.prepared import Prepared, prepare
from tinker.spec import Seeds, TrialSpec

LOOKS = {"metric": "val_loss", "min_effect": 0.01, "looks": [3, 6]}


@pytest.fixture(autouse=True)
def of_this_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no made-up row is on probation."""
    monkeypatch.setattr(FilesNow, "code", lambda self, spec: "made up")


def prepared(bench: Bench) -> Prepared:
    found = prepare(str(bench.plan.grid.source.path), [], bench.results)
    write_grid_file(found.plan, bench.results, [], class_of(found.plan.control.spec(Seeds(0, 0))))
    return found


def far_apart(spec: TrialSpec) -> float:
    return (1.0 if spec.config["optimizer"]["type"] == "lion" else 2.0) + 1e-4 * (spec.seeds.init % 3)


def test_of_a_grid_that_looks_have_decided_nothing_is_left(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, None, seeds=6, decide=LOOKS)
    assert prepared(bench).todo == 12
    stages = 0
    for stage in GridAgenda(bench.plan, bench.store).stages():
        stages += 1
        for job in stage.jobs:
            bench.finish(job, far_apart)
    found = prepared(bench)
    assert (stages, found.todo, len(found.missing.done), len(found.spared)) == (1, 0, 6, 6)
    code, said = run(bench.plan.grid.source.path, bench.results)
    assert code == OK
    assert "12 trials: 6 done, 0 to run, 6 not needed" in said
    assert "nothing to do" in said


def test_under_another_rule_nothing_is_spared(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, None, seeds=6, decide=LOOKS)
    prepared(bench)
    for job in next(GridAgenda(bench.plan, bench.store).stages()).jobs:
        bench.finish(job, far_apart)
    assert prepared(bench).todo == 0
    fixed = Bench.of(tmp_path, None, seeds=6)
    assert prepared(fixed).todo == 6


def test_the_opening_tells_of_the_tuning(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    assert _opening(prepared(bench)) == (
        "g: 2 arms to tune, 4 configurations x 2 seeds of each arm: so far 0 trials done, 16 to run; "
        "then the winners run with 2 seeds"
    )
    bench.run(lambda spec: None if spec.config["optimizer"]["lr"] == 0.03 else best_at(0.003)(spec))
    assert _opening(prepared(bench)) == (
        "g: 2 arms, 2 seeds, 4 trials: 0 done, 4 to run, after the tuning (12 trials done, 4 to run)"
    )
