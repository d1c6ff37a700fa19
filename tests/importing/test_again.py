"""Importing the same name again: what may change, and what is then said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.importing.made_up import grid, import_, reasons, runs, tinker, trials, verdicts, write_csv
from tests.tables import made_up
from tinker.errors import UserError


def _bytes(folder: Path) -> dict[str, bytes]:
    """What an import writes; `looks.parquet` is the record of those who looked at it."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "looks.parquet"}


def test_the_same_import_gives_the_same_bytes(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", runs())
    first = _bytes(import_(file, results=tmp_path / "results"))
    assert list(first) == ["curves.parquet", "grid.json", "trials.parquet"]
    assert _bytes(import_(file, results=tmp_path / "results")) == first
    verdicts(tmp_path / "results" / "there")
    assert _bytes(tmp_path / "results" / "there") | first == _bytes(tmp_path / "results" / "there")
    assert _bytes(import_(file, results=tmp_path / "results")) == first


def test_nobody_knows_whether_the_first_rule_was_declared_in_time(tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results")
    assert [entry["results_existed"] for entry in grid(folder)["rule_history"]] == [None]


def test_another_rule_makes_every_verdict_exploratory_until_the_first_one_is_back(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", runs())
    import_(file, results=tmp_path / "results")
    folder = import_(file, "--alpha", "0.1", results=tmp_path / "results")
    assert [entry["results_existed"] for entry in grid(folder)["rule_history"]] == [None, True]
    assert verdicts(folder) == {"base": "control", "good": "exploratory", "bad": "exploratory"}
    assert "the decision rule was changed on" in reasons(folder)["good"]
    folder = import_(file, results=tmp_path / "results")
    assert verdicts(folder)["good"] == "better"


def test_more_seeds_replace_the_table_and_the_report_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_(write_csv(tmp_path / "r.csv", runs(seeds=[1, 2, 3])), results=tmp_path / "results")
    folder = import_(write_csv(tmp_path / "more.csv", runs()), results=tmp_path / "results")
    assert len(trials(folder)) == 15
    assert [(entry["file"], entry["runs"]) for entry in grid(folder)["import_history"]] == [
        ("r.csv", 9),
        ("more.csv", 15),
    ]
    capsys.readouterr()
    tinker("report", "there", "--results", tmp_path / "results")
    assert "imported 2 times since" in " ".join(capsys.readouterr().out.split())


def test_comparisons_of_an_earlier_import_do_not_stay(tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results")
    verdicts(folder)
    assert (folder / "comparisons.parquet").exists()
    import_(write_csv(tmp_path / "r.csv", runs(seeds=[1, 2])), results=tmp_path / "results")
    assert not (folder / "comparisons.parquet").exists()


def test_a_grid_that_tinker_ran_is_not_replaced(tmp_path: Path) -> None:
    made_up.save(tmp_path / "results", made_up.grid({"base": [1, 2]}, control="base"))
    before = _bytes(tmp_path / "results" / "made-up")
    with pytest.raises(UserError, match="made-up: a grid of that name was run by tinker here; choose another"):
        import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results", name="made-up")
    assert _bytes(tmp_path / "results" / "made-up") == before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "results" / "frozen").mkdir(parents=True)
    with pytest.raises(UserError, match="frozen is there and holds no grid; choose another name"):
        import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results", name="frozen")


def test_an_import_that_fails_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results", control="missing")
    assert not (tmp_path / "results").exists()


def test_tuning_seeds_and_the_rule_are_written_down(tmp_path: Path) -> None:
    rule = ("--decide", "test=permutation", "--decide", "looks=[4,8]", "--decide", "max_seed_cv=0.02")
    file = write_csv(tmp_path / "r.csv", runs())
    folder = import_(file, *rule, "--tuning-seeds", "7,8", "--question", "Why?", results=tmp_path / "results")
    found = grid(folder)
    assert found["seeds"]["tuning"] == [[7, 7], [8, 8]]
    assert found["seeds"]["control"] == found["seeds"]["arms"] == [[s, s] for s in range(1, 6)]
    decide = {key: found["decide"][key] for key in ("test", "looks", "max_seed_cv", "min_effect", "metric")}
    wanted = {"test": "permutation", "looks": [4, 8], "max_seed_cv": 0.02, "min_effect": 0.01, "metric": "val_loss"}
    assert decide == wanted
    assert found["question"] == "Why?"
    assert json.dumps(str(tmp_path)) not in (folder / "grid.json").read_text(), "no path of the user's is published"
