"""Which trials count as hung: by what this process has seen, whatever any clock says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinker.schedule import stalled
from tinker.schedule.stalled import DYING, EVERY, STARTING, Stalls
from tinker.schedule.worker import ProgressFile
from tinker.store.layout import TrialFolder
from tinker.store.progress import read_progress, touch_progress, write_progress


class Clock:
    """Stands in for `time` there."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Moved by hand."""
    found = Clock()
    monkeypatch.setattr(stalled, "time", found)
    return found


def _pass(stalls: Stalls, clock: Clock, seconds: float, running: set[int]) -> list[int]:
    late = []
    end = clock.now + seconds
    while clock.now < end:
        clock.now += EVERY
        late += stalls.overdue(running)
    return late


def test_a_silent_trial_is_named_once_and_again_if_it_does_not_die(clock: Clock, tmp_path: Path) -> None:
    stalls, folder = Stalls(), TrialFolder(tmp_path)
    stalls.watch(1, [folder], 600.0)
    assert _pass(stalls, clock, 590, {1}) == []
    assert _pass(stalls, clock, 12, {1}) == [1]
    assert _pass(stalls, clock, DYING - 4, {1}) == []
    assert _pass(stalls, clock, 8, {1}) == [1]


def test_the_first_sign_of_life_may_take_longer(clock: Clock, tmp_path: Path) -> None:
    stalls, folder = Stalls(), TrialFolder(tmp_path)
    stalls.watch(1, [folder], 10.0)
    assert _pass(stalls, clock, STARTING - 4, {1}) == []
    write_progress(folder, 1, 100)
    assert _pass(stalls, clock, 8, {1}) == []
    assert _pass(stalls, clock, 8, {1}) == [1]


def test_steps_and_evaluations_are_life(clock: Clock, tmp_path: Path) -> None:
    stalls, folder = Stalls(), TrialFolder(tmp_path)
    stalls.watch(1, [folder], 400.0)
    for step in range(5):
        write_progress(folder, step, 100)
        assert _pass(stalls, clock, 300, {1}) == []
        touch_progress(folder)
        assert _pass(stalls, clock, 300, {1}) == []


def test_a_driver_that_did_not_look_has_seen_no_silence(clock: Clock, tmp_path: Path) -> None:
    stalls = Stalls()
    stalls.watch(1, [TrialFolder(tmp_path)], 600.0)
    clock.now += 100_000  # it was stopped, and all of its workers with it
    assert stalls.overdue({1}) == []


def test_what_has_ended_is_forgotten(clock: Clock, tmp_path: Path) -> None:
    stalls = Stalls()
    stalls.watch(1, [TrialFolder(tmp_path)], 10.0)
    assert _pass(stalls, clock, 2000, set()) == []


def test_a_sign_of_life_leaves_the_step_that_was_told(tmp_path: Path) -> None:
    folder = TrialFolder(tmp_path)
    told = ProgressFile(folder)
    told.alive()
    assert read_progress(folder) is None, "before the first step there is none"
    told.progress(7, 100)
    told.alive()
    found = read_progress(folder)
    assert found is not None
    assert found.step == 7


def test_an_item_of_several_trials_lives_as_long_as_one_of_them_does(clock: Clock, tmp_path: Path) -> None:
    stalls, first, second = Stalls(), TrialFolder(tmp_path / "1"), TrialFolder(tmp_path / "2")
    for folder in (first, second):
        folder.path.mkdir()
    stalls.watch(1, [first, second], 400.0)
    for step in range(3):
        write_progress(second, step, 100)
        assert _pass(stalls, clock, 300, {1}) == []
    assert _pass(stalls, clock, 110, {1}) == [1]
