"""The tables as Parquet files: equal bytes for equal rows, and no reader ever sees half a file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tinker.errors import UserError
from tinker.store.atomic import write_table
from tinker.tables.schema import VERSION


def write(path: Path, table: pa.Table) -> pa.Table:
    """Write a table (its schema is one of `tinker.tables.schema`) and return it in one piece."""
    whole = table.combine_chunks()  # chunks would show in the bytes
    write_table(path, whole)
    return whole


def read(path: Path) -> pa.Table:
    """A table that `write` made.

    Raises:
        UserError: not a Parquet file, damaged, not readable, or of another schema version.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())
        raise UserError(
            f"{path} is not a Parquet file that can be read ({said}); make it anew with `tinker report`"
        ) from None
    found = (table.schema.metadata or {}).get(b"tinker_schema_version", b"none").decode()
    if found != str(VERSION):
        raise UserError(f"{path} has schema version {found}, this tinker reads {VERSION}; make it with `tinker report`")
    return table
