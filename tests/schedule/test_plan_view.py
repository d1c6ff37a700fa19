"""`tinker plan`: what would run, before anything does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.schedule.conftest import OVERRIDES, write_grid
from tests.train import tiny
from tinker.schedule.cluster import Capacity
from tinker.schedule.course import Limits
from tinker.schedule.estimate import Queue, workers_of
from tinker.schedule.missing import class_of
from tinker.schedule.plan_view import make_plan, show_plan
from tinker.schedule.prepared import prepare
from tinker.schedule.single import train_one
from tinker.schedule.timing import Timing, write_timing
from tinker.store.store import Store

ARMS = {"multi-query": {"model.attention.kv_heads": 1}, "wide": {"model.n_embd": 32}}


def _shown(made: dict[str, Any]) -> str:
    said = io.StringIO()
    show_plan(made, Console(file=said, width=200))
    return said.getvalue()


def test_sizes_stand_beside_the_controls_and_a_change_of_scale_is_marked(tmp_path: Path) -> None:
    made = make_plan(str(write_grid(tmp_path, ARMS, seeds=3)), [], tmp_path / "results")
    arms = {arm["name"]: arm for arm in made["arms"]}
    assert list(arms) == ["base", "multi-query", "wide"]
    # One of two heads of keys and values less: two projections of 16 by 8.
    assert arms["base"]["params"] - arms["multi-query"]["params"] == 2 * 16 * 8
    assert arms["base"]["params_ratio"] == 1
    assert arms["wide"]["flops_ratio"] > 2
    assert [arms[name]["changes_scale"] for name in arms] == [False, False, True]
    assert made["trials"] == {"done": 0, "probation": 0, "to_run": 9}
    assert made["tokens_per_trial"] == 40 * 4 * 16
    text = _shown(made)
    assert "wide *" in text
    assert "* changes what the scale sets" in text
    assert "9 trials to run, 2,560 tokens each" in text
    assert "the time is unknown" in text
    assert not (tmp_path / "results").exists(), "a plan writes nothing"


def test_what_has_run_is_counted_and_tells_time_and_noise(tmp_path: Path) -> None:
    for seed in (1, 2):
        assert train_one(OVERRIDES, seed, tmp_path / "results", Console(quiet=True)) == 0
    made = make_plan(str(write_grid(tmp_path, ARMS, seeds=3)), [], tmp_path / "results")
    assert made["trials"] == {"done": 2, "probation": 0, "to_run": 7}
    assert made["seconds_left"] is None
    assert "no trial of multi-query, wide has run on this machine yet" in _shown(made)
    noise = made["detectable"]["noise"]
    assert (noise["source"], noise["runs"]) == ("runs", 2)
    assert made["detectable"]["effect"] == pytest.approx(made["detectable"]["in_sd"] * noise["sd"])
    assert "7 trials to run" in _shown(made)


@pytest.mark.parametrize(
    ("limits", "machine", "seconds"),
    [
        (Limits(1, 0, None, 0), Capacity(4, 0), 20),
        (Limits(2, 0, None, 0), Capacity(4, 0), 40),
        (Limits(1, 1, None, 0), Capacity(16, 1), 70),  # a GPU each, and there is one
        (Limits(1, 0.5, None, 0), Capacity(16, 1), 40),
        (Limits(1, 0, 3, 0), Capacity(16, 0), 30),
        (Limits(1, 0, 100, 0), Capacity(2, 0), 40),  # wanted is not had
        (Limits(8, 0, None, 0), Capacity(2, 0), 70),
    ],
)
def test_time_is_counted_in_rounds_of_what_fits_and_is_wanted(limits: Limits, machine: Capacity, seconds: int) -> None:
    queue = Queue(workers_of(limits, machine))
    assert max(queue.add(10) for _ in range(7)) == seconds


def test_each_arm_counts_with_its_own_time(tmp_path: Path) -> None:
    results = tmp_path / "results"
    keys: dict[str, Any] = {"seeds": 3, "resources": {"concurrent": 1}}
    grid = str(write_grid(tmp_path, ARMS, **keys, budget={"usd": 30, "usd_per_hour": 2, "hours": 99}))
    for cell in prepare(grid, [], results).plan.blocks[0]:
        each = {"base": 90.0, "multi-query": 90.0, "wide": 270.0}[cell.arm]  # of 40 steps: 1, 1 and 3 hours
        timing = Timing(4, each, 0.0, 0.0, 1, None, None)
        write_timing(Store(results).folder(cell.spec, class_of(cell.spec)), timing)
    made = make_plan(grid, [], results)
    assert (made["seconds_left"], made["left"]["usd"], made["left"]["fit"]) == (15 * 3600, 30.0, 3)
    assert "9 trials to run, 2,560 tokens each, about 15.0 h and $30 on 1 worker" in _shown(made)
    assert "enough for all of them" in _shown(made)
    assert "is enough for seeds 1, 2 of 3" in _shown(make_plan(grid, ["budget.usd=29"], results))
    assert "not enough for one seed of each arm" in _shown(make_plan(grid, ["budget.hours=4"], results))


def test_one_seed_can_detect_nothing(tmp_path: Path) -> None:
    made = make_plan(str(write_grid(tmp_path, ARMS, seeds=1)), [], tmp_path / "results")
    assert made["detectable"]["in_sd"] is None
    assert "no test is possible" in _shown(made)


def test_a_control_that_diverged_does_not_break_the_plan(tmp_path: Path) -> None:
    base = {"optimizer.lr": 1e30, "train.grad_clip": None}
    overrides = ["optimizer.lr=1e30", "train.grad_clip=null"]
    assert train_one([*OVERRIDES, *overrides], 1, tmp_path / "results", Console(quiet=True)) == 0
    spec = tiny.spec_of(*overrides)
    row = Store(tmp_path / "results").get(spec.id, class_of(spec))
    assert row is not None
    assert row.status.state == "diverged"
    made = make_plan(str(write_grid(tmp_path, ARMS, base=base)), [], tmp_path / "results")
    assert made["trials"]["done"] == 1
    assert "to run" in _shown(made)
