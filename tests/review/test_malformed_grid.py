"""A grid whose JSON has a key too few, or another type in it, is one message for `tinker check` and `tinker report`."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.review.made_up import Tables
from tests.tables import made_up
from tests.tables.made_up_tuning import BEST, tuned
from tinker.cli import main as cli
from tinker.errors import CHECK_USAGE, USAGE, UserError
from tinker.report.analysis import Analysis
from tinker.report.api import make_report
from tinker.tables.collect import GRID
from tinker.tables.grid_shape import checked
from tinker.tables.names import TRIALS

Keys = tuple[str | int, ...]
#: What a value is replaced by, where it is not of that kind itself.
OTHERS: tuple[Any, ...] = ("text", 7, 0.5, True, None, [], ["text"], {}, {"text": [None]})
#: Where what is inside is not looked at one by one; a pair of seeds is neither.
OPAQUE = (
    ("rule_history", 0, "decide"), ("plan_history", 0, "arms"), ("arms", 0, "tuned"), ("tuning", "search", "arguments"),
    ("tuning", "arms", 0, "space"), ("tuning", "arms", 0, "tuned"),
    ("tuning", "arms", 0, "configurations", 0, "params"),
)  # fmt: skip
#: Keys that no reader looks at, or that hold any object.
ANY = {"schema", "final_step", "diff", "file", "digest"}
KEPT = ("baseline-v0", "good")
REMARKS: dict[str, Any] = {
    "source": {"file": "runs.csv", "overrides": ["seeds=3"]}, "skipped": ["4 trials: no GPU here"],
    "imported": "runs.csv", "import_history": [{"file": "runs.csv", "runs": 6, "digest": "d", "time": "2026-01-01"}],
    "import_notes": ["no seeds"], "pretrained": "0123", "vocab_size": 64,
}  # fmt: skip


def _small() -> Tables:
    """A control, an arm and every key that a grid may have."""
    tables = Tables()
    tables.rows = [row for row in tables.rows if row["arm"] in KEPT and row["seed_init"] < 4]
    of_rows = {row["trial_id"] for row in tables.rows}
    tables.grid["cells"] = [cell for cell in tables.grid["cells"] if cell["trial_id"] in of_rows]
    tables.grid["arms"] = [arm for arm in tables.grid["arms"] if arm["name"] in KEPT]
    tables.grid |= REMARKS
    tables.grid = tuned(tables.grid, {arm: BEST[arm] for arm in KEPT})
    return tables


def _paths(value: Any, path: Keys = ()) -> Iterator[Keys]:
    """Every key in it, and the first of each list."""
    inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        if key not in ANY and (*path, key) not in OPAQUE and not isinstance(each, int) and not _is_pair(each):
            yield from _paths(each, (*path, key))


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, int) for each in value)


def _changed(grid: dict[str, Any], path: Keys, **value: Any) -> dict[str, Any]:
    """Without that key, or with another `value` in its place."""
    made = json.loads(json.dumps(grid))  # a copy in which nothing is shared
    holder: Any = made
    for key in path[:-1]:
        holder = holder[key]
    if value:
        holder[path[-1]] = value["value"]
    else:
        del holder[path[-1]]
    return made


def _at(path: Keys) -> Any:
    found: Any = WHOLE
    for key in path:
        found = found[key]
    return found


class Commands:
    """Both commands on the same tables with another grid in them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        self.table = pq.read_table(folder / TRIALS)

    def said(self, grid: Any) -> str:
        """The one message of both; empty where both have an answer."""
        metadata = {**self.table.schema.metadata, GRID: json.dumps(grid)}
        pq.write_table(self.table.replace_schema_metadata(metadata), self.folder / TRIALS)
        (check, told), (report, again) = self._run("check"), self._run("report", "--format", "md")
        if not told:
            assert (check in range(4), report, again) == (True, 0, "")
            return ""
        assert (check, report, told) == (CHECK_USAGE, USAGE, again)
        assert told.startswith(f"tinker: {self.folder / TRIALS}: ")
        assert told.count("\n") == 1
        return told

    def _run(self, name: str, *options: str) -> tuple[Any, str]:
        self.monkeypatch.setattr(sys, "argv", ["tinker", name, str(self.folder), *options])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code, self.capsys.readouterr().err


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(_small().write(tmp_path / "tables", comparisons=False), monkeypatch, capsys)


WHOLE = _small().grid
PATHS = list(_paths(WHOLE))


def test_the_whole_grid_has_an_answer(commands: Commands) -> None:
    assert len(PATHS) > 60
    assert commands.said(WHOLE) == ""


def test_whatever_reads_as_a_grid_has_an_answer(commands: Commands) -> None:
    """A key too few, or of another type, that is let pass: then it does no harm."""
    passed = []
    for path in PATHS:
        others = [value for value in OTHERS if type(value) is not type(_at(path))]
        for grid in (_changed(WHOLE, path), *(_changed(WHOLE, path, value=value) for value in others)):
            try:
                checked(grid, "here")
            except UserError:
                continue
            if path[-1] not in ANY:
                passed.append(path)
                assert commands.said(grid) == ""
    assert 10 < len(passed) < 80


@pytest.mark.parametrize("top", [key for key in WHOLE if key not in ANY])
def test_what_does_not_is_one_message_that_names_the_key(top: str, commands: Commands) -> None:
    for path in PATHS:
        if path[0] != top or path[-1] in ANY:
            continue
        named = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")
        wrong = {"text": [None]} if not isinstance(_at(path), dict) else ["text"]
        told = commands.said(_changed(WHOLE, path, value=wrong))
        assert f"in the grid of these tables {named}" in told
        assert " should be " in told


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ("control is 'none', which none of its arms is called", {"control": "none"}),
        ("import_history (not empty) and import_notes should be there", {"import_history": []}),
        ("name should be text, not '\\ud800'", {"name": "\ud800"}),
        ("vocab_size should be a whole number or null, not 1000000000", {"vocab_size": 10**99}),
        (
            "decide.alpha should be a number between 0 and 1, not nan",
            {"decide": {**WHOLE["decide"], "alpha": math.nan}},
        ),
        ("decide.min_effect should be a number above 0, not 0", {"decide": {**WHOLE["decide"], "min_effect": 0}}),
        ("decide.looks should be null, 'anytime' or", {"decide": {**WHOLE["decide"], "looks": [8, 4]}}),
        ("cells[0].arm is 'none', which", {"cells": [{**WHOLE["cells"][0], "arm": "none"}]}),
    ],
)
def test_what_contradicts_itself_or_no_file_can_hold_is_told(
    told: str, changes: dict[str, Any], commands: Commands
) -> None:
    assert told in commands.said(WHOLE | changes)


def test_grid_json_beside_older_tables_is_checked_too(commands: Commands) -> None:
    metadata = {key: value for key, value in commands.table.schema.metadata.items() if key != GRID}
    pq.write_table(commands.table.replace_schema_metadata(metadata), commands.folder / TRIALS)
    (commands.folder / "grid.json").write_text(json.dumps(WHOLE | {"arms": 7}))
    with pytest.raises(UserError, match=r"grid\.json: in the grid of these tables arms should be a list, not 7"):
        Analysis.read(commands.folder)


def test_among_the_results_it_is_checked_before_anything_is_written(tmp_path: Path) -> None:
    made_up.save(tmp_path, made_up.grid({"baseline-v0": [0]}, cells=7))
    with pytest.raises(UserError, match=r"grid\.json: in the grid of these tables cells should be a list, not 7"):
        make_report(tmp_path, "made-up")
    assert [path.name for path in (tmp_path / "made-up").iterdir()] == ["grid.json"]
