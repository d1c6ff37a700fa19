from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.grid.conftest import Load
from tinker.errors import ConfigError
from tinker.grid.decide import Decide
from tinker.spec import Seeds


@pytest.mark.parametrize(
    ("seeds", "overrides", "arms", "control"),
    [
        ("3", [], [1, 2, 3], [1, 2, 3]),
        ("[5, 7]", [], [5, 7], [5, 7]),
        ("{arms: 2, control: 4}", [], [1, 2], [1, 2, 3, 4]),
        ("{arms: [3], control: [2, 3]}", [], [3], [2, 3]),
        ("3", ["seeds=2"], [1, 2], [1, 2]),
        ("3", ["seeds=[4]"], [4], [4]),
        ("{arms: 2, control: 4}", ["seeds=1"], [1], [1]),
        ("{arms: 2, control: 4}", ["seeds.control=3"], [1, 2], [1, 2, 3]),
        ("3", ["seeds={arms:1,control:2}"], [1], [1, 2]),
    ],
)
def test_seeds(seeds: str, overrides: list[str], arms: list[int], control: list[int], load: Load) -> None:
    plan = load(f"seeds: {seeds}\n", *overrides).seed_plan
    assert [s.init for s in plan.arms] == arms
    assert [s.init for s in plan.control] == control
    assert all(s.init == s.data for s in (*plan.arms, *plan.control))


def test_the_streams_may_have_different_seeds(load: Load) -> None:
    plan = load("seeds: [1, {init: 1, data: 2}]\n").seed_plan
    assert plan.arms == (Seeds(1, 1), Seeds(1, 2))


def test_blocks_are_the_arms_seeds_first(load: Load) -> None:
    plan = load("seeds: {arms: [3, 4], control: [1, 3, 2, 4]}\n").seed_plan
    assert [s.label for s in plan.blocks] == ["3", "4", "1", "2"]


def test_a_budget_is_what_was_given_of_it_and_its_price_alone_is_no_limit(load: Load) -> None:
    grid = load("seeds: 1\npriority: -2\nbudget: {usd: 12, usd_per_hour: 2.5, flops: 1e15}\n")
    assert (grid.priority, grid.budget.declared) == (-2, {"usd": 12.0, "usd_per_hour": 2.5, "flops": 1e15})
    grid = load("seeds: 1\n", "budget.usd_per_hour=2")
    assert (grid.priority, grid.budget.declared) == (0, {"usd_per_hour": 2.0})


def test_overrides_of_the_grids_own_keys(load: Load) -> None:
    grid = load("seeds: 1\n", "decide.alpha=1e-2", "resources.cpus=2", "budget.hours=0.5", "retries=0")
    assert (grid.decide.alpha, grid.resources.cpus, grid.budget.hours, grid.retries) == (0.01, 2.0, 0.5, 0)


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ([], "g"),
        (["seeds=7", "decide.alpha=0.01", "resources.cpus=2", "logger=csv", "checkpoint.minutes=1"], "g"),
        (["scale=smoke", "data=grammar", "recipe=baseline-v0"], "g"),
        (["scale=cpu"], "g-grammar-cpu"),
        (["data=tinyshakespeare", "scale=cpu-char", "seeds=2"], "g-tinyshakespeare-cpu-char"),
        (["data=tinyshakespeare"], "g-tinyshakespeare-smoke"),
        (["model.n_layer=3"], "g-de868f"),
        (["scale=cpu", "model.n_layer=3"], "g-grammar-cpu-de868f"),
    ],
)
def test_the_results_folder_is_named_after_what_makes_other_trials(overrides: list[str], name: str, load: Load) -> None:
    assert load("seeds: 1\n", *overrides).results_name == name


def test_other_overrides_have_other_names(load: Load) -> None:
    overrides = ["model.n_layer=3", "model.n_layer=4", "optimizer.lr=1e-4", "optimizer=adamw", "train.threads=2"]
    assert len({load("seeds: 1\n", override).results_name for override in overrides}) == len(overrides)
    assert len({load("seeds: 1\n", f"optimizer.lr={lr}").results_name for lr in ("1e-4", "0.0001")}) == 1


def test_plugins_are_found_beside_the_grid(load: Load, tmp_path: Path) -> None:
    assert load("seeds: 1\nplugins: [mine.py]\n").plugins == [str(tmp_path / "mine.py")]


def test_the_rules_hash_changes_with_every_part_of_it() -> None:
    rule = Decide("val_loss", 0.01)
    others = [
        Decide("train_loss", 0.01),
        Decide("val_loss", 0.02),
        Decide("tokens_per_s", 0.01, direction="higher"),
        Decide("val_loss", 0.01, alpha=0.01),
        Decide("val_loss", 0.01, correction="none"),
    ]
    assert rule.rule_hash == Decide("val_loss", 0.010).rule_hash
    assert len({rule.rule_hash, *(other.rule_hash for other in others)}) == 6


def test_a_grid_is_loaded_without_torch_or_hydra() -> None:
    code = (
        "import sys; from pathlib import Path; from tinker.grid.load import load_grid;"
        "load_grid(Path('grids/attention_variants.yaml'), config_dirs=[]);"
        "print(sorted({'torch', 'hydra', 'ray', 'lightning', 'model.gpt'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_error_of_a_broken_default_is_a_config_error(load: Load) -> None:
    with pytest.raises(ConfigError):
        load("seeds: 0\n")
