"""A report says what every arm's tuning got and what won; before it is complete, how far it is and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.tables.made_up import finish, grid, save
from tests.tables.made_up_tuning import BEST, RATES, tuned, tuning
from tinker.report.api import Format, make_report, read_report, render
from tinker.report.tuning.effort import compute_in_words, efforts, unequal
from tinker.report.tuning.tried import won
from tinker.report.tuning.words import warnings

FORMATS: tuple[Format, ...] = get_args(Format)
DIFF = {"optimizer": {"type": "lion", "betas": [0.9, 0.99]}}


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grid whose arms were tuned and compared."""
    folder = tmp_path_factory.mktemp("complete")
    made = tuned(grid(dict.fromkeys(BEST, range(3))))
    made["arms"][1]["diff"] = DIFF
    save(folder, made)
    for arm, (_, _, loss) in BEST.items():
        for seed in range(3):
            finish(folder, arm, seed, val_loss=loss + 0.001 * seed)
    return folder


def _text(results: Path, format: Format) -> str:
    return " ".join(render(make_report(results, "made-up"), format, width=160).replace("\\", "").split())


@pytest.mark.parametrize("format", ["table", "md", "html"])
def test_effort_winners_edges_and_the_rule_are_said_in_every_format(complete: Path, format: Format) -> None:
    text = _text(complete, format)
    for said in (
        "Each of 3 arms, the control included, got 5 configurations on the same 2 seeds.",
        "Rule: the lowest mean val_loss over the tuning seeds after 100 steps, on the tuning split.",
        "Searched in every arm: optimizer.lr from 0.0001 to 0.01 (log).",
        "All arms got the same compute, in FLOPs.",
        "nothing is tested on them",
        "good: optimizer.lr = 0.01 is at the high end of what was tried: widen it",
        "optimizer.type = lion, optimizer.betas = [0.9, 0.99]",
        "optimizer.lr = 0.0003",
        "the best of good lies at an edge of what was tried (see Tuning): tuned wider it may do better",
    ):
        assert said in text, said


def test_json_has_the_whole_tuning(complete: Path) -> None:
    content = json.loads(render(make_report(complete, "made-up"), "json"))
    assert content["tuning"] == tuning()
    assert {row["verdict"] for row in content["comparisons"]} == {"control", "better", "worse"}


def test_committed_tables_say_the_same_without_a_store(complete: Path) -> None:
    made = make_report(complete, "made-up")
    for format in FORMATS:
        assert render(read_report(complete / "made-up"), format) == render(made, format)


@pytest.mark.parametrize("done", [0, 3])
def test_half_way_every_format_says_how_far_it_is_and_compares_nothing(tmp_path: Path, done: int) -> None:
    save(tmp_path, tuned(grid(dict.fromkeys(BEST, range(3))), done=done))
    for format in FORMATS:
        text = _text(tmp_path, format)
        assert f"the tuning is not complete: {len(BEST) * (done // 2)} of 15 configurations have ended" in text
        assert render(read_report(tmp_path / "made-up"), format)
    assert "What won the tuning" not in _text(tmp_path, "table")
    assert "same compute" not in _text(tmp_path, "table")
    assert json.loads(render(make_report(tmp_path, "made-up"), "json"))["comparisons"] == []


def test_a_tuning_without_a_winner_is_named(tmp_path: Path) -> None:
    made = tuned(grid(dict.fromkeys(BEST, range(1))), done=10)
    made["tuning"]["complete"] = True
    for arm in made["tuning"]["arms"][:2]:
        arm["winner"] = 0
    save(tmp_path, made)
    for format in FORMATS:
        assert "the tuning has ended with no winner for bad: there is nothing to compare" in _text(tmp_path, format)
    assert "bad: no configuration is stable with every seed, so none has won" in _text(tmp_path, "md")


def test_the_next_best_is_of_those_with_the_whole_budget() -> None:
    made = tuning()
    arm = made["arms"][0]
    best = won(arm, made)
    assert best is not None
    assert best.second is not None
    assert (best.tried["number"], best.second["number"]) == (2, 3)
    assert best.behind == pytest.approx(0.02276, abs=1e-5)
    arm["configurations"][3] |= {"rung": 50, "stopped": True}
    again = won(arm, made)
    assert again is not None
    assert again.second is not None
    assert again.second["number"] == 1
    assert won({**arm, "winner": None}, made) is None


def test_where_higher_is_better_the_next_best_is_lower() -> None:
    made = tuning(direction="higher")
    arm = made["arms"][1] | {"winner": 0}
    best = won(arm, made)
    assert best is not None
    assert best.behind is not None
    assert best.behind > 0


def _fewer(made: dict[str, Any]) -> None:
    made["arms"][1]["configurations"].pop(0)


def _other_seed(made: dict[str, Any]) -> None:
    for tried in made["arms"][2]["configurations"]:
        tried["trials"][0]["seed_init"] = 7


def _fewer_of_all(made: dict[str, Any]) -> None:
    for arm in made["arms"]:
        arm["configurations"].pop(0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_fewer, "configurations: baseline-v0 5, good 4, bad 5"),
        (_other_seed, "seeds: bad with others than declared"),
        (_fewer_of_all, "configurations: 4 an arm, and 5 are declared"),
    ],
)
def test_unequal_numbers_are_named(change: Callable[[dict[str, Any]], None], said: str, tmp_path: Path) -> None:
    made = tuned(grid(dict.fromkeys(BEST, range(1))))
    assert unequal(made["tuning"]) == ""
    change(made["tuning"])
    assert unequal(made["tuning"]) == said
    save(tmp_path, made)
    assert f"The arms did not get equal numbers ({said})." in _text(tmp_path, "table")


def test_a_rung_goes_on_from_the_one_before_and_is_counted_once() -> None:
    made = tuning(prune={"type": "halving", "factor": 2, "rungs": [50, 100]})
    arm = made["arms"][1]
    for place, tried in enumerate(arm["configurations"]):
        first = [{**trial, "rung": 50, "steps": 50, "seconds": 1.0, "flops": 5e8} for trial in tried["trials"]]
        stays = place < len(RATES) - 1
        tried["trials"] = first if stays else first + tried["trials"]
        tried |= {"rung": 50, "stopped": True} if stays else {}
    (_, good, _) = efforts(made)
    assert (good.trials, good.steps, good.flops, good.stopped, good.ended) == (10, 4 * 2 * 50 + 200, 6e9, 4, 5)
    said = compute_in_words(made, "baseline-v0")
    assert said.startswith("In FLOPs the arms got between x0.60 (good) and x1.00 (bad) of the control's")
    assert "pruning stops them" in said


def test_ties_are_told_with_who_won() -> None:
    made = tuning()
    made["arms"][1] |= {"ties": [1], "edges": []}
    assert warnings(made) == ["good: configurations 1, 4 have exactly the same mean; the first asked won"]
