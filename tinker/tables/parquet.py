"""The tables as Parquet files: equal bytes for equal rows, and no reader ever sees half a file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tinker.errors import UserError
from tinker.store.atomic import write_table
from tinker.tables.schema import VERSION


class DamagedTableError(UserError):
    """A table that cannot be read: `problem` says why, without its path."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(
            f"{path} is not a Parquet file that can be read ({problem}); `tinker doctor --store --results"
            f" {path.parent.parent}` sets it aside and says what was in it, and `tinker report` makes tables anew"
        )
        self.problem = problem


def write(path: Path, table: pa.Table) -> pa.Table:
    """Write a table (its schema is one of `tinker.tables.schema`) and return it in one piece."""
    whole = table.combine_chunks()  # chunks would show in the bytes
    write_table(path, whole)
    return whole


def read(path: Path) -> pa.Table:
    """A table that `write` made.

    Raises:
        DamagedTableError: not a Parquet file, damaged, or not readable.
        UserError: of another schema version.
    """
    if path.is_dir():  # which would be read as a table in many files
        raise DamagedTableError(path, "it is a folder")
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DamagedTableError(path, " ".join(str(error).split())) from None
    found = (table.schema.metadata or {}).get(b"tinker_schema_version", b"none").decode()
    if found != str(VERSION):
        raise UserError(f"{path} has schema version {found}, this tinker reads {VERSION}; make it with `tinker report`")
    return table
