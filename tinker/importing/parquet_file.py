"""Reads a Parquet file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tinker.errors import UserError
from tinker.importing.sheet import Sheet, only_once


def read_parquet(path: Path) -> Sheet:
    """The fields of nested columns are joined by a dot: `config.lr`.

    Raises:
        UserError: not a Parquet file, or no rows.
    """
    try:
        table = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    only_once(table.column_names, str(path))
    if not len(table):
        raise UserError(f"{path}: there are no rows in it")
    return Sheet(path.name, table, lambda row: f"{path}, row {row + 1}")
