"""`tune:` in a grid: what it makes of the arms, and what is refused, with the line."""

from __future__ import annotations

import pytest

from tests.grid.conftest import HEAD, Expand, Load
from tinker.errors import ConfigError, UserError
from tinker.grid.changed import changed_keys
from tinker.grid.space import completed, crossed, edge, middle, rounded, samples
from tinker.grid.tune import Follows, Range, digest_of

GOOD = """\
seeds: 2
base: { train.steps: 40, train.eval_every: 10, schedule.warmup_steps: 5, train.accelerator: cpu }
arms:
  lion: { optimizer: lion }
  window: { model.attention: { type: window, size: 8 } }
tune:
  trials: 4
  seeds: [1001, 1002]
  search: { type: grid }
  space:
    optimizer.lr: { low: 1.0e-3, high: 1.0e-1, log: true, points: 4 }
    schedule.min_lr: { of: optimizer.lr, times: 0.1 }
  arms:
    lion:
      optimizer.lr: { low: 1.0e-4, high: 1.0e-3, log: true, points: 2 }
      optimizer.weight_decay: [0.1, 0.3]
"""
RANDOM = (
    GOOD.replace("{ type: grid }", "{ type: random, seed: 1 }").replace(", points: 4", "").replace(", points: 2", "")
)


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate((HEAD + text).splitlines(), start=1) if part in line)


def test_an_arm_is_taken_for_the_middle_of_its_space_until_it_is_tuned(expanded: Expand) -> None:
    plan = expanded(GOOD)
    lr = {arm.name: arm.config["optimizer"]["lr"] for arm in plan.arms}
    assert lr == {"base": 0.01, "lion": 0.0003162, "window": 0.01}
    assert [arm.config["schedule"]["min_lr"] for arm in plan.arms] == [0.001, 0.00003162, 0.001]
    assert plan.cells == ()
    assert all(arm.untuned == arm and arm.tuned == {} for arm in plan.arms)


def test_the_tuning_seeds_are_known_as_such_everywhere(load: Load) -> None:
    assert [s.label for s in load(GOOD).seed_plan.tuning] == ["1001", "1002"]
    both = load(GOOD.replace("seeds: 2\n", "seeds: { arms: 2, control: 2, tuning: [7, 1001] }\n"))
    assert [s.label for s in both.seed_plan.tuning] == ["7", "1001", "1002"]


def test_a_space_in_numbers() -> None:
    space = {"a": Range(1.0, 100.0, log=True, points=3), "b": ["x", "y"], "c": Follows("a", 0.5)}
    assert [(p["a"], p["b"], p["c"]) for p in crossed(space)] == [
        (1.0, "x", 0.5), (1.0, "y", 0.5), (10.0, "x", 5.0), (10.0, "y", 5.0), (100.0, "x", 50.0), (100.0, "y", 50.0),
    ]  # fmt: skip
    assert middle(space) == {"a": 10.0, "b": "x", "c": 5.0}
    assert [(p["a"], p["b"]) for p in samples(space)] == [(1.0, "x"), (100.0, "y"), (10.0, "x"), (10.0, "y")]
    assert completed({"c": Follows("a", 0.1), "a": [3]}, {"a": 0.3}) == {"c": 0.03, "a": 0.3}
    assert rounded(Range(0.0, 1.0), 0.123456) == 0.1235
    assert rounded(Range(0.12345, 0.5), 0.12346) == 0.1235
    assert rounded(Range(0.12345, 0.12349), 0.12348) == 0.12349, "inside, whatever rounding makes of it"
    assert rounded(Range(1, 9, int=True), 8.6) == 9


