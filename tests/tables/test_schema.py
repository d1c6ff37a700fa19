"""The schemas are documented, and a file of another version is refused."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tinker.errors import UserError
from tinker.tables import document, schema
from tinker.tables.parquet import read, write

TABLES = {"trials": schema.trials(["excess_recall"]), "curves": schema.curves(), "comparisons": schema.comparisons()}
TABLES |= {"looks": schema.looks(), "tuning": schema.tuning(["optimizer.lr"])}


@pytest.mark.parametrize("table", TABLES)
def test_every_column_says_what_it_is(table: str) -> None:
    for field in TABLES[table]:
        assert field.metadata[b"description"], field.name
        assert b"unit" in field.metadata
        if (
            pa.types.is_floating(field.type)
            and not field.name.startswith("p")
            and not field.name.endswith("_p")
            and "ratio" not in field.name
        ):
            assert field.metadata[b"unit"] or field.name == "alpha", field.name


@pytest.mark.parametrize("table", TABLES)
def test_no_column_stands_twice(table: str) -> None:
    assert len(set(TABLES[table].names)) == len(TABLES[table].names)


def test_the_page_on_the_schemas_is_what_the_schemas_say() -> None:
    page = Path(document.__file__).with_name("SCHEMA.md")
    assert page.read_text(encoding="utf-8") == document.document(), f"python -m tinker.tables.document > {page.name}"


def test_metrics_of_a_grid_are_columns_after_the_known_ones() -> None:
    names = schema.metric_names(schema.trials(["excess_b", "val_loss", "excess_a"]))
    assert names == [*schema.METRICS, "excess_a", "excess_b"]


def test_a_table_of_another_version_is_refused(tmp_path: Path) -> None:
    old = schema.curves().with_metadata({"tinker_schema_version": "0"}).empty_table()
    write(tmp_path / "curves.parquet", old)
    with pytest.raises(UserError, match="version 0, this tinker reads 1"):
        read(tmp_path / "curves.parquet")


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "trials.parquet").write_text("<html>")
    with pytest.raises(UserError, match="not a Parquet file"):
        read(tmp_path / "trials.parquet")
