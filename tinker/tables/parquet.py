"""The tables as Parquet files: equal bytes for equal rows, and no reader ever sees half a file."""

from __future__ import annotations

import base64
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tinker.errors import UserError
from tinker.store.atomic import write_bytes, write_table
from tinker.tables.once import READ, plain
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
    """Write a table (its schema is one of `tinker.tables.schema`) and return it in one piece.

    Columns that are dictionaries in memory become what the schema says.
    """
    whole = table.combine_chunks()  # chunks would show in the bytes
    if plain(whole.schema) == whole.schema:
        write_table(path, whole)
    else:
        write_bytes(path, _decoded(whole))
    return whole


def _decoded(table: pa.Table) -> bytes:
    """The bytes of a table that has dictionaries, made as those of one that has none: no reader is to see them."""
    wanted = plain(table.schema)
    metadata = {**(wanted.metadata or {}), b"ARROW:schema": base64.b64encode(wanted.serialize().to_pybytes())}
    # Of numbers that hardly repeat a dictionary only takes time.
    encoded = [field.name for field in wanted if field.type != pa.float64()]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink, table.schema.remove_metadata(), store_schema=False, compression="zstd", write_page_checksum=True,
        use_dictionary=encoded,
    ) as file:  # fmt: skip
        file.add_key_value_metadata({key.decode(): value.decode() for key, value in metadata.items()})
        file.write_table(table.replace_schema_metadata())
    data: bytes = sink.getvalue().to_pybytes()
    return data


def read(path: Path) -> pa.Table:
    """A table that `write` made; its long texts are dictionaries (`tinker.tables.once`).

    Raises:
        DamagedTableError: not a Parquet file, damaged, or not readable.
        UserError: of another schema version.
    """
    if path.is_dir():  # which would be read as a table in many files
        raise DamagedTableError(path, "it is a folder")
    try:
        table = pq.read_table(path, page_checksum_verification=True, read_dictionary=READ)
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DamagedTableError(path, " ".join(str(error).split())) from None
    found = (table.schema.metadata or {}).get(b"tinker_schema_version", b"none").decode()
    if found != str(VERSION):
        raise UserError(f"{path} has schema version {found}, this tinker reads {VERSION}; make it with `tinker report`")
    return table