@pytest.mark.parametrize(
    ("knob", "ends"),
    [
        (Range(1.0, 100.0, log=True), {1.0: "low", 1.25: "low", 1.3: None, 77.0: None, 80.0: "high", 100.0: "high"}),
        (Range(0.0, 1.0), {0.05: "low", 0.051: None, 0.949: None, 0.95: "high"}),
        (Range(1, 64, int=True), {1: "low", 2: None, 64: "high"}),
        ([0.3, 0.1, 0.2], {0.1: "low", 0.2: None, 0.3: "high"}),
        (["a", "b"], {"a": None, "b": None}),
        ([True, False], {True: None, False: None}),
        (Follows("a"), {1.0: None}),
    ],
)
def test_edges(knob: object, ends: dict[object, str | None]) -> None:
    assert {value: edge(knob, value) for value in ends} == ends  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("trials: 4", "trials: 5", "trials: 5", ["tune.trials: 5", "arm 'base' has 4 configurations"]),
        ("points: 2", "points: 3", "trials: 4", ["tune.trials: 4", "arm 'lion' has 6 configurations"]),
        ("  trials: 4", "  trails: 4", "trails", ["tune.trails", "trials"]),
        ("[1001, 1002]", "[1001, 2]", "seeds: [1001", ["tune.seeds: 2 are seeds of the comparison", "tune on others"]),
        ("[1001, 1002]", "[{init: 1001, data: 2}]", "seeds: [{", ["1001/2 are seeds of the comparison"]),
        ("[1001, 1002]", "[]", "seeds: []", ["tune.seeds: []", "[1001, 1002]"]),
        ("[1001, 1002]", "[1001, 1001]", "seeds: [1001", ["tune.seeds", "1001 is there twice"]),
        ("low: 1.0e-3, high: 1.0e-1", "low: 1.0, high: 0.1", "low: 1.0,", ["low 1 is not below high 0.1"]),
        ("low: 1.0e-3", "low: 0.0", "low: 0.0", ["low 0 has no place on a log scale"]),
        (", points: 4", "", "high: 1.0e-1", ["give points"]),
        ("low: 1.0e-3", "hgih: 1.0e-3", "hgih", ["tune.space.optimizer.lr", "low, high, log, int, points"]),
        ("[0.1, 0.3]", "[0.1]", "[0.1]", ["weight_decay: [0.1] leaves nothing to tune"]),
        ("[0.1, 0.3]", "[0.1, 0.1]", "[0.1, 0.1]", ["a value is there twice"]),
        ("    lion:\n", "    loin:\n", "loin", ["tune.arms.loin: unknown arm 'loin'", "lion"]),
        ("optimizer: lion }", "optimizer: { type: lion, lr: 1e-3 } }", "lr: 1e-3",
         ["optimizer.lr: the arm sets it, and tune.space searches it"]),
        ("of: optimizer.lr", "of: optimizer.rl", "of: optimizer.rl", ["'optimizer.rl' is not tuned", "optimizer.lr"]),
        ("times: 0.1", "times: 2", "times: 2", ["schedule.min_lr: 0.02 is more than optimizer.lr 0.01"]),
        ("schedule.min_lr: {", "schedule.mni_lr: {", "mni_lr", ["schedule.mni_lr", "min_lr"]),
        ("optimizer.weight_decay: [", "optimizer.momentum: [", "momentum", ["optimizer.momentum"]),
        ("optimizer.weight_decay: [0.1, 0.3]", "train.steps: [40, 50]", "[40, 50]", ["train.steps: cannot be tuned"]),
        ("optimizer.weight_decay: [0.1, 0.3]", "split: [tuning, validation]", "[tuning,", ["split: is set for the"]),
        ("optimizer.weight_decay: [0.1, 0.3]", "train.threads: [1, 2]", "[1, 2]", ["train.threads: cannot differ"]),
        ("{ type: grid }", "{ type: grid, seed: 1 }", "seed: 1", ["tune.search.seed: a grid draws nothing"]),
        ("{ type: grid }", "{ type: grid, batch: 2 }", "batch: 2", ["tune.search.batch: grid learns nothing"]),
        ("{ type: grid }", "{ type: asha }", "asha", ["tune.search.type: 'asha'", "'tpe'"]),
        ("{ type: grid }", "{ type: tpe }", "type: tpe", ["tune.search.batch: missing"]),
        ("  arms:\n    lion:", "  prune: { type: halving, first: 15 }\n  arms:\n    lion:", "first: 15",
         ["tune.prune.first: 15 is no multiple of train.eval_every 10"]),
        ("  arms:\n    lion:", "  prune: { type: halving, first: 40 }\n  arms:\n    lion:", "first: 40",
         ["tune.prune.first: 40 is not below train.steps 40"]),
        ("train.accelerator: cpu", "split: tuning", "split: tuning", ["split: is set for the trials"]),
        ("train.accelerator: cpu", "train.until: 20", "train.until: 20", ["train.until: is set for the trials"]),
        ("size: 8 }", "size: 8 }, train.until: 20", "train.until: 20", ["train.until: is set for the trials"]),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(old: str, new: str, at: str, says: list[str], expanded: Expand) -> None:
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    with pytest.raises(ConfigError) as error:
        expanded(text)
    said = str(error.value)
    assert f"g.yaml:{line_of(text, at)}: " in said, said
    assert [part for part in says if part not in said] == [], said


