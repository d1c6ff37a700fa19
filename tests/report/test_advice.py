"""What a report advises next."""

from __future__ import annotations

from dataclasses import replace

from tests.stats.made_up import ALL, RULE, rows
from tinker.report.advice import next_steps
from tinker.report.numbers import fixed
from tinker.stats.compare import compare
from tinker.stats.rule import Rule

ARMS = {"control": [2.0, 2.02, 1.98, 2.01], "arm": [1.9, 2.1, 2.05, 1.99]}


def _steps(rule: Rule, count: int = 4) -> str:
    trials = [
        trial | ({} if trial["seed_init"] < count else {"status": "pending", "val_loss": None}) for trial in rows(ARMS)
    ]
    found = [ALL | row for row in compare(trials, ["val_loss"], rule)]
    return " ".join(next_steps(found[:1], found[1:], rule))


def test_a_late_change_is_told_the_way_back() -> None:
    assert "take the change back" in _steps(replace(RULE, edited="the seeds were changed"))
    assert "take the change back" not in _steps(RULE)


def test_while_looks_are_open_no_new_grid_is_proposed() -> None:
    rule = replace(RULE, min_effect=0.01, looks=(2, 4))
    assert "Declare a new grid" in _steps(replace(rule, looks=()))
    assert "Declare a new grid" not in _steps(rule, count=2)
    assert "Declare a new grid" in _steps(rule)


def test_what_rounds_to_zero_has_no_minus() -> None:
    assert (fixed(-0.04, 1), fixed(-0.04, 1, sign=True), fixed(-0.06, 1)) == ("0.0", "+0.0", "-0.1")
