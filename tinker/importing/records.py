"""Reads JSON: one object a line, nested ones flattened, NaN and Infinity as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from tinker.errors import UserError
from tinker.importing.sheet import Sheet

Record = dict[str, Any]


def read_jsonl(path: Path) -> Sheet:
    """A row for each line; the keys of nested objects are joined by a dot: `config.lr`.

    Python's reader and not pyarrow's: trainers write NaN and Infinity, which pyarrow refuses, and a key may hold one
    type on one line and another on the next.

    Raises:
        UserError: a line that is not an object, or no lines.
    """
    lines, rows = [], []
    for line, record in objects(path):
        lines.append(line)
        rows.append(flat(record, "."))
    if not rows:
        raise UserError(f"{path}: there are no lines in it; expected an object a line")
    return Sheet(path.name, table_of(rows), lambda row: f"{path}:{lines[row]}")


def objects(path: Path) -> Iterator[tuple[int, Record]]:
    """Line number and object of each line that is not blank. Raises UserError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise UserError(f"{path}:{number}: not JSON ({error}); expected JSON lines: an object a line") from None
        if not isinstance(record, dict):
            raise UserError(f"{path}:{number}: {type(record).__name__} instead of an object; expected an object a line")
        yield number, record


def flat(record: Mapping[str, Any], joint: str, prefix: str = "") -> Record:
    """Nested objects as keys of one."""
    found: Record = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            found |= flat(value, joint, f"{prefix}{key}{joint}")
        else:
            found[f"{prefix}{key}"] = value
    return found


def table_of(rows: Sequence[Record]) -> pa.Table:
    """Columns in the order in which their names first appear; a row without that key has null there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: _array([row.get(name) for row in rows]) for name in names})


def _array(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # of more than one type: as text, read when asked for
        texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
        return pa.array(texts, pa.string())
