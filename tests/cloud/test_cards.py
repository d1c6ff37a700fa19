from pathlib import Path

import pytest

from tinker.cloud.cards import on_cards

GRID = """
name: g
question: Does it?
control: control
scale: smoke
data: grammar
seeds: 1
base: {train.steps: 10%s}
arms: {linear: {model.attention: linear}}
decide: {metric: val_loss, min_effect: 0.01}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "g.yaml"
    path.write_text(GRID % "")
    return path


def test_where_nobody_says_otherwise_the_cards_are_used(file: Path) -> None:
    assert on_cards(file, ["seeds=2"]) == ["seeds=2", "train.accelerator=cuda"]
    assert on_cards(file, ["train.accelerator=auto"])[-1] == "train.accelerator=cuda"


def test_what_the_grid_or_the_command_line_says_stays(file: Path) -> None:
    assert on_cards(file, ["train.accelerator=cpu"]) == ["train.accelerator=cpu"]
    file.write_text(GRID % ", train.accelerator: cpu")
    assert on_cards(file, ["seeds=2"]) == ["seeds=2"]


def test_a_mistake_in_the_base_is_left_to_the_plan_which_says_where_it_is(file: Path) -> None:
    file.write_text(GRID % ", train.steps.few: 3")
    assert on_cards(file, ["seeds=2"]) == ["seeds=2"]
