"""What the files of finished trials said when a grid's tables were last made: their rows and curves, as columns.

One file for each grid, beside the trials, so that a report of thousands of them opens only what has changed since.
Never the truth: an entry counts only while the stamp of the trial's folder (`tinker.store.reading.glance`) is the one
that it was made under, and the file may be deleted at any time. It holds a digest of itself and of the code that makes
rows; where either does not fit, all trials are read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from tinker.errors import UserError
from tinker.store import reading, record, sealed
from tinker.store.atomic import write_bytes
from tinker.store.layout import Layout
from tinker.tables import once, points, schema, trial_columns, trial_row
from tinker.tables.once import compact, rows_of
from tinker.tables.points import Curve, joined, whole_of

#: (trial id, environment class)
Key = tuple[str, str]
_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Entry:
    """What a finished trial's files say: its own part of the row, and its curve."""

    stamp: str
    row: Mapping[str, Any]
    curve: Curve


def path_of(results: Path, grid: str) -> Path:
    """Where it lies; `.` keeps it out of the listing of trials."""
    return Layout(results).trials / f".rows-{grid}.arrow"


def recall(results: Path, grid: str) -> dict[Key, Entry]:
    """What is remembered of the trials of that grid; nothing where there is no file, or none that can be used."""
    try:
        data = path_of(results, grid).read_bytes()
    except OSError:
        return {}
    body = memoryview(data)[_DIGEST:]
    if _digest(body) != data[:_DIGEST]:
        return {}
    reader = pa.BufferReader(pa.py_buffer(body))
    rows, curves = (pa.ipc.open_stream(reader).read_all() for _ in range(2))
    whole = whole_of(curves.to_batches())
    stamps, lengths = rows.column("stamp").to_pylist(), rows.column("points").to_pylist()
    own = rows.drop_columns(["stamp", "points"])
    listed = rows_of(own)
    partial = [name for name in own.column_names if own.column(name).null_count]
    found, start = {}, 0
    for row, stamp, length in zip(listed, stamps, lengths, strict=True):
        for name in partial:
            if row[name] is None:
                del row[name]  # as it was: a metric that a trial does not have is no column of its row
        key = row["trial_id"], row["environment_class"]
        found[key] = Entry(stamp, row, Curve(whole, start, length))
        start += length
    return found


def remember(results: Path, grid: str, entries: Sequence[Entry]) -> None:
    """Replaces what is remembered of a grid. Where it cannot be written the next report takes longer, no more."""
    fields = {field.name: field for field in compact(schema.trials(_metrics(entries)))}
    names = sorted({name for entry in entries for name in entry.row} & fields.keys())
    listed = [{**entry.row, "stamp": entry.stamp, "points": len(entry.curve)} for entry in entries]
    columns = [*(fields[name] for name in names), pa.field("stamp", pa.string()), pa.field("points", pa.int64())]
    rows = pa.Table.from_pylist(listed, pa.schema(columns))
    curves = pa.Table.from_batches([joined([entry.curve for entry in entries])])
    sink = pa.BufferOutputStream()
    for table in (rows, curves):
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
    body = memoryview(sink.getvalue())
    with suppress(UserError):
        write_bytes(path_of(results, grid), b"".join((_digest(body), body)), durable=False)


def _metrics(entries: Iterable[Entry]) -> set[str]:
    return {name for entry in entries for name in entry.row} - set(schema.trials().names)


def _digest(body: memoryview) -> bytes:
    found = hashlib.sha256(_code())
    found.update(body)
    return found.digest()


@cache
def _code() -> bytes:
    """Of the sources that turn files into rows: with other code they might say something else."""
    found = hashlib.sha256(pa.__version__.encode())
    for module in (once, points, reading, record, sealed, schema, trial_columns, trial_row):
        found.update(Path(str(module.__file__)).read_bytes())
    return found.digest()
