"""The tables as Parquet files: equal bytes for equal rows, and no reader ever sees half a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tinker.errors import UserError
from tinker.store.atomic import write_table
from tinker.tables.schema import VERSION


def write(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Write rows (a missing key is a null) and return the table."""
    unknown = {key for row in rows for key in row} - set(schema.names)
    assert not unknown, f"not in the schema of {path.name}: {sorted(unknown)}"
    table = pa.Table.from_pylist(list(rows), schema=schema)
    write_table(path, table)
    return table


def read(path: Path) -> pa.Table:
    """A table that `write` made.

    Raises:
        UserError: not a Parquet file, or of another schema version.
    """
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise UserError(f"{path} is not a Parquet file ({error}); delete it and run `tinker report` again") from error
    found = (table.schema.metadata or {}).get(b"tinker_schema_version", b"none").decode()
    if found != str(VERSION):
        raise UserError(f"{path} has schema version {found}, this tinker reads {VERSION}; make it with `tinker report`")
    return table
