from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.grid.broken_cases import FILES, GOOD
from tinker.config.groups import Groups
from tinker.config.schema import TrialConfig
from tinker.data.corpus import load
from tinker.errors import UserError
from tinker.grid.expand import expand
from tinker.grid.json_schema import grid_schema
from tinker.grid.load import load_grid
from tinker.grid.yaml_loader import load_document

GRIDS = sorted((Path(__file__).parents[2] / "grids").glob("*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = grid_schema(Groups.find([]))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def tinyshakespeare_or_skip() -> None:
    from tinker.data.corpora.tinyshakespeare import locate

    try:
        locate()
    except UserError as error:
        pytest.skip(f"Tiny Shakespeare is not here: {error}")


@pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.stem)
def test_a_shipped_grid_expands(path: Path) -> None:
    grid = load_grid(path, config_dirs=[])
    if grid.data == "tinyshakespeare":
        tinyshakespeare_or_skip()
    plan = expand(grid, config_dirs=[])
    assert grid.name == path.stem
    assert grid.hypothesis
    assert plan.notes == ()


@pytest.mark.parametrize(
    ("name", "overrides", "suffix"),
    [
        ("attention_variants", ["data=tinyshakespeare", "scale=cpu-char"], "-tinyshakespeare-cpu-char"),
        ("attention_variants", ["scale=smoke", "seeds=1"], "-grammar-smoke"),
        ("baseline", ["scale=reference", "seeds=2"], "-tinyshakespeare-reference"),
    ],
)
def test_a_shipped_grid_expands_elsewhere(name: str, overrides: list[str], suffix: str) -> None:
    if any("tinyshakespeare" in text or "reference" in text for text in overrides):
        tinyshakespeare_or_skip()
    path = next(path for path in GRIDS if path.stem == name)
    plan = expand(load_grid(path, overrides, config_dirs=[]), config_dirs=[])
    assert plan.name == name + suffix
    for arm in plan.arms:
        config = TrialConfig.from_dict(arm.config)
        assert config.gpt(load(config.data).vocab_size).context == config.model.context


def test_the_demo_has_a_control_at_least_six_arms_and_three_seeds() -> None:
    plan = expand(load_grid(next(p for p in GRIDS if p.stem == "attention_variants"), config_dirs=[]), config_dirs=[])
    assert len(plan.arms) >= 7
    assert len(plan.blocks) >= 3
    assert not any(arm.changes_scale for arm in plan.arms)


@pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.stem)
def test_the_json_schema_takes_every_shipped_grid(path: Path, validator: Draft202012Validator) -> None:
    assert [error.message for error in validator.iter_errors(load_document(path).data)] == []


@pytest.mark.parametrize(
    "name",
    [
        "misspelt key",
        "no control",
        "capital name",
        "no such scale",
        "seeds true",
        "no effect at all",
        "direction",
        "unknown key",
        "unknown part",
        "unknown variant",
        "misspelt key of a variant",
        "text for a number",
        "half a layer",
    ],
)
def test_the_json_schema_refuses_what_an_editor_can_know(
    name: str, validator: Draft202012Validator, tmp_path: Path
) -> None:
    case = next(case for case in FILES if case.name == name)
    path = tmp_path / "broken.yaml"
    path.write_text(GOOD.replace(case.old, case.new, 1))
    assert not validator.is_valid(load_document(path).data)


def test_the_json_schema_takes_both_ways_of_writing_a_diff(validator: Draft202012Validator, tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    data = load_document(path).data
    data["arms"] = {
        "a": {"model.attention.1.size": 3, "model.attention.1.type": "window", "optimizer.lr": 1e-3},
        "b": {"model": {"attention": ["full", {"type": "window", "size": 3}], "n_layer": 3}},
        "c": {"model": {"attention": {"1": "linear"}}},
        "d": {"optimizer": {"lr": 1e-3}, "model.position": "rotary"},
        "e": {"init_from": "3fa9c1", "finetune": {"type": "lora", "r": 2, "targets": ["up"]}, "finetune.alpha": 4},
    }
    assert [error.message for error in validator.iter_errors(data)] == []


def test_an_editor_knows_what_a_budget_and_a_priority_take(validator: Draft202012Validator) -> None:
    grid = load_document(GRIDS[0]).data
    good = {"priority": 2, "budget": {"hours": 3, "usd": 10.5, "usd_per_hour": 2.5, "trials": 40, "flops": 1e18}}
    assert validator.is_valid({**grid, **good})
    for wrong in ({"priority": "high"}, {"budget": {"hours": 0}}, {"budget": {"trials": 1.5}}, {"budget": {"days": 1}}):
        assert not validator.is_valid({**grid, **wrong}), wrong
