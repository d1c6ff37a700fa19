"""A grid that was edited after it was run, or is named with other overrides, is told from what was run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.grid.conftest import Load
from tests.tables import made_up
from tinker.errors import UserError
from tinker.grid.changed import changed_keys
from tinker.grid.find import results_of
from tinker.grid.schema import Grid

TEXT = "seeds: {arms: 2, control: 3}\narms:\n  wide: {model.n_embd: 32}\n"
AXES = "seeds: 1\naxes: {model.n_layer: [1, 2]}\n"


def _stored(grid: Grid, diffs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """`grid.json` of that grid, with these arms."""
    seeds = {grid.control: grid.seed_plan.control} | dict.fromkeys(diffs, grid.seed_plan.arms)
    content = made_up.grid({arm: [s.init for s in plan] for arm, plan in seeds.items()}, grid.control)
    for arm in content["arms"]:
        arm["diff"] = diffs.get(arm["name"], {})
    return content | {"name": grid.results_name, "rule_hash": grid.decide.rule_hash} | changes


def _wide(grid: Grid) -> dict[str, Any]:
    return _stored(grid, {"wide": {"model": {"n_embd": 32}}})


def test_a_grid_as_it_was_run_is_unchanged(load: Load) -> None:
    assert changed_keys(load(TEXT), _wide(load(TEXT))) == []
    assert changed_keys(load("seeds: [2, 1]\n"), _stored(load("seeds: 2\n"), {})) == [], "the order tells nothing"


@pytest.mark.parametrize(
    ("text", "overrides", "changed"),
    [
        (TEXT, ["decide.alpha=0.01"], ["decide"]),
        (TEXT, ["seeds=3"], ["seeds"]),
        (TEXT, ["seeds.control=4"], ["seeds"]),
        (TEXT, ["seeds=[1]", "decide.min_effect=1"], ["seeds", "decide"]),
        (TEXT, ["resources.concurrent=1", "retries=0"], []),
        (TEXT, ["budget={hours: 3, usd: 10, usd_per_hour: 2.5, trials: 9, flops: 1e12}"], []),
        (TEXT + "priority: 3\n", [], []),
        (TEXT.replace("wide", "broad"), [], ["arms"]),
        (TEXT.replace("32", "64"), [], ["arms"]),
        (TEXT + "  deep: {model.n_layer: 3}\n", [], ["arms"]),
        (TEXT.partition("arms:\n")[0], [], ["arms"]),
    ],
)
def test_an_edit_is_named_by_its_key(text: str, overrides: list[str], changed: list[str], load: Load) -> None:
    assert changed_keys(load(text, *overrides), _wide(load(TEXT))) == changed


def test_another_control_is_a_change(load: Load) -> None:
    assert changed_keys(load(TEXT), _wide(replace(load(TEXT), control="other"))) == ["control"]


def test_an_arm_that_was_left_out_as_a_double_is_no_change(load: Load) -> None:
    grid = load(TEXT + "  broad: {model.n_embd: 32}\n")
    assert changed_keys(grid, _wide(grid) | {"skipped": ["arm 'broad' is the same as 'wide'"]}) == []


def test_a_combination_that_is_the_control_is_no_change(load: Load) -> None:
    grid = load(AXES)
    assert changed_keys(grid, _stored(grid, {"n_layer=1": {"model": {"n_layer": 1}}})) == []
    assert changed_keys(grid, _stored(grid, {"n_layer=3": {"model": {"n_layer": 3}}})) == ["arms"]


def test_results_of_a_changed_file_carry_a_note_that_says_how_to_run_it(load: Load, tmp_path: Path) -> None:
    results, file = tmp_path / "my results", tmp_path / "g.yaml"
    made_up.save(results, _wide(load(TEXT)))
    assert results_of(str(file), [], results).notes == ()
    [note] = results_of(str(file), ["seeds=5", "decide.alpha=0.01"], results).notes
    assert "(seeds, decide changed): this report is of what was run" in note
    assert note.endswith(f"`tinker run {file} seeds=5 decide.alpha=0.01 --results '{results}'`")
    assert results_of("g", [], results).notes == (), "a name is what was run"


def test_a_grid_that_was_never_run_has_no_results(load: Load, tmp_path: Path) -> None:
    load(TEXT)
    with pytest.raises(UserError, match="'g' is not a grid in"):
        results_of(str(tmp_path / "g.yaml"), [], tmp_path / "results")
