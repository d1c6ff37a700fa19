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
#: How deep objects and lists may be nested.
DEEPEST = 50


def read_jsonl(path: Path) -> Sheet:
    """A row for each line; the keys of nested objects are joined by a dot: `config.lr`.

    Python's reader and not pyarrow's: trainers write NaN and Infinity, which pyarrow refuses, and a key may hold one
    type on one line and another on the next.

    Raises:
        UserError: a line that is not an object, or no lines.
    """
    lines, rows = [], []
    for line, record in objects_in(text_of(bytes_of(path), path), path):
        lines.append(line)
        rows.append(flat(record, "."))
    if not rows:
        raise UserError(f"{path}: there are no lines in it; expected an object a line")
    return Sheet(path.name, table_of(rows), lambda row: f"{path}:{lines[row]}")


def bytes_of(path: Path) -> bytes:
    """The file. Raises UserError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error}") from None


def text_of(data: bytes, path: Path) -> str:
    """The content of that file as text. Raises UserError with the line that is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}: cannot be read as UTF-8 text: {error}") from None


def objects_in(text: str, path: Path) -> Iterator[tuple[int, Record]]:
    """Line number and object of each line that is not blank. Raises UserError."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = parsed(line, f"{path}:{number}")
        except ValueError as error:
            raise UserError(f"{path}:{number}: not JSON ({error}); expected JSON lines: an object a line") from None
        if not isinstance(record, dict):
            raise UserError(f"{path}:{number}: {type(record).__name__} instead of an object; expected an object a line")
        yield number, record


def parsed(text: str, where: str) -> Any:
    """What a JSON text holds.

    Raises:
        ValueError: not JSON.
        UserError: JSON that no table can hold: nested too deep, or with half a surrogate pair in it.
    """
    try:
        found = json.loads(text)
    except RecursionError:
        raise _too_deep(where) from None
    if text.count("{") + text.count("[") > DEEPEST:
        _demand_shallow(found, where)
    if "\\u" in text:
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            raise UserError(
                f"{where}: {half} is half a surrogate pair, and no character; write the whole one"
            ) from None
    return found


def _demand_shallow(value: Any, where: str) -> None:
    """Level by level, since a deep one would overflow the stack here too."""
    level = [value]
    for _ in range(DEEPEST + 1):
        inside = [tuple(item.values()) if isinstance(item, dict) else item for item in level]
        level = [item for items in inside if isinstance(items, (list, tuple)) for item in items]
    if level:
        raise _too_deep(where)


def _too_deep(where: str) -> UserError:
    return UserError(f"{where}: objects or lists are nested deeper than {DEEPEST}; a row of runs needs none so deep")


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
