"""Verdicts and grids that lie beside the trials are held against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.review.made_up import WORDS, Tables, row, states, words
from tests.tables import made_up
from tinker.review.find import find
from tinker.review.review import Review, review
from tinker.tables import schema
from tinker.tables.names import COMPARISONS, CURVES
from tinker.tables.parquet import read, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Tables().write(tmp_path / "tables")


def _review(folder: Path) -> Review:
    return review(find(str(folder), [], folder / "no-results"))


def _rewrite(folder: Path, keep: Any) -> None:
    """comparisons.parquet with each row as `keep` returns it, or without it."""
    rows = [keep(row) for row in read(folder / COMPARISONS).to_pylist()]
    write(folder / COMPARISONS, pa.Table.from_pylist([row for row in rows if row], schema.comparisons()))


def test_a_verdict_that_the_trials_do_not_give_makes_its_arm_invalid(folder: Path) -> None:
    _rewrite(folder, lambda row: row | {"verdict": "better"} if row["arm"] == "bad" and row["primary"] else row)
    made = _review(folder)
    assert words(made) == {**WORDS, "bad": "invalid"}
    (judgement,) = [judgement for judgement in made.judgements if judgement.arm == "bad"]
    assert "bad: better in comparisons.parquet, worse from the trials" in judgement.reasons[0]


def test_an_arm_that_the_comparisons_lack_is_invalid(folder: Path) -> None:
    _rewrite(folder, lambda row: None if row["arm"] == "bad" else row)
    assert words(_review(folder)) == {**WORDS, "bad": "invalid"}


def test_an_arm_that_only_the_comparisons_have_is_found(folder: Path) -> None:
    rows = read(folder / COMPARISONS).to_pylist()
    more = [row | {"arm": "ghost"} for row in rows if row["arm"] == "good"]
    write(folder / COMPARISONS, pa.Table.from_pylist(rows + more, schema.comparisons()))
    made = _review(folder)
    assert "ghost: better in comparisons.parquet, no row from the trials" in " ".join(f.text for f in made.findings)
    assert (states(made, "tables agree"), words(made)) == ({"FAILED"}, WORDS)


def test_without_comparisons_there_is_nothing_to_hold_against(folder: Path) -> None:
    (folder / COMPARISONS).unlink()
    made = _review(folder)
    assert (states(made, "tables agree"), words(made)) == ({"note"}, WORDS)


def test_a_grid_file_that_says_otherwise_than_the_tables_fails(folder: Path) -> None:
    (folder / "grid.json").write_text(json.dumps(Tables().grid))
    assert states(_review(folder), "grid.json") == {"ok"}
    (folder / "grid.json").write_text(json.dumps({**Tables().grid, "question": "Another?"}))
    made = _review(folder)
    assert states(made, "grid.json") == {"FAILED"}
    assert set(words(made).values()) == {"invalid"}


def test_tables_that_lag_behind_their_store_are_a_note(tmp_path: Path) -> None:
    tables = Tables()
    made_up.save(tmp_path, tables.grid)
    for one in tables.rows:
        made_up.finish(tmp_path, one["arm"], one["seed_init"], val_loss=one["val_loss"])
    tables.write(tmp_path / "made-up")
    _rewrite(tmp_path / "made-up", lambda row: row | {"verdict": "inconclusive"} if row["arm"] == "bad" else row)
    made = review(find("made-up", [], tmp_path))
    assert (states(made, "tables agree"), words(made)) == ({"note"}, WORDS)


def _stored(results: Path, *arms: str) -> Tables:
    """Tables of all arms, and a store that holds the runs of some."""
    tables = Tables()
    made_up.save(results, tables.grid)
    for one in tables.rows:
        if one["arm"] in arms:
            made_up.finish(results, one["arm"], one["seed_init"], val_loss=one["val_loss"], excess=one["excess"])
    tables.write(results / "made-up")
    write(results / "made-up" / CURVES, schema.curves().empty_table())  # without it no row outlives its store
    (results / "trials").mkdir(exist_ok=True)
    return tables


def test_an_empty_store_beside_tables_does_not_excuse_them(tmp_path: Path) -> None:
    tables = _stored(tmp_path)
    assert words(review(find("made-up", [], tmp_path))) == WORDS
    for one in tables.of("open"):
        one["val_loss"] -= 0.05
    tables.write(tmp_path / "made-up", comparisons=False)
    made = review(find("made-up", [], tmp_path))
    assert "FAILED" in states(made, "tables agree")
    assert words(made) == {**WORDS, "open": "invalid"}


def test_of_arms_that_the_store_does_not_hold_the_tables_are_the_evidence(tmp_path: Path) -> None:
    _stored(tmp_path, "baseline-v0", "good", "same", "open")
    for arm in ("good", "bad"):
        _rewrite(tmp_path / "made-up", lambda row, arm=arm: row | {"mean": 1.0} if row["arm"] == arm else row)
    made = review(find("made-up", [], tmp_path))
    found = {finding.text[:5]: finding.state for finding in made.findings if finding.gate == "tables agree"}
    assert (found["good:"], found["bad: "]) == ("note", "FAILED")
    assert words(made)["bad"] == "invalid"


def test_a_grid_file_that_was_edited_beside_an_empty_store_fails(tmp_path: Path) -> None:
    tables = _stored(tmp_path)
    assert states(review(find("made-up", [], tmp_path)), "grid.json") == {"ok"}
    made_up.save(tmp_path, {**tables.grid, "question": "Another?"})
    assert states(review(find("made-up", [], tmp_path)), "grid.json") == {"FAILED"}


@pytest.mark.parametrize(
    ("column", "value", "state", "judged"),
    [
        ("mean", 1.0, "FAILED", "invalid"),
        ("difference", -5.0, "FAILED", "invalid"),
        ("difference", None, "FAILED", "invalid"),
        ("p", 1e-9, "FAILED", "invalid"),
        ("n", 50, "FAILED", "invalid"),
        ("min_effect", 0.1, "FAILED", "invalid"),
        ("reason", "a huge win", "note", "reject"),
        ("minimum_detectable_effect", 1.0, "note", "reject"),
    ],
)
def test_every_figure_is_held_against_the_trials(
    column: str, value: object, state: str, judged: str, folder: Path
) -> None:
    _rewrite(folder, lambda row: row | {column: value} if row["arm"] == "bad" and row["primary"] else row)
    made = _review(folder)
    assert state in states(made, "tables agree")
    assert words(made) == {**WORDS, "bad": judged}


def test_figures_of_the_other_metrics_are_too(folder: Path) -> None:
    _rewrite(folder, lambda row: row | {"mean": 1.0} if row["arm"] == "bad" and row["metric"] == "excess" else row)
    assert words(_review(folder)) == {**WORDS, "bad": "invalid"}


def test_last_digits_are_a_note(folder: Path) -> None:
    _rewrite(folder, lambda row: row | {"mean": row["mean"] * (1 + 1e-13)})
    made = _review(folder)
    assert (states(made, "tables agree"), words(made)) == ({"note", "ok"}, WORDS)


def test_of_tables_from_before_some_columns_what_every_version_counts_alike_is_compared(folder: Path) -> None:
    old = read(folder / COMPARISONS).drop_columns(["e_value", "p_dunnett"])
    for column, state, judged in (("p", "note", "reject"), ("sd", "FAILED", "invalid")):
        rows = [row | {column: 0.5} if row["arm"] == "bad" else row for row in old.to_pylist()]
        write(folder / COMPARISONS, pa.Table.from_pylist(rows, old.schema))
        made = _review(folder)
        assert state in states(made, "tables agree")
        assert words(made) == {**WORDS, "bad": judged}


def test_a_control_that_is_not_marked_as_one_is_found(tmp_path: Path) -> None:
    tables = Tables()
    tables.rows.append(row("good", 5, is_control=True))
    made = tables.review(tmp_path)
    assert "rows with another mark of the control than the grid" in " ".join(f.text for f in made.findings)
    assert words(made)["good"] == "invalid"
