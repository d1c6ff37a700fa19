"""The tuning of all arms: equal effort, stages that rest on the store alone, winners on fresh seeds."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from tests.schedule.tuning.simulated import GRID, TPE, Bench, asked, best_at
from tinker.errors import FAILED, UserError
from tinker.schedule.tuning.phase import confirmed, tuned_from_store, tuning_so_far
from tinker.spec import TrialSpec

PRUNED = {
    **GRID,
    "trials": 9,
    "space": {"optimizer.lr": {"low": 1e-4, "high": 1e-1, "log": True, "points": 9}},
    "prune": {"type": "halving", "first": 10, "factor": 3},
}


def test_every_arm_gets_the_same_trials_on_the_tuning_seeds_and_the_tuning_split(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    stages, _ = bench.run(best_at(0.003, 0.001))
    [jobs] = [stage.jobs for stage in stages]
    assert Counter(job.arm for job in jobs) == {"base": 8, "lion": 8}
    assert Counter(job.seed for job in jobs) == {"1001": 8, "1002": 8}
    assert [job.arm for job in jobs[:4]] == ["base", "lion", "base", "lion"]
    assert {job.spec.config["split"] for job in jobs} == {"tuning"}
    assert all(job.spec.corpus != bench.plan.control.corpus for job in jobs)
    assert jobs[0].label == "base optimizer.lr=0.001 seed 1001"


def test_winners_are_confirmed_on_the_seeds_of_the_comparison_alone(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    assert bench.plan.cells == ()
    _, tuned = bench.run(best_at(0.003, 0.001))
    assert tuned is not None
    plan = confirmed(bench.plan, tuned)
    assert {arm.name: arm.tuned for arm in plan.arms} == {
        "base": {"optimizer.lr": 0.003},
        "lion": {"optimizer.lr": 0.001},
    }
    assert [arm.diff for arm in plan.arms] == [{}, {"optimizer": "lion"}]
    assert {(cell.arm, cell.seeds.init) for cell in plan.cells} == {(a, s) for a in ("base", "lion") for s in (1, 2)}
    for cell in plan.cells:
        assert cell.spec.config["optimizer"]["lr"] == {"base": 0.003, "lion": 0.001}[cell.arm]
        assert "split" not in cell.spec.config
        assert cell.spec.corpus == bench.plan.control.corpus
    assert plan.before == bench.plan


def test_nothing_is_known_to_have_won_while_trials_are_missing(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, GRID)
    bench.run(best_at(0.003, 0.001), stop_after=15)
    assert tuned_from_store(bench.plan, bench.store) is None
    tuned = tuning_so_far(bench.plan, bench.store)
    assert len(tuned.left) == 1
    assert [arm.winner for arm in tuned.arms] == [None, None]
    assert (
        sum(trial.ended.state == "done" for arm in tuned.arms for c in arm.configurations for trial in c.trials) == 15
    )
    bench.run(best_at(0.003, 0.001))
    assert tuned_from_store(bench.plan, bench.store) is not None


@pytest.mark.parametrize("tune", [TPE, {**TPE, "search": {"type": "random", "seed": 3}}], ids=["tpe", "random"])
def test_killed_at_any_trial_and_continued_it_asks_for_the_same(tmp_path: Path, tune: dict[str, object]) -> None:
    def end(spec: TrialSpec) -> float:
        rate = spec.config["optimizer"]["lr"]
        return math.nan if rate > 0.03 else best_at(0.003, 0.001)(spec)

    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    whole, outcome = Bench.of(tmp_path / "whole", tune).run(end)
    assert outcome is not None
    assert any(c.mean is None for arm in outcome.arms for c in arm.configurations), "else no NaN was told"
    for _ in range(6):
        bench = Bench.of(tmp_path / "cut", tune)  # everything anew, as after kill -9
        stages, tuned = bench.run(end, stop_after=3)
        assert asked(stages) == asked(whole)[: len(stages)]
    stages, tuned = Bench.of(tmp_path / "cut", tune).run(end)
    assert asked(stages) == asked(whole)
    assert tuned is not None
    assert [arm.winner for arm in tuned.arms] == [arm.winner for arm in outcome.arms]


def test_a_learning_search_is_told_and_comes_nearer(tmp_path: Path) -> None:
    tune = {**TPE, "trials": 30, "search": {"type": "tpe", "seed": 0, "batch": 6, "arguments": {"n_startup_trials": 6}}}
    _, tuned = Bench.of(tmp_path, tune).run(best_at(0.003, 0.001))
    assert tuned is not None
    for arm, best in zip(tuned.arms, (0.003, 0.001), strict=True):
        off = [abs(math.log(c.params["optimizer.lr"] / best)) for c in arm.configurations]
        assert sum(off[18:]) < 0.6 * sum(off[:12])


def test_halving_gives_every_arm_the_same_numbers_at_each_rung(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, PRUNED)
    stages, tuned = bench.run(best_at(0.003, 0.001))
    counts = [Counter((job.arm, job.spec.config["train"].get("until")) for job in stage.jobs) for stage in stages]
    assert counts == [
        {("base", 10): 18, ("lion", 10): 18},
        {("base", 30): 6, ("lion", 30): 6},
        {("base", None): 2, ("lion", None): 2},
    ]
    assert tuned is not None
    for arm, best in zip(tuned.arms, (0.003, 0.001), strict=True):
        assert arm.winner is not None
        winner = arm.configurations[arm.winner]
        assert abs(math.log(winner.params["optimizer.lr"] / best)) < 0.5
        assert [c.stopped for c in arm.configurations].count(True) == 8
        assert not winner.stopped
        assert sum(trial.ended.steps or 0 for trial in winner.furthest) == 80


def test_the_median_rule_stops_the_worse_half(tmp_path: Path) -> None:
    bench = Bench.of(tmp_path, {**PRUNED, "prune": {"type": "median", "first": 10, "factor": 4}})
    stages, _ = bench.run(best_at(0.003, 0.001))
    assert [Counter(job.arm for job in stage.jobs) for stage in stages] == [
        {"base": 18, "lion": 18},
        {"base": 10, "lion": 10},
    ]


@pytest.mark.parametrize(("steps", "rungs"), [(20, [10, 20]), (100, [10, 30, 90, None])])
def test_an_arm_of_another_length_has_rungs_of_its_own(tmp_path: Path, steps: int, rungs: list[int | None]) -> None:
    bench = Bench.of(tmp_path, PRUNED, {"other": {"train.steps": steps}})
    _, tuned = bench.run(best_at(0.003))
    assert tuned is not None
    for arm, last in zip(tuned.arms, (40, steps), strict=True):
        assert arm.winner is not None
        assert arm.configurations[arm.winner].rung == last
    assert {trial.rung for c in tuned.arms[1].configurations for trial in c.trials} == {r or steps for r in rungs}


def test_an_arm_that_was_tuned_to_another_size_says_so(tmp_path: Path) -> None:
    own = {"optimizer.lr": None, "model.dropout": [0.0, 0.1, 0.2, 0.3]}
    for best, says in ((0.1, False), (0.3, True)):
        folder = tmp_path / str(best)
        folder.mkdir()
        bench = Bench.of(folder, {**GRID, "arms": {"lion": own}})
        _, tuned = bench.run(lambda spec, best=best: 1.0 + abs(spec.config["model"]["dropout"] - best))  # type: ignore[misc]
        assert tuned is not None
        assert [arm.changes_scale for arm in confirmed(bench.plan, tuned).arms] == [False, says]


def test_what_diverged_or_failed_neither_goes_on_nor_wins(tmp_path: Path) -> None:
    def end(spec: TrialSpec) -> float | None:
        rate, seed = spec.config["optimizer"]["lr"], spec.seeds.init
        if rate == 0.003 and seed == 1002:
            return math.nan
        return None if rate == 0.01 else best_at(0.003, 0.003)(spec)

    _, tuned = Bench.of(tmp_path, GRID).run(end)
    assert tuned is not None
    for arm in tuned.arms:
        assert arm.winner == 0, "0.001: the best of those that are left"
        states = [[trial.ended.state for trial in c.trials] for c in arm.configurations]
        assert states == [["done"] * 2, ["done", "diverged"], ["failed"] * 2, ["done"] * 2]


@pytest.mark.parametrize("tune", [GRID, PRUNED, TPE], ids=["grid", "halving", "tpe"])
def test_an_arm_without_a_stable_configuration_ends_the_grid(tmp_path: Path, tune: dict[str, object]) -> None:
    bench = Bench.of(tmp_path, tune)
    with pytest.raises(UserError, match=r"arm 'lion' has no stable configuration: each of [49]") as error:
        bench.run(lambda spec: math.nan if spec.config["optimizer"]["type"] == "lion" else 1.0)
    assert error.value.exit_code == FAILED
    assert tuning_so_far(bench.plan, bench.store).arms[1].winner is None


def test_of_equal_ones_the_first_wins_and_the_others_are_told(tmp_path: Path) -> None:
    _, tuned = Bench.of(tmp_path, GRID).run(lambda spec: 1.0 if spec.config["optimizer"]["lr"] > 0.002 else 2.0)
    assert tuned is not None
    assert [(arm.winner, arm.ties) for arm in tuned.arms] == [(1, (2, 3)), (1, (2, 3))]


def test_a_winner_at_the_edge_says_widen_it(tmp_path: Path) -> None:
    _, tuned = Bench.of(tmp_path, GRID).run(best_at(0.1, 0.0001))
    assert tuned is not None
    assert [[edge.said for edge in arm.edges] for arm in tuned.arms] == [
        ["optimizer.lr = 0.03 is at the high end of what was tried (0.001 to 0.03): widen it"],
        ["optimizer.lr = 0.001 is at the low end of what was tried (0.001 to 0.03): widen it"],
    ]


def test_an_arm_that_comes_out_of_its_tuning_as_the_control_is_left_out(tmp_path: Path) -> None:
    space = {"optimizer.lr": [0.001, 0.003], "schedule.warmup_steps": [5, 6]}
    own = {"optimizer.lr": [0.001, 0.002, 0.003, 0.004], "schedule.warmup_steps": None}
    tune = {**GRID, "space": space, "arms": {"six": own}}
    bench = Bench.of(tmp_path, tune, {"six": {"schedule.warmup_steps": 6}})
    _, tuned = bench.run(lambda spec: -spec.config["schedule"]["warmup_steps"] + best_at(0.003)(spec))
    assert tuned is not None
    plan = confirmed(bench.plan, tuned)
    assert [arm.name for arm in plan.arms] == ["base"]
    assert plan.notes == ("arm 'six' came out of its tuning the same as 'base' and is left out",)


def test_a_plan_on_another_machine_counts_nothing_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench.of(tmp_path, GRID)
    bench.run(best_at(0.003, 0.001))
    monkeypatch.setattr("tinker.schedule.tuning.tried.class_of", lambda spec: "another-machine")
    assert tuned_from_store(bench.plan, bench.store) is None
