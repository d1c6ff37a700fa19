"""Cells of a column as texts, numbers or whole numbers; null for an empty one. A wrong one is named with its place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tinker.errors import UserError
from tinker.importing.sheet import Sheet
from tinker.stats.sample import LARGEST

#: Whole numbers beyond this are not exact in a float column.
EXACT = 2**53


def texts(sheet: Sheet, name: str, option: str) -> pa.Array:
    """Trimmed; what is no text is written as text."""
    column = sheet.column(name, option)
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.string())
    try:
        trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise UserError(f"{sheet.file}: {option}: column {name!r} holds {column.type}, expected texts") from None
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def numbers(sheet: Sheet, name: str, option: str) -> pa.Array:
    """float64; NaN and infinity are values. Raises UserError for what is no number, or one beyond `LARGEST`."""
    found = _floats(sheet, name, option)
    values = found.to_numpy(zero_copy_only=False)
    huge = np.isfinite(values) & (np.abs(values) > LARGEST)
    if huge.any():
        row = int(np.flatnonzero(huge)[0])
        problem = (
            f"{values[row]:g} is beyond +-{LARGEST:g}, and sums of such values overflow; a run that diverged is NaN"
        )
        raise UserError(f"{sheet.place(row)}: column {name!r} ({option}): {problem}")
    return found


def _floats(sheet: Sheet, name: str, option: str) -> pa.Array:
    column = sheet.column(name, option)
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False)
    read = texts(sheet, name, option)
    try:
        return read.cast(pa.float64())
    except pa.ArrowInvalid:
        row = _first(read, lambda text: _fails(text, pa.float64()))
        problem = f"{read[row].as_py()!r} is not a number; an empty cell is no value, NaN and inf are values"
        raise UserError(f"{sheet.place(row)}: column {name!r} ({option}): {problem}") from None


def whole(sheet: Sheet, name: str, option: str, remedy: str) -> pa.Array:
    """int64. Raises UserError for what is no whole number, with the remedy."""
    column = sheet.column(name, option)
    if pa.types.is_signed_integer(column.type):
        return column.cast(pa.int64())
    if not pa.types.is_floating(column.type):
        column = texts(sheet, name, option)
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:  # perhaps 1.0, as pandas writes a column with a gap
            pass
    try:
        exact = column.cast(pa.float64())
        values = exact.to_numpy(zero_copy_only=False)
        is_whole = (np.abs(values) < EXACT) & (np.floor(values) == values)
        wrong = pc.is_valid(exact).to_numpy(zero_copy_only=False) & ~is_whole
        if not wrong.any():
            return exact.cast(pa.int64())
        row = int(np.flatnonzero(wrong)[0])
    except pa.ArrowInvalid:
        row = _first(column, lambda text: _fails(text, pa.int64()))
    given = column[row].as_py()
    raise UserError(
        f"{sheet.place(row)}: column {name!r} ({option}): {given!r} is no whole number of 15 digits or fewer; {remedy}"
    )


def filled(sheet: Sheet, name: str, option: str, column: pa.Array, remedy: str) -> pa.Array:
    """The column, none of whose cells may be empty. Raises UserError."""
    if column.null_count:
        row = int(np.flatnonzero(pc.is_null(column).to_numpy(zero_copy_only=False))[0])
        raise UserError(f"{sheet.place(row)}: column {name!r} ({option}): the cell is empty; {remedy}")
    return column


def _fails(text: str, kind: pa.DataType) -> bool:
    try:
        pa.array([text]).cast(kind)
    except pa.ArrowInvalid:
        return True
    return False


def _first(column: pa.Array, wrong: Callable[[str], bool]) -> int:
    return next(row for row, text in enumerate(column.to_pylist()) if text is not None and wrong(text))
