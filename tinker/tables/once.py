"""Texts that many rows share, held once: of a table in memory, and of rows made from it.

Ten thousand trials of one working tree have one `git diff`, which can be large; two million points of learning curves
have a few names. Such columns are dictionaries in memory (a place for each row, and each text once). In the files they
have the types of `tinker.tables.schema`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

TEXT = pa.dictionary(pa.int32(), pa.string())
TEXTS = pa.list_(TEXT)
#: Columns of trials.parquet with long texts, as they are in memory.
LONG = {"git_diff": TEXT, "code_modules": TEXT, "code_accepted": TEXTS}
#: Those that can be read as dictionaries from a file.
READ = [name for name, type_ in LONG.items() if type_ == TEXT]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compact(schema: pa.Schema) -> pa.Schema:
    """The schema with the columns of long texts as dictionaries."""
    fields = [field.with_type(LONG.get(field.name, field.type)) for field in schema]
    return pa.schema(fields, metadata=schema.metadata)


def plain(schema: pa.Schema) -> pa.Schema:
    """The schema without dictionaries."""
    return pa.schema([field.with_type(_plain(field.type)) for field in schema], metadata=schema.metadata)


def _plain(type_: pa.DataType) -> pa.DataType:
    if type_ == TEXTS:
        return pa.list_(pa.string())
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of texts as one dictionary, whether it is one already or not."""
    whole = column.combine_chunks()
    return whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """`table.to_pylist()`, several times as fast, in which equal texts of a column are one object."""
    names, columns = table.column_names, [_values(column.combine_chunks()) for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(array: pa.Array) -> list[Any]:
    """`array.to_pylist()`."""
    type_ = array.type
    if array.null_count == len(array):
        return [None] * len(array)
    if type_ == pa.string() or type_ == TEXT:
        return _texts(array if type_ == TEXT else array.dictionary_encode())
    if type_ in (TEXTS, pa.list_(pa.string())):
        values, ends = _values(array.flatten()), array.value_lengths().fill_null(0).to_numpy().cumsum().tolist()
        known = array.is_valid().to_pylist()
        parts = zip(known, [0, *ends], ends, strict=False)
        return [values[start:end] if there else None for there, start, end in parts]
    if type_ == pa.timestamp("us", tz="UTC"):
        zone = array.drop_null()[0].as_py().tzinfo
        counts = array.cast(pa.int64()).to_pylist()
        times = [None if count is None else _EPOCH + timedelta(microseconds=count) for count in counts]
        return [time and time.replace(tzinfo=zone) for time in times]
    if array.null_count == 0 and (pa.types.is_integer(type_) or pa.types.is_floating(type_)):
        return list(array.to_numpy().tolist())
    return list(array.to_pylist())


def _texts(array: pa.DictionaryArray) -> list[str | None]:
    texts = [*array.dictionary.to_pylist(), None]
    return [texts[place] for place in array.indices.fill_null(len(texts) - 1).to_numpy().tolist()]
