"""`tinker cloud plan`: every number of pods that may be, each with its cards, and nothing rented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.stub import Catalog
from tinker.cloud.offer_table import WIDTH
from tinker.cloud.plan import planned

GRID = """
name: g
question: Does it?
control: control
scale: smoke
data: grammar
seeds: 2
base: {train.accelerator: cuda}
decide: {metric: val_loss, min_effect: 0.01}
arms: {linear: {model.attention: linear}}
fleet: {max_usd: 900, max_usd_per_hour: 900}
"""


@pytest.fixture
def grid(tmp_path: Path) -> str:
    path = tmp_path / "g.yaml"
    path.write_text(GRID)
    return str(path)


def _plan(grid: str, *overrides: str) -> dict[str, Any]:
    text = planned(grid, overrides, Path(grid).parent / "results", as_json=True, service=Catalog().api)
    made: dict[str, Any] = json.loads(text)
    return made


def test_the_fleets_own_number_of_pods_is_offered_and_compared_with_others(grid: str) -> None:
    made = _plan(grid, "fleet.pods=3")
    assert {offer["pods"] for offer in made["offers"]} == {3}
    assert all({"1", "2", "3", "4"} <= set(found) for found in made["by_pods"].values())


def test_the_community_cloud_has_single_pods_alone(grid: str) -> None:
    assert {pods for found in _plan(grid, "fleet.cloud=community")["by_pods"].values() for pods in found} == {"1"}


def test_the_table_is_readable_at_80_columns_and_marks_the_first_choice(grid: str) -> None:
    text = planned(grid, (), Path(grid).parent / "results", as_json=False, service=Catalog().api)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert [line.split()[1] for line in text.splitlines() if line.startswith(">")] == ["L4"]


def test_a_grid_that_would_not_use_a_gpu_is_told_so_and_what_to_do(grid: str) -> None:
    (note,) = _plan(grid, "train.accelerator=cpu")["notes"]
    assert "a rented GPU would not be used" in note
    assert "train.accelerator=cuda" in note
    assert _plan(grid)["notes"] == []
    text = planned(grid, ["train.accelerator=cpu"], Path(grid).parent, as_json=False, service=Catalog().api)
    assert text.startswith("note: ")
    assert max(map(len, text.splitlines())) <= WIDTH


def test_more_pods_are_faster_and_not_cheaper(grid: str) -> None:
    found = _plan(grid, "train.steps=9000000")["by_pods"]["NVIDIA L4"]
    assert found["4"]["hours"] < found["2"]["hours"] < found["1"]["hours"]
    assert found["4"]["usd"] >= found["1"]["usd"]


def test_a_fleet_of_a_file_stands_in_place_of_the_grids(grid: str, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("cards: [H100 SXM]\n")
    text = planned(grid, (), tmp_path / "results", as_json=True, file=file, service=Catalog().api)
    assert [offer["name"] for offer in json.loads(text)["offers"]] == ["H100 SXM"]
