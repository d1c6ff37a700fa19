"""What the declared test takes for granted is said where it is not given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.stats.made_up import RULE, judged, row, rows


def _warnings(n: int, m: int, **rule: Any) -> str:
    rng = np.random.default_rng(4)
    values = {"control": rng.normal(2.0, 0.1, m).tolist(), "arm": rng.normal(2.0, 0.1, n).tolist()}
    return " ".join(judged(rows(values), replace(RULE, **rule))["arm"]["warnings"])


@pytest.mark.parametrize("test", ["permutation", "rank"])
def test_relabelling_unlike_numbers_of_runs_takes_their_sd_for_equal(test: str) -> None:
    """Simulated, 5 against 20 runs and an arm of 1.3, 2 and 3 times the sd: permutations err .087, .153, .218."""
    for n, m in ((5, 20), (20, 5), (4, 7)):
        said = _warnings(n, m, test=test)
        assert f"a {test} test takes the sd of both sides for equal: with {min(n, m)} runs against {max(n, m)}" in said


@pytest.mark.parametrize(
    ("n", "m", "rule"),
    [
        (4, 6, {"test": "permutation"}),
        (6, 4, {"test": "rank"}),
        (5, 20, {}),
        (5, 20, {"test": "permutation", "pairing": "seed"}),
        (5, 20, {"test": "rank", "pairing": "seed"}),
    ],
)
def test_nothing_is_said_where_that_does_no_harm(n: int, m: int, rule: dict[str, Any]) -> None:
    assert "for equal" not in _warnings(n, m, **rule)


def _machines(arm: dict[str, int], control: dict[str, int]) -> list[str]:
    rng = np.random.default_rng(5)
    trials = []
    for name, machines in (("arm", arm), ("control", control)):
        cards = [card for card, count in machines.items() for _ in range(count)]
        trials += [
            row(name, seed, float(rng.normal(2.0, 0.1)), environment_class=card) for seed, card in enumerate(cards)
        ]
    warnings: list[str] = judged(trials, replace(RULE, blocks="hardware"))["arm"]["warnings"]
    return warnings


def test_machines_that_tell_no_noise_are_named() -> None:
    said = "fewer than two runs on a side, so not compared within: new, odd"
    assert said in _machines({"old": 3, "new": 1}, {"old": 3, "new": 3, "odd": 2})
    assert not any("not compared" in text for text in _machines({"old": 3, "new": 2}, {"old": 3, "new": 2}))
