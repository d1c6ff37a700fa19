"""`resources.gpus: auto`: how many trials a card holds, by what they have needed. No GPU is needed here."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.schedule.conftest import write_grid
from tinker.errors import UserError
from tinker.grid.expand import expand
from tinker.grid.load import load_grid
from tinker.schedule import gpu_share
from tinker.schedule.cluster import Capacity
from tinker.schedule.gpu_share import CONTEXT_BYTES, AutoShare, Share
from tinker.schedule.grid_file import write_grid_file
from tinker.schedule.missing import class_of
from tinker.schedule.prepared import limits_of
from tinker.schedule.timing import Timing, write_timing
from tinker.store.store import Store
from tinker.tables.grid_shape import checked

GIB = 2**30


@pytest.mark.parametrize(
    ("peak", "card", "gpus"),
    [
        (5 * GIB, 80 * GIB, 0.0909),  # 11 of 7 GiB
        (10 * GIB, 80 * GIB, 0.1666),  # 6 of 13 GiB
        (30 * GIB, 80 * GIB, 0.5),
        (50 * GIB, 80 * GIB, 1.0),
        (79 * GIB, 80 * GIB, 1.0),  # what ran alone runs alone again
        (0, 24 * GIB, 0.0416),  # the context alone
    ],
)
def test_as_many_fit_as_the_largest_arm_leaves_room_for(peak: int, card: int, gpus: float) -> None:
    share = Share.of({"small": peak // 2, "large": peak}, card)
    assert share.gpus == pytest.approx(gpus, abs=1e-9)
    trials = Capacity(64, 1).fits(1, share.gpus)
    assert trials == 1 or trials * (1.2 * peak + CONTEXT_BYTES) <= card
    assert (trials + 1) * (1.2 * peak + CONTEXT_BYTES) > card
    assert trials * share.gpus <= 1


def test_a_fraction_is_of_one_card() -> None:
    assert Capacity(64, 4).fits(1, 0.75) == 4
    assert Capacity(64, 2).fits(1, 0.5) == 4
    assert Capacity(64, 4, (Capacity(32, 2), Capacity(32, 2))).fits(1, 0.3333) == 12


@pytest.fixture
def auto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A declared grid of two arms on cards of 16 GiB, and what AutoShare said."""
    monkeypatch.setattr(gpu_share, "card_bytes", lambda spec: 16 * GIB)
    grid = write_grid(tmp_path, {"rotary": {"model.position": "rotary"}}, resources={"gpus": "auto"})
    plan, store = expand(load_grid(grid)), Store(tmp_path / "results")
    write_grid_file(plan, tmp_path / "results", [], class_of(plan.cells[0].spec))
    said: list[str] = []
    return SimpleNamespace(plan=plan, store=store, share=AutoShare(plan, store, said.append), said=said)


def _pilot(auto: SimpleNamespace, arm: str, peak: int) -> None:
    spec = next(cell.spec for cell in auto.plan.cells if cell.arm == arm)
    write_timing(auto.store.folder(spec, class_of(spec)), Timing(1, 1.0, 1.0, 1.0, 0, peak, None))


def test_nothing_is_packed_before_every_arm_was_measured(auto: SimpleNamespace) -> None:
    assert auto.share() is None
    _pilot(auto, "base", 2 * GIB)
    assert auto.share() is None
    assert auto.said == []


def test_the_choice_is_said_and_stands_in_the_grid(auto: SimpleNamespace) -> None:
    _pilot(auto, "base", 2 * GIB)
    _pilot(auto, "rotary", 3 * GIB)
    assert auto.share() == 0.3333
    [line] = auto.said
    assert "0.3333 of a card (16.0 GiB)" in line
    assert "rotary, the largest arm, needed 3.00 GiB" in line
    document = checked(json.loads(auto.store.layout.grid("g").read_text()), "g")
    expected = {"gpus": 0.3333, "arm": "rotary", "peak_mem_bytes": 3 * GIB, "card_bytes": 16 * GIB}
    assert document["packing"] == expected


def test_without_cuda_auto_is_no_gpu(auto: SimpleNamespace) -> None:
    assert limits_of(auto.plan).gpus == 0.0


def test_one_and_a_half_cards_are_refused(tmp_path: Path) -> None:
    grid = write_grid(tmp_path, {}, resources={"gpus": 1.5})
    with pytest.raises(UserError, match=r"resources.gpus: 1.5 .* a fraction of one"):
        limits_of(expand(load_grid(grid)))
