"""What an import over an earlier one changes of the plan makes verdicts exploratory; what it does not, does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.importing.made_up import MEANS, Rows, grid, import_, reasons, runs, tinker, verdicts, write_csv

OPEN = {"base": "control", "good": "better", "bad": "worse"}
LATE = {"base": "control", "good": "exploratory", "bad": "exploratory"}


def _twice(tmp_path: Path, first: Rows, second: Rows, *options: str) -> Path:
    """Two files imported under one name."""
    tmp_path.mkdir(exist_ok=True)
    import_(write_csv(tmp_path / "r.csv", first), *options, results=tmp_path / "results")
    return import_(write_csv(tmp_path / "more.csv", second), *options, results=tmp_path / "results")


def _without(rows: Rows, **cells: Any) -> Rows:
    return [row for row in rows if not all(row[key] == value for key, value in cells.items())]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (runs(seeds=[1, 2]), runs(), "the seeds of bad, or of base beside it, were changed on"),
        (runs(), runs(seeds=[1, 2, 3]), "the seeds of bad, or of base beside it, were changed on"),
        (_without(runs(), arm="bad", seed=4), runs(), "the seeds of bad, or of base beside it, were changed on"),
        (_without(runs(), arm="base", seed=4), runs(), "the seeds of bad, or of base beside it, were changed on"),
        (runs(), _without(runs(), arm="bad"), "taken out after results of the arms existed: bad"),
    ],
    ids=["more seeds", "fewer seeds", "more seeds of one arm", "more seeds of the control", "an arm taken out"],
)
def test_seeds_and_arms_that_an_import_changes_make_verdicts_exploratory(
    first: Rows, second: Rows, said: str, tmp_path: Path
) -> None:
    folder = _twice(tmp_path, first, second)
    assert [entry["results_existed"] for entry in grid(folder)["plan_history"]] == [None, True]
    assert "exploratory" in verdicts(folder).values()
    assert set(verdicts(folder).values()) == {"control", "exploratory"}
    assert said in reasons(folder)["good"]


def test_going_back_to_the_first_seeds_is_no_edit(tmp_path: Path) -> None:
    _twice(tmp_path, runs(), runs(seeds=[1, 2, 3]))
    folder = import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results")
    assert verdicts(folder) == OPEN


def test_an_arm_that_is_added_is_no_edit_even_with_seeds_of_its_own(tmp_path: Path) -> None:
    more = [*runs(), *runs({"new": 1.8}, seeds=[1, 2, 3])]
    folder = _twice(tmp_path, runs(), more)
    arms = [sorted(entry["arms"].values()) for entry in grid(folder)["plan_history"]]
    assert arms == [["bad", "good"], ["bad", "good", "new"]]
    assert {arm: verdicts(folder)[arm] for arm in OPEN} == OPEN


def test_runs_without_seeds_are_counted_arm_by_arm(tmp_path: Path) -> None:
    rows = sorted(runs(MEANS | {"new": 1.8}), key=lambda row: str(row["arm"]))
    folder = _twice(tmp_path, _without(rows, arm="bad"), rows, "--seed", "none")
    assert verdicts(folder)["good"] == "better", "an arm before it only changed their numbers"
    folder = _twice(tmp_path / "grown", _without(rows, arm="good", seed=5), rows, "--seed", "none")
    assert verdicts(folder)["good"] == "exploratory"


@pytest.mark.parametrize("looks", ["looks=anytime", "looks=[2,5]"])
def test_under_a_rule_with_looks_seeds_may_grow_on_both_sides_alike(looks: str, tmp_path: Path) -> None:
    folder = _twice(tmp_path, runs(seeds=[1, 2]), runs(), "--decide", looks)
    assert "exploratory" not in verdicts(folder).values()
    folder = import_(write_csv(tmp_path / "r.csv", runs(seeds=[3, 4, 5])), "--decide", looks, results=folder.parent)
    assert verdicts(folder) == LATE, "other seeds are not more seeds"


def test_seeds_that_were_tuned_on_are_not_forgotten_by_a_later_import(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", runs())
    import_(file, "--tuning-seeds", "5", results=tmp_path / "results")
    folder = import_(file, results=tmp_path / "results")
    assert "the seeds that were tuned on were changed" in reasons(folder)["good"]


def test_corrected_values_are_no_edit_and_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = runs()
    folder = _twice(tmp_path, [row | {"val_loss": 2 * row["val_loss"]} for row in rows], rows)
    assert len(grid(folder)["plan_history"]) == 1
    assert [entry["corrected"] for entry in grid(folder)["import_history"]] == [False, True]
    assert verdicts(folder) == OPEN
    capsys.readouterr()
    tinker("report", "there", "--results", tmp_path / "results")
    assert "the same arms and seeds, with other values in place" in " ".join(capsys.readouterr().out.split())


def test_the_same_values_from_another_file_are_no_correction(tmp_path: Path) -> None:
    folder = _twice(tmp_path, runs(), list(reversed(runs())))
    assert [entry["corrected"] for entry in grid(folder)["import_history"]] == [False, False]


def test_unlike_seeds_are_joined_in_the_plan_and_said(tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "r.csv", _without(runs(), arm="bad", seed=4)), results=tmp_path / "results")
    assert grid(folder)["seeds"]["arms"] == [[seed, seed] for seed in range(1, 6)]
    assert grid(folder)["plan_history"][0]["runs"]["bad"] == [[seed, seed] for seed in (1, 2, 3, 5)]
    assert any("the arms have unlike seeds" in note for note in grid(folder)["import_notes"])


def test_a_grid_that_was_imported_before_there_was_a_plan_has_the_one_of_its_cells(tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "r.csv", runs(seeds=[1, 2])), results=tmp_path / "results")
    older = {key: value for key, value in grid(folder).items() if key != "plan_history"}
    (folder / "grid.json").write_text(json.dumps(older))
    folder = import_(write_csv(tmp_path / "more.csv", runs()), results=tmp_path / "results")
    assert verdicts(folder) == LATE


def test_the_terminal_says_what_an_import_replaces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_(write_csv(tmp_path / "r.csv", runs(seeds=[1, 2])), results=tmp_path / "results")
    assert "replaces" not in capsys.readouterr().out
    import_(write_csv(tmp_path / "more.csv", runs()), results=tmp_path / "results")
    assert "\n  replaces 6 runs of r.csv\n" in capsys.readouterr().out


def test_long_and_hostile_names_fit_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_csv(tmp_path / "r\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}.csv", runs({"base": 2.0, "x" * 300: 1.9}))
    import_(file, results=tmp_path / "results")
    import_(file, results=tmp_path / "results")
    printed = capsys.readouterr().out
    assert all(len(line) <= 100 and line.isprintable() for line in printed.splitlines())
    assert "replaces 10 runs of r?[31m?.csv" in printed
    assert printed.count("x") >= 300