@pytest.mark.parametrize(
    ("search", "says"),
    [
        ("{ type: tpe, batch: 5 }", "tune.search.batch: 5 is more than tune.trials 4"),
        (
            "{ type: tpe, batch: 2, arguments: { n_startup: 3 } }",
            "tune.search.arguments.n_startup: unknown argument of tpe",
        ),
        ("{ type: tpe, batch: 2, arguments: { n_startup_trials: many } }", "n_startup_trials: 'many' is not allowed"),
        ("{ type: random, arguments: { seed: 3 } }", "tune.search.arguments.seed: unknown argument of random"),
    ],
)
def test_a_searchs_arguments_are_checked(search: str, says: str, expanded: Expand) -> None:
    with pytest.raises(ConfigError) as error:
        expanded(RANDOM.replace("{ type: random, seed: 1 }", search))
    assert says in str(error.value)


def test_a_list_that_is_too_short_for_the_trials_is_refused(expanded: Expand) -> None:
    text = RANDOM.replace("{ low: 1.0e-3, high: 1.0e-1, log: true }", "[0.01, 0.02, 0.03]")
    with pytest.raises(ConfigError, match=r"tune\.trials: 4, and arm 'base' has 3 configurations in all"):
        expanded(text)


def test_an_override_of_a_tuned_key_would_do_nothing_and_is_refused(expanded: Expand) -> None:
    for override in ("optimizer.lr=0.01", "optimizer={lr: 0.01}"):
        with pytest.raises(ConfigError, match=r"it is tuned, and the winner's value counts"):
            expanded(GOOD, override)
    with pytest.raises(UserError, match=r"tune\.trials.*is set in the grid's file only"):
        expanded(GOOD, "tune.trials=3")


def test_an_arm_may_do_without_a_key_of_the_others(expanded: Expand) -> None:
    text = GOOD.replace("optimizer: lion }", "optimizer: lion, schedule: { type: constant, warmup_steps: 5 } }")
    with pytest.raises(ConfigError, match=r"schedule\.min_lr"):
        expanded(text)
    plan = expanded(text.replace("[0.1, 0.3]\n", "[0.1, 0.3]\n      schedule.min_lr: null\n"))
    assert plan.arms[1].config["schedule"] == {"type": "constant", "warmup_steps": 5}


def test_an_arm_that_only_tunes_more_is_the_control(expanded: Expand) -> None:
    with pytest.raises(ConfigError, match="is the same as the control"):
        expanded(GOOD.replace("{ optimizer: lion }", "{}"))


def test_a_changed_declaration_is_seen(load: Load) -> None:
    grid = load(GOOD)
    assert grid.tune is not None
    stored = {
        "control": "base",
        "arms": [],
        "skipped": ["x"],
        "cells": [],
        "seeds": {"arms": [[1, 1], [2, 2]], "control": [[1, 1], [2, 2]]},
        "rule_hash": grid.decide.rule_hash,
        "tuning": {"declared": digest_of(grid.tune)},
    }
    assert changed_keys(grid, stored) == []
    assert changed_keys(load(GOOD.replace("times: 0.1", "times: 0.2")), stored) == ["tune"]
    assert changed_keys(load(GOOD.replace("seeds: 2", "seeds: 3")), stored) == ["seeds"]
    assert changed_keys(load(GOOD[: GOOD.index("tune:")]), stored) == ["tune"]
