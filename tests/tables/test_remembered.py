"""Tables are the same with and without what is remembered of the trials, whatever happens to either."""

from __future__ import annotations

import math
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tables.made_up import HERE, finish, grid, spec
from tinker.errors import UserError
from tinker.store.layout import TrialFolder
from tinker.store.store import Store
from tinker.store.verdicts import accept, supersede
from tinker.tables import stored
from tinker.tables.collect import Collected, collect
from tinker.tables.remembered import path_of

ARMS = {"baseline-v0": [0, 1], "rotary": [0, 1]}
CODE = {"fingerprint": "f00d" * 4, "modules": {"model/gpt.py": "0123"}}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three finished trials of four, written long ago as it seems, whose tables were made once."""
    monkeypatch.setattr("tinker.store.reading.TICK", -3600.0)
    finish(tmp_path, "baseline-v0", 0, val_loss=2.0, excess_recall=0.1, points=3)
    finish(tmp_path, "baseline-v0", 1, val_loss=0.1 + 0.2, points=2)
    finish(tmp_path, "rotary", 0, val_loss=math.nan, status="diverged", steps=7)
    collect(tmp_path, grid(ARMS), keep=False)
    assert path_of(tmp_path, "made-up").exists()
    return tmp_path


def _folder(results: Path, arm: str = "baseline-v0", seed: int = 1) -> TrialFolder:
    return Store(results).folder(spec(arm, seed), HERE)


def _both(results: Path) -> tuple[Collected, Collected]:
    """With what is remembered, and from the files alone."""
    remembered = collect(results, grid(ARMS), keep=False)
    path_of(results, "made-up").unlink()
    return remembered, collect(results, grid(ARMS), keep=False)


def _equal(one: Collected, other: Collected) -> bool:
    # NaN is not equal to itself for Arrow either, so the rows are compared as they print.
    same = str(one.trials.to_pylist()) == str(other.trials.to_pylist())
    return same and str(one.curves.to_pylist()) == str(other.curves.to_pylist())


def _another(results: Path) -> None:
    finish(results, "rotary", 1, val_loss=1.5, excess_recall=0.3, points=4)


def _done_again(results: Path) -> None:
    supersede(_folder(results), "c0de")
    finish(results, "baseline-v0", 1, val_loss=9.0, points=5)


def _accepted(results: Path) -> None:
    accept(_folder(results), {"how": "replayed", "code": CODE})


def _elsewhere(results: Path) -> None:
    finish(results, "rotary", 1, environment_class="z-elsewhere", val_loss=4.0)


CHANGES: list[Callable[[Path], None]] = [
    _another,
    _done_again,
    _accepted,
    _elsewhere,
    lambda results: shutil.rmtree(_folder(results).path),
    lambda results: _folder(results).status.write_text('{"state": "done", "attempts": 3}'),
    lambda results: _folder(results).result.unlink(),
    lambda results: _folder(results).result.write_text("torn"),
    lambda results: next(_folder(results).path.glob("curve.*")).unlink(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_trial_that_came_went_or_changed_is_noticed(results: Path, change: Callable[[Path], None]) -> None:
    before = collect(results, grid(ARMS), keep=False)
    change(results)
    remembered, fresh = _both(results)
    assert _equal(remembered, fresh)
    assert not _equal(before, fresh)


def test_only_what_changed_is_read(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    real = stored.stored_row
    monkeypatch.setattr(stored, "stored_row", lambda trial: read.append(trial.trial_id) or real(trial))
    collect(results, grid(ARMS), keep=False)
    assert read == []
    _another(results)
    collect(results, grid(ARMS), keep=False)
    assert read == [spec("rotary", 1).id]


@pytest.mark.parametrize("part", ["curve", "environment", "code"])
def test_a_damaged_part_is_refused_although_it_was_read_before(results: Path, part: str) -> None:
    path = next(_folder(results).path.glob(f"{part}.*"))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(UserError, match="does not fit"):
        collect(results, grid(ARMS), keep=False)


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:-1] + b"?", lambda data: data[: len(data) // 2]]
)
def test_what_is_damaged_is_made_again(results: Path, damage: Callable[[bytes], bytes]) -> None:
    path, before = path_of(results, "made-up"), collect(results, grid(ARMS), keep=False)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert _equal(collect(results, grid(ARMS), keep=False), before)
    assert path.read_bytes() == whole


def test_a_folder_in_its_place_stops_nothing(results: Path) -> None:
    before = collect(results, grid(ARMS), keep=False)
    path_of(results, "made-up").unlink()
    path_of(results, "made-up").mkdir()
    assert _equal(collect(results, grid(ARMS), keep=False), before)


def test_a_trial_written_this_moment_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinker.store.reading.TICK", 3600.0)
    finish(tmp_path, "baseline-v0", 0, val_loss=2.0)
    for attempts in (2, 5):
        Store(tmp_path).folder(spec("baseline-v0", 0), HERE).status.write_text(f'{{"attempts": {attempts}}}')
        assert collect(tmp_path, grid(ARMS), keep=False).trials.to_pylist()[0]["attempts"] == attempts


def test_several_processes_at_once_agree(results: Path) -> None:
    path_of(results, "made-up").unlink()
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        found = pool.map(_rows, [results] * 6)
    assert set(found) == {_rows(results)}


def _rows(results: Path) -> str:
    return str(collect(results, grid(ARMS), keep=False).trials.to_pylist())


def test_a_few_new_trials_are_read_again_instead_of_writing_all_anew(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "FEW", 0.3)
    path = path_of(results, "made-up")
    written = path.read_bytes()
    _another(results)  # one of four
    for _ in range(2):
        assert collect(results, grid(ARMS), keep=False).trials.to_pylist()[3]["val_loss"] == 1.5
        assert path.read_bytes() == written
    _done_again(results)  # two of four
    remembered, fresh = _both(results)
    assert _equal(remembered, fresh)
    collect(results, grid(ARMS), keep=False)
    assert path.read_bytes() != written
