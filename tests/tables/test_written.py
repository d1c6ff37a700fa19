"""Tables that are written while something else goes on are there, whole, once that has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tables.made_up import finish, grid
from tinker.errors import UserError
from tinker.tables.collect import collect, written
from tinker.tables.names import CURVES, TRIALS

ARMS = {"baseline-v0": [0, 1]}


def test_both_are_as_if_written_at_once(tmp_path: Path) -> None:
    finish(tmp_path, "baseline-v0", 0, val_loss=2.0, points=3)
    made = collect(tmp_path, grid(ARMS))
    places = [tmp_path / "made-up" / name for name in (TRIALS, CURVES)]
    before = [place.read_bytes() for place in places]
    for place in places:
        place.unlink()
    with written(tmp_path / "made-up", made):
        pass
    assert [place.read_bytes() for place in places] == before


def test_a_table_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    finish(tmp_path, "baseline-v0", 0, val_loss=2.0)
    made = collect(tmp_path, grid(ARMS), keep=False)
    (tmp_path / "made-up" / CURVES).mkdir(parents=True)
    with pytest.raises(UserError, match="could not write"), written(tmp_path / "made-up", made):
        pass


def test_an_error_of_the_block_is_told_and_the_tables_are_there(tmp_path: Path) -> None:
    finish(tmp_path, "baseline-v0", 0, val_loss=2.0)
    made = collect(tmp_path, grid(ARMS), keep=False)
    with pytest.raises(UserError, match="two controls"), written(tmp_path / "made-up", made):
        raise UserError("two controls")
    assert (tmp_path / "made-up" / CURVES).is_file()
