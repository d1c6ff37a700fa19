"""Reads a CSV file: comma, semicolon or tab between the cells, the names of the columns in the first line."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from tinker.errors import UserError
from tinker.importing.sheet import Sheet, only_once

#: A cell may hold a whole note.
csv.field_size_limit(2**31 - 1)


def read_csv(path: Path) -> Sheet:
    """Every cell as text, so that what a number looks like is decided once, for all formats. An empty cell is null.

    Raises:
        UserError: not UTF-8, no rows, a column twice, or a line with too many or too few cells.
    """
    names, delimiter = _header(path)
    only_once(names, f"{path}:1")
    convert = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
    )
    parse = pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    try:
        table = pa_csv.read_csv(path, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise _unreadable(path, delimiter, len(names), error) from None
    if not len(table):
        raise UserError(f"{path}: there are no rows below the names of the columns")
    return Sheet(path.name, table, lambda row: f"{path}:{_line(path, delimiter, row)}")


def _header(path: Path) -> tuple[list[str], str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = max(",;\t", key=first.count)
            file.seek(0)
            return next(csv.reader(file, delimiter=delimiter)), delimiter
    except StopIteration:
        raise UserError(f"{path}: the file is empty; expected a line with the names of the columns") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text: {error}") from None


def _line(path: Path, delimiter: str, row: int) -> int:
    """The line on which a row starts; only asked for a message, since cells may hold line ends."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        next(reader)
        before, place = reader.line_num, 0
        for cells in reader:
            if cells:
                if place == row:
                    return before + 1
                place += 1
            before = reader.line_num
    return before


def _unreadable(path: Path, delimiter: str, columns: int, error: pa.ArrowInvalid) -> UserError:
    """The first line that has not as many cells as the header; else what the reader said."""
    if re.search(r"Expected \d+ columns", str(error)):
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            for cells in reader:
                if cells and len(cells) != columns:
                    return UserError(
                        f"{path}:{reader.line_num}: {len(cells)} cells, where the first line has {columns}"
                    )
    return UserError(f"{path}: cannot be read as CSV: {str(error).splitlines()[0]}")
