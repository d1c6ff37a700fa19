"""What a review is asked about: a name, a file, a folder; and what is none of these. Nothing is ever written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.importing.made_up import import_, runs, write_csv
from tests.review.made_up import WORDS, Tables, states, words
from tests.tables import made_up
from tinker.errors import UserError
from tinker.review.find import find
from tinker.review.review import review
from tinker.tables.collect import GRID
from tinker.tables.names import COMPARISONS, CURVES, TRIALS

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "results" / "attention_variants-tinyshakespeare-cpu-char"


def test_one_parquet_file_in_an_empty_folder_is_enough(tmp_path: Path) -> None:
    folder = Tables().write(tmp_path / "alone", comparisons=False)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == {TRIALS}
    for name in (str(folder), str(folder / TRIALS)):
        assert words(review(find(name, [], tmp_path / "nothing"))) == WORDS
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["alone"]


def test_a_name_in_results_without_a_store_is_judged_from_its_tables(tmp_path: Path) -> None:
    tables = Tables()
    made_up.save(tmp_path, tables.grid)
    tables.write(tmp_path / "made-up")
    evidence = find("made-up", [], tmp_path)
    assert (evidence.from_store, words(review(evidence))) == (False, WORDS)
    assert not (tmp_path / "trials").exists()


def test_the_store_is_judged_without_any_table(tmp_path: Path) -> None:
    tables = Tables()
    made_up.save(tmp_path, tables.grid)
    for one in tables.rows:
        made_up.finish(tmp_path, one["arm"], one["seed_init"], val_loss=one["val_loss"])
    evidence = find("made-up", [], tmp_path)
    assert (evidence.from_store, words(review(evidence))) == (True, WORDS)
    assert [path.name for path in (tmp_path / "made-up").iterdir()] == ["grid.json"]


def test_results_that_nobody_has_run_are_invalid(tmp_path: Path) -> None:
    made_up.save(tmp_path, Tables().grid)
    assert review(find("made-up", [], tmp_path)).exit_code == 3


def test_a_folder_inside_the_results_does_not_stand_in_for_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Tables()
    bad.of("good")[0]["status"] = "failed"
    bad.write(tmp_path / "results" / "g")
    Tables().write(tmp_path / "results" / "results" / "g")
    monkeypatch.chdir(tmp_path)
    assert words(review(find("results/g", [], Path("results"))))["good"] == "invalid"


def test_a_file_that_was_edited_since_is_a_note(tmp_path: Path) -> None:
    tables = Tables()
    made_up.save(tmp_path, tables.grid)
    tables.write(tmp_path / "made-up")
    (tmp_path / "made-up.yaml").write_text(
        "name: made-up\nquestion: What?\ncontrol: baseline-v0\nseeds: 3\ndecide: {metric: val_loss, min_effect: 0.5}\n"
    )
    made = review(find(str(tmp_path / "made-up.yaml"), [], tmp_path))
    assert any("is not what was run" in f.text for f in made.findings if f.gate == "grid")
    assert words(made) == WORDS


def test_tables_from_before_the_newer_columns_are_judged_and_what_they_lack_is_noted() -> None:
    made = review(find(str(COMMITTED), [], ROOT / "nothing"))
    assert states(made, "same code") == states(made, "tuning seeds") == {"note"}
    assert words(made)["rotary"] == "accept"


def test_imported_runs_are_judged_and_their_provenance_is_noted(tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "runs.csv", runs()), results=tmp_path / "results")
    for evidence in (find("there", [], tmp_path / "results"), find(str(folder), [], tmp_path)):
        made = review(evidence)
        assert words(made) == {"good": "accept", "bad": "reject"}
        assert states(made, "provenance") == states(made, "rule") == {"note"}
        assert [f.text for f in made.findings if f.gate == "same code"] == [
            "15 imported runs do not say it, so not judged"
        ]
        assert any("imported from" in finding.text for finding in made.findings if finding.gate == "provenance")


def _metadata(value: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        table = pq.read_table(folder / TRIALS)
        pq.write_table(table.replace_schema_metadata({**table.schema.metadata, GRID: value}), folder / TRIALS)

    return change


def _column(name: str, values: pa.Array | None) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        table = pq.read_table(folder / TRIALS)
        place = table.schema.get_field_index(name)
        table = table.remove_column(place) if values is None else table.set_column(place, name, values)
        pq.write_table(table, folder / TRIALS)

    return change


WRONG: dict[str, tuple[str, Callable[[Path], object]]] = {
    "not Parquet": ("is not a Parquet file", lambda folder: (folder / TRIALS).write_text("trials")),
    "not tinker's": ("the grid in it|schema version", lambda f: pq.write_table(pa.table({"a": [1]}), f / TRIALS)),
    "metadata not JSON": ("the grid in it is not JSON", _metadata(b"{")),
    "metadata of something else": ("the grid of these tables lacks name, control", _metadata(b"[1]")),
    "grid without cells": (
        "lacks cells",
        _metadata(json.dumps({k: v for k, v in Tables().grid.items() if k != "cells"}).encode()),
    ),
    "a rule of another version": (
        "is not known here",
        _metadata(json.dumps({**Tables().grid, "decide": {**Tables().grid["decide"], "test": "hope"}}).encode()),
    ),
    "no column of the metric": ("no column 'val_loss'", _column("val_loss", None)),
    "text in the metric": ("columns that are not tinker's", _column("val_loss", pa.array(["a"] * 25))),
    "grid.json not JSON": ("is not JSON", lambda folder: (folder / "grid.json").write_text("{")),
    "grid.json of something else": ("is not a grid", lambda folder: (folder / "grid.json").write_text("[]")),
    "comparisons not Parquet": ("is not a Parquet file", lambda folder: (folder / COMPARISONS).write_text("x")),
    "no tables": ("a folder without trials.parquet", lambda folder: shutil.move(folder / TRIALS, folder / CURVES)),
}


@pytest.mark.parametrize("name", WRONG)
def test_tables_that_cannot_be_judged_are_one_message(name: str, tmp_path: Path) -> None:
    told, change = WRONG[name]
    folder = Tables().write(tmp_path / "tables")
    change(folder)
    with pytest.raises(UserError, match=told):
        review(find(str(folder), [], tmp_path))


def test_overrides_cannot_change_tables(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"overrides \(seeds=3\) cannot change"):
        find(str(Tables().write(tmp_path / "tables")), ["seeds=3"], tmp_path)


def test_a_control_alone_is_nothing_to_judge(tmp_path: Path) -> None:
    tables = Tables()
    tables.rows = tables.of("baseline-v0")
    tables.grid["cells"] = [cell for cell in tables.grid["cells"] if cell["arm"] == "baseline-v0"]
    with pytest.raises(UserError, match="nothing to judge"):
        tables.review(tmp_path)
