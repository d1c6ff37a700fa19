"""Texts that trials share are in memory once, and nowhere does that show."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tables.made_up import finish, grid
from tinker.tables import schema
from tinker.tables.collect import Collected, collect
from tinker.tables.names import CURVES, TRIALS
from tinker.tables.once import LONG, TEXT, TEXTS, rows_of
from tinker.tables.parquet import read
from tinker.tables.remembered import path_of, recall

ARMS = {"baseline-v0": list(range(5)), "rotary": list(range(5))}
DIFF = "+ a line that is not committed\n" * 4_000
DIRTY = {"git": {"commit": "f00", "diff": DIFF, "diff_cut": False, "untracked": []}}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten trials of one working tree with a large diff, written long ago as it seems."""
    monkeypatch.setattr("tinker.store.reading.TICK", -3600.0)
    for arm, seeds in ARMS.items():
        for seed in seeds:
            finish(tmp_path, arm, seed, made=DIRTY, val_loss=2.0 + seed, points=3)
    (tmp_path / "made-up").mkdir()
    return tmp_path


VALUES = [
    (pa.string(), ["a", None, "b", "a"]),
    (pa.string(), [None, None]),
    (TEXT, ["a", None, "b", "a"]),
    (pa.list_(pa.string()), [["a", "b"], None, [], ["b"]]),
    (TEXTS, [None, ["a", "b"], [], ["b"]]),
    (pa.int64(), [1, 2**60]),
    (pa.int64(), [1, None, 2**60 + 1]),
    (pa.float64(), [0.1, math.inf, -0.0]),
    (pa.float64(), [None, 0.1]),
    (pa.bool_(), [True, None, False]),
    (pa.timestamp("us", tz="UTC"), [None, datetime(2026, 1, 2, 3, 4, 5, 6, UTC), datetime(1969, 1, 1, tzinfo=UTC)]),
    (pa.string(), []),
    (TEXTS, []),
]


@pytest.mark.parametrize(("type_", "values"), VALUES)
def test_rows_are_those_of_arrow(type_: pa.DataType, values: list[object]) -> None:
    table = pa.table({"one": pa.array(values, type_), "two": pa.array(range(len(values)))})
    for part in (table, pa.concat_tables([table.slice(1), table.slice(0, 1)]), table.slice(1)):
        assert repr(rows_of(part)) == repr(part.to_pylist())


def _diffs(collected: Collected) -> pa.DictionaryArray:
    return collected.trials.column("git_diff").chunk(0)


def test_a_diff_is_held_once_however_many_trials_have_it(results: Path) -> None:
    for made in (collect(results, grid(ARMS)), collect(results, grid(ARMS))):  # read, and remembered
        assert _diffs(made).dictionary.to_pylist() == [DIFF]
        assert made.trials.nbytes < 2 * len(DIFF)
        assert len({id(row["git_diff"]) for row in rows_of(made.trials)}) == 1
    assert path_of(results, "made-up").stat().st_size < 2 * len(DIFF)
    assert len({id(entry.row["git_diff"]) for entry in recall(results, "made-up").values()}) == 1
    assert read(results / "made-up" / TRIALS).nbytes < 2 * len(DIFF)


def test_files_have_the_types_of_the_schema(results: Path) -> None:
    made = collect(results, grid(ARMS))
    assert {name: made.trials.schema.field(name).type for name in LONG} == LONG
    for name, wanted in ((TRIALS, schema.trials()), (CURVES, schema.curves())):
        found = pq.ParquetFile(results / "made-up" / name).read()
        assert found.schema.remove_metadata() == wanted.remove_metadata()
        assert [field.metadata for field in found.schema] == [field.metadata for field in wanted]
        assert wanted.metadata.items() <= found.schema.metadata.items()
    assert pq.ParquetFile(results / "made-up" / TRIALS).read().column("git_diff").to_pylist() == [DIFF] * 10
