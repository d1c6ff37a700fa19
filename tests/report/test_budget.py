"""A report of a grid whose budget ran out says so, and what was not run; `tinker check` too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tables.made_up import finish, grid, save
from tinker.report.api import Format, make_report, read_report, render
from tinker.report.budget import of_budget
from tinker.report.not_run import in_words
from tinker.review.find import find
from tinker.review.review import review
from tinker.store.spent import Entry, Ledger, Spent, spent, total

ARMS = {"base": range(1, 9), "linear": range(1, 9), "rotary": range(1, 9)}


def _spent(results: Path, hours: float, **more: Any) -> None:
    Ledger(results, "made-up").write(Entry(hours, 12, 1.2e15, **more))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Four of eight seeds of each arm; three hours of a budget of three are spent."""
    save(tmp_path, grid(ARMS, "base", budget={"hours": 3.0, "usd": 50.0, "usd_per_hour": 2.5}))
    for arm in ARMS:
        for seed in range(1, 5):
            finish(tmp_path, arm, seed, val_loss=2.0 + seed / 1000, train_loss=1.9)
    _spent(tmp_path, 1.0, usd_per_hour=2.0)
    _spent(tmp_path, 2.0, usd_per_hour=2.5)
    return tmp_path


@pytest.mark.parametrize("format", ["table", "md", "html", "json"])
def test_every_format_says_what_was_not_run_and_why(results: Path, format: Format) -> None:
    text = " ".join(render(make_report(results, "made-up"), format).replace("\\", "").split())
    assert "this grid is incomplete: not run: seeds 5 to 8 of all arms (budget.hours 3 used up)" in text
    assert "spent: 3 h, $7.00, 24 trials, 2.4P FLOPs, of a budget of hours 3, usd 50" in text
    assert "with a larger budget (budget.hours 3 used up) runs the 12 unfinished trials" in text


def test_the_tables_alone_say_the_same(results: Path) -> None:
    notes = make_report(results, "made-up").report.notes
    assert read_report(results / "made-up").report.notes == notes
    assert json.loads(render(make_report(results, "made-up"), "json"))["spent"]["usd"] == 7.0


def test_a_check_says_so_too_and_finds_no_fault_with_the_account(results: Path) -> None:
    make_report(results, "made-up")
    for where in ("made-up", str(results / "made-up")):
        made = review(find(where, [], results))
        said = [finding.text for finding in made.findings if finding.gate == "grid"]
        assert any(text.startswith("this grid is incomplete: not run: seeds 5 to 8 of all arms") for text in said)
        assert not [f for f in made.findings if f.gate == "grid.json" and f.state == "FAILED"]


def test_while_something_is_left_only_what_was_spent_is_said(results: Path) -> None:
    save(results, grid(ARMS, "base", budget={"hours": 4.0}))
    [note] = of_budget(make_report(results, "made-up").analysis.grid, [])
    assert note == "spent: 3 h, $7.00, 24 trials, 2.4P FLOPs, of a budget of hours 4"
    assert "with a larger budget" not in render(make_report(results, "made-up"), "table")


def test_a_grid_without_a_budget_has_no_such_note(results: Path) -> None:
    save(results, grid(ARMS, "base"))
    assert not [note for note in make_report(results, "made-up").report.notes if "spent" in note]


def test_an_account_that_cannot_be_read_is_said(results: Path) -> None:
    path = next((results / "made-up" / "spent").iterdir())
    path.write_text(path.read_text()[:20])
    with pytest.raises(Exception, match="what a run of this grid has spent cannot be read") as caught:
        make_report(results, "made-up")
    assert str(path) in str(caught.value)


def test_what_was_spent_is_the_sum_over_runs(tmp_path: Path) -> None:
    assert spent(tmp_path, "g") == Spent()
    assert total([Entry(1.0, 2, 3.0), Entry(2.0, 3, 4.0)], None) == Spent(3.0, 5, 7.0, None)
    assert total([], 2.0) == Spent(usd=0)


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ({"a": [3], "b": [3]}, "seed 3 of all arms"),
        ({"a": [5, 6, 7], "b": [5, 6, 7]}, "seeds 5 to 7 of all arms"),
        ({"a": [4, 5], "b": [4, 5], "c": [5]}, "seed 4 of a, b, seed 5 of a, b, c"),
        ({"a": [1, 3, 9]}, "seeds 1, 3, 9 of a"),
        ({"a": range(1, 40, 2)}, "seeds 1, 3, 5, 7, 9, 11 and 14 more of a"),
        ({"a": [1, 3, 5], "b": [2, 4, 6]}, "seed 1 of a, seed 2 of b, seed 3 of a, seed 4 of b, and 2 more"),
        ({}, ""),
    ],
)
def test_trials_in_a_few_words(trials: dict[str, Any], words: str) -> None:
    arms = ["a", "b"] if len(trials) == 2 else ["a", "b", "c", "d"]
    listed = sorted((seed, arm) for arm, seeds in trials.items() for seed in seeds)
    assert in_words([(arm, (seed, seed)) for seed, arm in listed], arms) == words
