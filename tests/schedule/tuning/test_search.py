"""What a search asks for: equal again, inside the space, nothing twice; and what it is told."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest

from tinker.grid.space import Params
from tinker.grid.tune import Follows, Range, Search, Space, Tune
from tinker.schedule.tuning.search import Tried, ask, batch_size

SPACE: Space = {
    "lr": Range(1e-5, 1e-2, log=True),
    "layers": Range(1, 4, int=True),
    "decay": [0.0, 0.1],
    "node": [{"type": "window", "size": 8}, "full"],
    "min_lr": Follows("lr", 0.1),
}


def tune_of(kind: Any, trials: int = 12, batch: int | None = None, **arguments: Any) -> Tune:
    return Tune(trials, [1001], Search(kind, 5, batch, arguments))


def told(params: list[Params]) -> list[Tried]:
    """One that diverged, one that was pruned, and the rest."""
    losses = [None if n == 0 else 1.0 + abs(math.log(each["lr"] / 1e-3)) for n, each in enumerate(params)]
    return [Tried(p, loss, 10 if n == 1 else None) for n, (p, loss) in enumerate(zip(params, losses, strict=True))]


@pytest.mark.parametrize(
    ("search", "direction"), [("random", "lower"), ("tpe", "lower"), ("tpe", "higher"), ("gp", "lower")]
)
def test_a_batch_is_a_function_of_what_came_before(search: str, direction: Any) -> None:
    tune = tune_of(
        search, batch=None if search == "random" else 4, **({} if search == "random" else {"n_startup_trials": 2})
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = ask(tune, "a", SPACE, 0, [], direction)
        assert ask(tune, "a", SPACE, 0, [], direction) == first
        assert ask(tune, "b", SPACE, 0, [], direction) != first
        if search != "random":
            second = ask(tune, "a", SPACE, 1, told(first), direction)
            assert ask(tune, "a", SPACE, 1, told(first), direction) == second
            assert ask(tune, "a", SPACE, 1, told(first[::-1]), direction) != second, "it learns"
            first += second
    assert len(first) == (12 if search == "random" else 8)
    for each in first:
        assert list(each) == list(SPACE)
        assert 1e-5 <= each["lr"] <= 1e-2
        assert each["lr"] == float(f"{each['lr']:.4g}")
        assert each["layers"] in (1, 2, 3, 4)
        assert each["decay"] in (0.0, 0.1)
        assert each["node"] in SPACE["node"]  # type: ignore[operator]
        assert each["min_lr"] == pytest.approx(0.1 * each["lr"], rel=1e-11)


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_nothing_is_tried_twice_while_there_is_something_else(search: str) -> None:
    space: Space = {"a": [1, 2, 3], "b": ["x", "y"], "c": Range(0, 1, int=True)}
    tune = tune_of(search, batch=None if search == "random" else 3)
    found: list[Params] = []
    for batch in range(12):
        if batch_size(tune, len(found)):
            found += ask(tune, "a", space, batch, [Tried(each, float(each["a"])) for each in found], "lower")
    assert len(found) == 12 == len({str(each) for each in found})


def test_all_that_diverged_is_no_reason_to_stop() -> None:
    tune = tune_of("tpe", batch=4, n_startup_trials=2)
    first = ask(tune, "a", SPACE, 0, [], "lower")
    assert len(ask(tune, "a", SPACE, 1, [Tried(each, None) for each in first], "lower")) == 4


def test_what_diverged_counts_as_the_worst_and_is_kept_away_from() -> None:
    """Rates above 1e-3 diverge, and below that a higher one is better: half of all draws would be above."""
    space: Space = {"lr": Range(1e-5, 1e-1, log=True)}
    tune = tune_of("tpe", trials=40, batch=8, n_startup_trials=8)
    found: list[Params] = []
    for batch in range(5):
        tried = [Tried(e, None if e["lr"] > 1e-3 else 1 - 1e2 * e["lr"]) for e in found]
        found += ask(tune, "a", space, batch, tried, "lower")
    assert sum(each["lr"] > 1e-3 for each in found[24:]) < 8


def test_the_last_batch_is_what_is_left() -> None:
    tune = tune_of("tpe", trials=7, batch=3)
    assert [batch_size(tune, n) for n in (0, 3, 6, 7)] == [3, 3, 1, 0]
    assert batch_size(tune_of("random"), 0) == 12
