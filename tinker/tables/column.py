"""One column of a table: name, type, kind, unit and meaning; and the columns that all tables begin with."""

from __future__ import annotations

import pyarrow as pa

INT, FLOAT, TEXT, BOOL = pa.int64(), pa.float64(), pa.string(), pa.bool_()
TEXTS = pa.list_(TEXT)
TIME = pa.timestamp("us", tz="UTC")


def column(name: str, type_: pa.DataType, kind: str, unit: str, description: str) -> pa.Field:
    """A field with its description in the metadata; `unit` is empty for what has none."""
    return pa.field(name, type_, metadata={"kind": kind, "unit": unit, "description": description})


IDENTITY = [
    column("grid", TEXT, "identity", "", "name of the grid"),
    column("arm", TEXT, "identity", "", "name of the arm"),
    column("is_control", BOOL, "identity", "", "the arm with the empty diff"),
    column("corpus", TEXT, "identity", "", "what was trained and validated on"),
    column("scale", TEXT, "identity", "", "size and budget"),
]
