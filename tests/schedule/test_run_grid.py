"""A grid on Ray: what is missing runs, what is there stays."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from threading import Thread

import pyarrow.parquet
import pytest
from rich.console import Console

from tests.schedule.conftest import OVERRIDES, numbers, rows, run, untouched, write_grid
from tests.train import tiny
from tinker.errors import FAILED, OK, UserError
from tinker.report.api import make_report
from tinker.schedule.cluster import Capacity
from tinker.schedule.missing import class_of
from tinker.schedule.prepared import prepare
from tinker.schedule.single import train_one
from tinker.store.lease import Leases
from tinker.store.presence import Presence
from tinker.store.store import Store
from tinker.tables.grids import load_grid
from tinker.train.trial import run_trial

pytestmark = pytest.mark.xdist_group("ray")

LINEAR = {"linear": {"model.attention": "linear"}}
ROTARY = {"rotary": {"model.position": "rotary"}}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, ray_up: Capacity) -> tuple[Path, str]:
    """A folder with a grid of four trials and its results, and what the run said."""
    folder = tmp_path_factory.mktemp("ran")
    code, said = run(write_grid(folder, LINEAR), folder / "results")
    assert code == OK, said
    return folder, said


@pytest.fixture
def folder(ran: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of that folder: files with the times that they had."""
    return Path(shutil.copytree(ran[0], tmp_path / "copy"))


def _ids(results: Path, *arms: str) -> set[str]:
    return {cell["trial_id"] for cell in load_grid(results, "g")["cells"] if cell["arm"] in arms}


def test_every_trial_is_recorded_once_and_told_of(ran: tuple[Path, str]) -> None:
    folder, said = ran
    stored = rows(folder / "results")
    assert stored.keys() == _ids(folder / "results", "base", "linear")
    assert {(row.status.state, row.status.attempts) for row in stored.values()} == {("done", 1)}
    assert "2 arms, 2 seeds, 4 trials: 0 done, 4 to run" in said
    assert all(f"[{n}/4]" in said for n in (1, 2, 3, 4))
    assert "4 done; see it with: tinker report g" in said


def test_a_trial_in_an_actor_is_the_one_in_a_process_of_its_own(ran: tuple[Path, str], tmp_path: Path) -> None:
    spec = tiny.spec_of("model.attention=linear", seed=2)
    row = rows(ran[0] / "results")[spec.id]
    result = run_trial(spec, tmp_path)
    assert row.result is not None
    assert row.result["probes"] == result.as_dict()["probes"]
    mine = [(p["step"], p["metric"], p["value"]) for p in result.as_dict()["curve"] if p["metric"] not in tiny.MEASURED]
    its = [tuple(p.values()) for p in row.curve().to_pylist() if p["metric"] not in tiny.MEASURED]
    assert its == mine


def test_a_second_run_does_nothing(folder: Path) -> None:
    before = untouched(folder / "results")
    code, said = run(folder / "g.yaml", folder / "results")
    assert (code, "nothing to do" in said) == (OK, True)
    assert untouched(folder / "results") == before


def test_an_added_arm_runs_only_its_own_trials(folder: Path, ray_up: Capacity) -> None:
    before = untouched(folder / "results")
    code, said = run(write_grid(folder, LINEAR | ROTARY), folder / "results")
    assert code == OK
    assert "4 done, 2 to run" in said
    after = untouched(folder / "results")
    assert before.items() <= after.items()
    assert rows(folder / "results").keys() == _ids(folder / "results", "base", "linear", "rotary")


def test_a_removed_arm_stays_in_the_store_and_leaves_the_report(folder: Path) -> None:
    results = folder / "results"
    assert _report_arms(results) == {"base", "linear"}
    gone = _ids(results, "linear")
    before = untouched(results)
    code, _ = run(write_grid(folder, {}), results)
    assert code == OK
    assert gone <= rows(results).keys()
    assert untouched(results) == before
    assert _report_arms(results) == {"base"}


def _report_arms(results: Path) -> set[str]:
    make_report(results, "g")
    return set(pyarrow.parquet.read_table(results / "g" / "comparisons.parquet")["arm"].to_pylist())


def test_two_grids_share_their_control(folder: Path, ray_up: Capacity) -> None:
    before = untouched(folder / "results")
    code, said = run(write_grid(folder, ROTARY, name="other"), folder / "results")
    assert code == OK
    assert "2 done, 2 to run" in said
    assert before.items() <= untouched(folder / "results").items()
    assert len(rows(folder / "results")) == 6


def test_logging_and_checkpoints_are_not_another_question(folder: Path) -> None:
    code, said = run(folder / "g.yaml", folder / "results", "logger.csv=true", "checkpoint.minutes=1")
    assert (code, "nothing to do" in said) == (OK, True)


def test_a_trial_that_another_driver_works_on_is_left_to_it(tmp_path: Path, ray_up: Capacity) -> None:
    grid, results = write_grid(tmp_path, {}), tmp_path / "results"
    first, second = (cell.spec for cell in prepare(str(grid), [], results).plan.cells)
    store, held = Store(results), []
    with Presence(results) as other, Leases(results, other) as leases:
        assert leases.take(store.folder(first, class_of(first))) is None

        def give_up_after_the_second_trial() -> None:
            while not store.done([second.id], class_of(second)):
                time.sleep(0.05)
            time.sleep(1.0)
            held.append(not store.done([first.id], class_of(first)))
            leases.drop(store.folder(first, class_of(first)))

        watcher = Thread(target=give_up_after_the_second_trial, daemon=True)
        watcher.start()
        code, said = run(grid, results)
    assert code == OK, said
    assert held == [True], "nobody else worked on it while it was the other's"
    assert "works on some of these trials too" in said
    assert len(rows(results)) == 2


def test_what_can_never_fit_is_refused_at_once(tmp_path: Path, ray_up: Capacity) -> None:
    grid = write_grid(tmp_path, LINEAR, resources={"cpus": ray_up.cpus + 1})
    with pytest.raises(UserError, match=r"resources: a trial asks for .* CPUs and 0 GPUs, the cluster has") as caught:
        run(grid, tmp_path / "results")
    assert caught.value.exit_code == 2
    assert not rows(tmp_path / "results")


def test_a_budget_of_trials_ends_the_run(tmp_path: Path, ray_up: Capacity) -> None:
    grid = write_grid(tmp_path, LINEAR, budget={"trials": 1})
    code, said = run(grid, tmp_path / "results")
    assert code == FAILED
    assert "budget.trials 1 is used up: 1 done" in said
    assert len(rows(tmp_path / "results")) == 1


def test_a_budget_of_hours_ends_the_run(tmp_path: Path, ray_up: Capacity) -> None:
    code, said = run(write_grid(tmp_path, LINEAR, budget={"hours": 1e-7}), tmp_path / "results")
    assert code == FAILED
    assert "budget.hours 1e-07 is used up" in said
    assert "not run: seeds 1, 2 of all arms" in said
    assert not rows(tmp_path / "results")
    assert not list((tmp_path / "results" / ".drivers").glob("*.stop"))


def test_a_row_made_in_a_grid_is_found_by_a_single_trial(folder: Path) -> None:
    before = untouched(folder / "results")
    assert train_one(OVERRIDES, 1, folder / "results", Console(quiet=True)) == OK
    assert untouched(folder / "results") == before


def test_the_store_is_sound_after_all_that(folder: Path) -> None:
    assert Store(folder / "results").heal() == []
    assert {numbers(row)["status"] for row in rows(folder / "results").values()} == {"done"}
