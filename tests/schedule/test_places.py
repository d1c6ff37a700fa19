import time

import pytest

from tinker.schedule.cluster import Capacity
from tinker.schedule.places import MEMORY, PATIENCE, Asked, Places, kind_of

ONE, TWO = {"CPU": 1.0}, {"CPU": 2.0}
FOUR = Capacity(4.0, 0.0, (Capacity(4.0, 0.0),))


def _asked(number: int, resources: dict[str, float] = ONE, line: str = "grid", width: int = 4) -> Asked:
    return Asked(number, "{}", resources, line, width)


def _place(places: Places, number: int, resources: dict[str, float] = ONE) -> float:
    return places.take(_asked(number, resources))[MEMORY]


def _run(places: Places, waiting: list[Asked], capacity: Capacity | None = FOUR) -> list[int]:
    """Takes what may run; the numbers."""
    taken = []
    while (asked := places.next([each for each in waiting if each.number not in taken], capacity)) is not None:
        places.take(asked)
        taken.append(asked.number)
    return taken


def test_each_item_has_a_place_of_its_own_and_the_lowest_that_is_free() -> None:
    places = Places()
    assert len({_place(places, number) for number in (1, 2, 3)}) == 3
    places.leave(2)
    assert _place(places, 4) == 2.0
    places.leave(1)
    places.leave(4)
    assert (_place(places, 5), _place(places, 6)) == (1.0, 2.0)


def test_other_resources_have_places_of_their_own() -> None:
    places = Places()
    assert _place(places, 1, ONE) == _place(places, 2, TWO)
    assert _place(places, 3, {**TWO, "GPU": 1.0}) == _place(places, 4, {"GPU": 1.0})


def test_the_place_is_no_part_of_what_was_asked_for() -> None:
    places = Places()
    assert kind_of(places.take(_asked(1))) == kind_of(places.take(_asked(2))) == kind_of(ONE)
    assert kind_of(places.take(_asked(3, TWO))) != kind_of(ONE)


def test_no_more_run_than_fit() -> None:
    assert _run(Places(), [_asked(number, width=9) for number in range(6)]) == [0, 1, 2, 3]
    assert _run(Places(), [_asked(number, TWO, width=9) for number in range(6)]) == [0, 1]


def test_a_line_is_as_wide_as_it_asks_and_holds_no_other_up() -> None:
    waiting = [*(_asked(number, width=1) for number in range(3)), _asked(9, line="another")]
    assert _run(Places(), waiting) == [0, 9]


def test_an_item_that_ends_makes_room() -> None:
    places = Places()
    assert _run(places, [_asked(0, width=1), _asked(1, width=1)]) == [0]
    places.leave(0)
    assert not places.busy
    assert _run(places, [_asked(1, width=1)]) == [1]


def test_where_nothing_runs_the_first_is_taken_though_it_may_not_fit() -> None:
    assert _run(Places(), [_asked(0, {"CPU": 64.0}), _asked(1, {"CPU": 64.0})]) == [0]
    assert _run(Places(), [_asked(0), _asked(1)], capacity=None) == [0]


def _alternating(count: int) -> list[Asked]:
    kinds = [{"CPU": 2.0}, {"CPU": 1.5}]
    return [_asked(number, kinds[number % 2], line=str(number % 2), width=9) for number in range(count)]


def test_of_kinds_that_do_not_fit_together_one_is_done_first() -> None:
    places, waiting, order = Places(), _alternating(8), list[int]()
    while waiting:
        for number in _run(places, waiting):
            order.append(number)
            waiting = [asked for asked in waiting if asked.number != number]
        places.leave(order[-1])
        for number in order[:-1]:
            places.leave(number)
    assert order == [0, 2, 4, 6, 1, 3, 5, 7]


def test_of_kinds_that_fit_together_both_run() -> None:
    waiting = [_asked(0, TWO), _asked(1, ONE), _asked(2, TWO), _asked(3, ONE)]
    assert _run(Places(), waiting) == [0, 2]
    assert _run(Places(), waiting, Capacity(6.0, 0.0, (Capacity(6.0, 0.0),))) == [0, 2, 1, 3]


def test_no_kind_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    places, waiting = Places(), [_asked(1, {"CPU": 3.0}, line="other"), *(_asked(n) for n in range(2, 9))]
    for number in (100, 101, 102, 103):
        places.take(_asked(number))
    assert _run(places, waiting) == []
    places.leave(100)
    now[0] = PATIENCE - 1
    assert _run(places, waiting) == [2]
    now[0] = PATIENCE + 1
    del waiting[1]
    for number in (2, 101):
        places.leave(number)
        assert _run(places, waiting) == [], "the room is left for it"
    places.leave(102)
    assert _run(places, waiting) == [1]


def test_what_fits_nowhere_holds_nothing_up() -> None:
    waiting = [_asked(0), *(_asked(n, {"CPU": 64.0}, line="other") for n in (1, 2)), *(_asked(n) for n in range(3, 9))]
    assert sorted(_run(Places(), waiting)) == [0, 1, 3, 4, 5]


def test_an_item_that_never_came_leaves_nothing() -> None:
    places = Places()
    places.leave(7)
    assert _place(places, 1) == 1.0
