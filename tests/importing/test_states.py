"""What became of a run, and how far it came, as the file says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.importing.made_up import curves, grid, import_, reasons, runs, tinker, trials, verdicts, write_csv
from tinker.errors import UserError
from tinker.grid.find import find_grid


def test_words_for_states_are_translated(tmp_path: Path) -> None:
    words = ["finished", "TERMINATED", "done", "crashed", "killed", "running", "diverged", "ERROR", "paused", ""]
    rows = [{**row, "state": word} for row, word in zip(runs(), words, strict=False)]
    folder = import_(write_csv(tmp_path / "r.csv", rows), "--status", "state", results=tmp_path / "results")
    states = ["done"] * 3 + ["failed"] * 2 + ["running", "diverged", "failed", "pending", "done"]
    assert [row["status"] for row in trials(folder)] == states
    verdicts(folder)
    assert [row["status"] for row in trials(folder)] == states, "a report keeps what the store has never heard of"


def test_an_unknown_word_is_an_error_that_lists_all_of_them(tmp_path: Path) -> None:
    rows = [{**row, "state": word} for row, word in zip(runs(), ["finished", "napping", "lost"], strict=False)]
    with pytest.raises(
        UserError, match=r"r.csv: column 'state' \(--status\): unknown states: 'lost', 'napping'; known"
    ):
        import_(write_csv(tmp_path / "r.csv", rows), "--status", "state", results=tmp_path / "results")


def test_runs_that_end_at_unlike_steps_are_not_compared(tmp_path: Path) -> None:
    points = [point for point in curves(runs()) if (point["arm"], point["seed"], point["step"]) != ("good", 2, 30)]
    file = write_csv(tmp_path / "r.csv", points)
    folder = import_(file, "--step", "step", results=tmp_path / "results")
    assert verdicts(folder) == {"base": "control", "good": "invalid", "bad": "worse"}
    assert "different steps (20, 30)" in reasons(folder)["good"]
    folder = import_(file, "--step", "step", "--steps", 30, results=tmp_path / "results", name="declared")
    assert "seed 2 of the arm failed (ended at step 20, declared are 30)" in reasons(folder)["good"]


def test_the_value_at_the_declared_step_counts_even_if_a_run_went_on(tmp_path: Path) -> None:
    points = curves(runs()) + [{**point, "val_loss": 0.1} for point in curves(runs()[5:7], [40])]
    file = write_csv(tmp_path / "r.csv", points)
    folder = import_(file, "--step", "step", "--steps", 30, results=tmp_path / "results")
    assert verdicts(folder) == {"base": "control", "good": "better", "bad": "worse"}
    assert {row["steps"] for row in trials(folder)} == {30}
    assert grid(folder)["import_notes"] == ["2 points beyond step 30, the declared last, are left out"]


def test_a_column_of_steps_says_how_far_runs_came(tmp_path: Path) -> None:
    rows = [{**row, "s": 100 if row["arm"] != "bad" else 90} for row in runs()]
    file = write_csv(tmp_path / "r.csv", rows)
    folder = import_(file, "--column", "steps=s", results=tmp_path / "results")
    assert "different steps (90, 100)" in reasons(folder)["bad"]
    folder = import_(file, "--column", "steps=s", "--steps", 100, results=tmp_path / "results", name="declared")
    assert "declared are 100" in reasons(folder)["bad"]


def test_runs_without_seeds_are_no_pairs(tmp_path: Path) -> None:
    rows = [{"arm": row["arm"], "val_loss": row["val_loss"]} for row in runs()]
    file = write_csv(tmp_path / "r.csv", rows)
    folder = import_(file, "--seed", "none", results=tmp_path / "results")
    assert verdicts(folder) == {"base": "control", "good": "better", "bad": "worse"}
    assert len({row["seed_init"] for row in trials(folder)}) == 15
    assert any("the runs have no seeds" in note for note in grid(folder)["import_notes"])
    with pytest.raises(UserError, match="pairing=seed: runs without seeds make no pairs"):
        import_(file, "--seed", "none", "--decide", "pairing=seed", results=tmp_path / "results")


def test_a_report_of_an_import_says_what_nobody_here_has_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results")
    capsys.readouterr()
    tinker("report", "there", "--results", tmp_path / "results")
    said = " ".join(capsys.readouterr().out.split())
    assert "imported from r.csv: tinker cannot know whether the rule was declared before the runs" in said
    assert "known from the earlier tables only" not in said


def test_what_is_unfinished_is_to_be_finished_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**row, "state": "crashed" if row["seed"] == 3 else "finished"} for row in runs()]
    import_(write_csv(tmp_path / "r.csv", rows), "--status", "state", results=tmp_path / "results")
    capsys.readouterr()
    tinker("report", "there", "--results", tmp_path / "results")
    said = " ".join(capsys.readouterr().out.split())
    assert "Finish the 3 failed trials where they were run, and import all again." in said
    assert "tinker run" not in said


def test_an_imported_grid_cannot_be_run(tmp_path: Path) -> None:
    import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results")
    with pytest.raises(UserError, match=r"imported from r\.csv, and only tinker's own grids can be run"):
        find_grid("there", [], tmp_path / "results")
