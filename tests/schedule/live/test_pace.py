"""Estimates that hold where trials differ in length and several run at once."""

from __future__ import annotations

import pytest

from tinker.schedule.live.pace import Lengths, Pace, Running


def _after(pace: Pace, ends: list[tuple[str, float, float]]) -> Pace:
    """Trials of a kind from one time to another, all whole."""
    for kind, since, until in ends:
        pace.began = since if pace.began is None else min(pace.began, since)
        pace.end(Running(kind, since), until, whole=True, lost=False)
        pace.ended += 1
    return pace


def test_nothing_is_said_of_a_run_that_has_not_begun() -> None:
    assert Pace().left(100.0, [], {"a": 3}) is None
    assert Pace().rate(100.0) is None
    assert Pace(began=0.0).left(5.0, [Running("a", 0.0)], {}) is None, "it has not done a step"


def test_two_workers_take_half_the_time() -> None:
    pace = _after(Pace(), [("a", 0, 100), ("a", 0, 100)])
    assert pace.left(100.0, [], {"a": 6}) == pytest.approx(300)
    assert pace.rate(100.0) == pytest.approx(72)


def test_the_arms_that_are_left_count_with_their_own_length() -> None:
    pace = _after(Pace(), [("quick", 0, 10), ("slow", 10, 110)])
    assert pace.left(110.0, [], {"slow": 3}) == pytest.approx(300)
    assert pace.left(110.0, [], {"quick": 3}) == pytest.approx(30)
    assert pace.left(110.0, [], {"unknown": 2}) == pytest.approx(110), "the mean of what is known"


def test_the_last_trial_at_work_sets_the_end() -> None:
    pace = _after(Pace(), [("a", 0, 100)] * 4)
    running = Running("a", 100.0, 0.0, 0.1)
    assert pace.left(120.0, [running], {}) == pytest.approx(180), "20 s for a tenth, though four ran at once before"


def test_a_trial_that_goes_on_from_its_checkpoint_says_how_long_a_whole_one_takes() -> None:
    pace = Pace(began=0.0)
    assert pace.left(30.0, [Running("a", 0.0, 0.5, 0.8)], {"a": 1}) == pytest.approx(20 + 100)
    pace.end(Running("a", 0.0, 0.5), 50.0, whole=True, lost=False)
    assert pace.lengths.mean("a") == pytest.approx(100)


def test_work_that_was_lost_makes_the_rest_take_longer() -> None:
    pace = _after(Pace(), [("a", 0, 100)])
    pace.end(Running("a", 100.0), 200.0, whole=False, lost=True)
    assert pace.left(200.0, [], {"a": 1}) == pytest.approx(200), "one trial in 200 s so far"


def test_a_probation_or_nothing_at_all_is_no_length() -> None:
    assert Lengths().mean("a") is None
    assert Pace(began=0.0, useful=10.0).left(10.0, [], {"a": 0}) == 0.0
