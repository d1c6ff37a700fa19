"""The folder of a Ray experiment that was killed, or is running: what is half written refuses nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.importing.made_up import grid, import_, trials
from tests.importing.test_ray_folder import experiment_in
from tinker.errors import UserError


def _state(folder: Path, **states: str) -> None:
    said = [
        json.dumps({"relative_logdir": trial, "status": state, "config": {"arm": trial[6:-2], "seed": int(trial[-1])}})
        for trial, state in states.items()
    ]
    (folder / "experiment_state-1.json").write_text(json.dumps({"trial_data": [[text, "{}"] for text in said]}))


def _row(folder: Path, arm: str = "good", seed: int = 3) -> dict[str, Any]:
    return next(row for row in trials(folder) if (row["arm"], row["seed_init"]) == (arm, seed))


def test_a_half_last_line_is_left_out_with_a_note_and_a_running_trial_runs(tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp")
    with (there / "train_good_3" / "result.json").open("ab") as file:
        file.write('{"val_loss": 1.2, "note": "\N{GREEK SMALL LETTER MU}'.encode()[:-1])
    _state(there, train_good_3="RUNNING")
    folder = import_(there, results=tmp_path / "results")
    assert (_row(folder)["status"], _row(folder)["steps"]) == ("running", 3)
    note = "exp: the last line is only half there, and left out, of train_good_3/result.json"
    assert grid(folder)["import_notes"] == [note]


def test_a_half_last_line_of_a_trial_of_which_nothing_else_is_known_is_a_failure(tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp", table=True)
    path = there / "train_good_3" / "progress.csv"
    path.write_bytes(path.read_bytes()[:-3])
    row = _row(import_(there, results=tmp_path / "results"))
    assert (row["status"], row["cause"], row["steps"]) == ("failed", "killed while it wrote progress.csv", 2)


def test_a_last_line_that_is_whole_needs_no_line_end(tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp")
    path = there / "train_good_3" / "result.json"
    path.write_bytes(path.read_bytes().rstrip())
    assert _row(import_(there, results=tmp_path / "results"))["status"] == "done"


@pytest.mark.parametrize(
    ("state", "status"), [("RUNNING", "running"), ("PENDING", "pending"), ("TERMINATED", "failed"), ("ERROR", "failed")]
)
@pytest.mark.parametrize(
    ("content", "cause"),
    [(b"", "params.json is empty"), (b'{"arm": "go', "params.json is cut off"), (None, "params.json is missing")],
)
def test_a_trial_without_its_config_is_known_from_the_experiment(
    content: bytes | None, cause: str, state: str, status: str, tmp_path: Path
) -> None:
    there = experiment_in(tmp_path / "exp", table=True)
    path = there / "train_good_3" / "params.json"
    path.unlink() if content is None else path.write_bytes(content)
    _state(there, train_good_3=state)
    row = _row(import_(there, results=tmp_path / "results"))
    assert (row["status"], row["cause"]) == (status, cause)


def test_a_trial_without_its_config_is_known_from_its_results(tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp")
    (there / "train_good_3" / "params.json").write_text("")
    row = _row(import_(there, results=tmp_path / "results"))
    assert (row["status"], row["cause"]) == ("failed", "params.json is empty")


def test_a_trial_that_only_its_name_tells_is_left_out_with_a_note_unless_the_name_is_read(tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp", table=True)
    (there / "train_good_3" / "params.json").write_text("")
    folder = import_(there, results=tmp_path / "results")
    assert len(trials(folder)) == 14
    assert "left out, since nothing but its name tells its arm (see --run-name): train_good_3" in str(grid(folder))
    folder = import_(there, "--run-name", "train_{arm}_{seed}", results=tmp_path / "results", name="named")
    assert _row(folder)["cause"] == "params.json is empty"


def test_a_trial_without_a_result_failed_with_the_error_that_ray_wrote(tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp")
    for seed in (3, 4):
        (there / f"train_good_{seed}" / "result.json").unlink()
    (there / "train_good_3" / "error.txt").write_text("Traceback\n  File x\nRuntimeError: out of \x1b[31mmemory\n\n")
    folder = import_(there, results=tmp_path / "results")
    said = "RuntimeError: out of ?[31mmemory; no result was reported"
    assert (_row(folder)["status"], _row(folder)["cause"]) == ("failed", said)
    assert (_row(folder, seed=4)["status"], _row(folder, seed=4)["cause"]) == ("failed", "no result was reported")


def test_a_state_that_is_cut_off_is_left_out_with_a_note(tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp")
    (there / "experiment_state-1.json").write_text('{"trial_da')
    folder = import_(there, results=tmp_path / "results")
    assert grid(folder)["import_notes"] == ["exp: experiment_state-1.json is empty or cut off, and left out"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"1.5,4,9\r\n", r"progress\.csv:5: 3 cells, where the first line has 2"),
        (b"1.5\r\n", r"progress\.csv:5: 1 cells, where the first line has 2"),
        (b"\xff,4\r\n", r"progress\.csv:5: cannot be read as UTF-8 text"),
        (b"1e200,4\r\n", r"progress\.csv:5: column 'val_loss' \(--metric\): 1e\+200 is beyond"),
    ],
)
def test_a_wrong_line_of_a_table_is_named(line: bytes, said: str, tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp", table=True)
    with (there / "train_good_3" / "progress.csv").open("ab") as file:
        file.write(line)
    with pytest.raises(UserError, match=said):
        import_(there, results=tmp_path / "results")


def test_a_config_that_no_table_can_hold_is_named(tmp_path: Path) -> None:
    there = experiment_in(tmp_path / "exp")
    (there / "train_good_3" / "params.json").write_text('{"arm": "\\ud800"}')
    with pytest.raises(UserError, match=r"params\.json: \\ud800 is half a surrogate pair"):
        import_(there, results=tmp_path / "results")
