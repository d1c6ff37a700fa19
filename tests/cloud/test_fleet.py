"""A fleet comes from the grid's file, a file of its own, and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinker.cloud.fleet import apart, fleet_of
from tinker.errors import UserError
from tinker.grid.fleet import Fleet

GRID = """
name: g
question: Does it?
control: control
seeds: 2
decide: {metric: val_loss, direction: lower, min_effect: 0.01}
arms: {control: {}, linear: {model.attention: linear}}
"""


def _grid(folder: Path, more: str = "") -> Path:
    path = folder / "g.yaml"
    path.write_text(GRID + more)
    return path


def test_a_grid_without_a_fleet_has_the_defaults(tmp_path: Path) -> None:
    assert fleet_of(_grid(tmp_path), []) == Fleet()


def test_the_grids_block_is_taken_and_the_command_line_changes_it(tmp_path: Path) -> None:
    grid = _grid(tmp_path, "fleet: {cards: [L4, RTX 4090], pods: 2, max_usd: 3}\n")
    fleet = fleet_of(grid, ["fleet.pods=1", "seeds=3"])
    assert (fleet.cards, fleet.pods, fleet.max_usd) == (["L4", "RTX 4090"], 1, 3.0)


def test_a_file_of_its_own_stands_in_place_of_the_block(tmp_path: Path) -> None:
    grid = _grid(tmp_path, "fleet: {pods: 2}\n")
    file = tmp_path / "fleet.yaml"
    file.write_text("cards: [NVIDIA L4]\nmax_usd: 2\n")
    fleet = fleet_of(grid, ["fleet.max_usd=1.5"], file)
    assert (fleet.cards, fleet.pods, fleet.max_usd) == (["NVIDIA L4"], 1, 1.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gpus: 2\n", r"fleet\.yaml:1: gpus: .*gpus_per_pod"),
        ("max_usd: -1\n", r"fleet\.yaml:1: max_usd: -1"),
        ("pods: 1\ncloud: any\n", r"fleet\.yaml:2: cloud: 'any'.*'secure', 'community'"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=said):
        fleet_of(_grid(tmp_path), [], file)


def test_a_mistake_on_the_command_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("pods: 1\n")
    for extra in (None, file):
        with pytest.raises(UserError, match=r"fleet\.pods"):
            fleet_of(_grid(tmp_path), ["fleet.pods=0"], extra)


def test_the_run_there_gets_the_other_overrides_only() -> None:
    assert apart(["fleet.pods=2", "seeds=3", "scale=smoke"]) == (["fleet.pods=2"], ["seeds=3", "scale=smoke"])
