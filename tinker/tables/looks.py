"""looks.parquet: every time that results of a grid were looked at. A look that is not there did not happen.

Rows are only ever added, and only when something new is to be seen, so a report made twice adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tinker.tables import schema
from tinker.tables.parquet import read, write

LOOKS = "looks.parquet"
#: What `tinker doctor --store` calls a table of looks that cannot be read; the looks in it are lost.
LOST = f"{LOOKS}*.damaged"
#: What makes a row of an arm new: other runs, another rule, or a later look at the same ones.
SEEN = ("rule_hash", "kind", "look", "n", "n_diverged", "control_n", "p", "verdict")

Row = Mapping[str, Any]


def record_looks(folder: Path, comparisons: Sequence[Row], now: datetime | None = None) -> list[dict[str, Any]]:
    """Adds what the comparisons show to the folder's table of looks, and returns the whole table.

    Raises:
        UserError: the table is damaged, or cannot be written.
    """
    path = folder / LOOKS
    known = read_looks(folder)
    latest = {_place(row): row for row in known}  # the last one of each arm
    time = (now or datetime.now(UTC)).replace(microsecond=0)
    new = [_look(row, time) for row in comparisons if row["primary"] and not row["is_control"] and row["n"]]
    fresh = [row for row in new if not _same(row, latest.get(_place(row)))]
    if not fresh:
        return known
    return list(write(path, pa.Table.from_pylist([*known, *fresh], schema.looks())).to_pylist())


def read_looks(folder: Path) -> list[dict[str, Any]]:
    """The rows there are, oldest first; none where nobody has looked.

    Raises:
        UserError: the table is damaged.
    """
    path = folder / LOOKS
    return list(read(path).to_pylist()) if path.exists() else []


def lost_looks(folder: Path) -> list[str]:
    """A note where a table of looks was damaged: nothing can make it again."""
    lost = sorted(path.name for path in folder.glob(LOST))
    return [f"earlier looks are not known: their table was damaged, and is kept as {', '.join(lost)}"] if lost else []


def _look(row: Row, time: datetime) -> dict[str, Any]:
    names = schema.looks().names
    return {name: row.get(name) for name in names} | {"time": time, "kind": _kind(row)}


def _kind(row: Row) -> str:
    if row["look"] is not None:  # before the first one a row shows no run, and is not recorded
        return "look"
    if row["e_value"] is not None:
        return "look"
    return "peek" if row["n_unfinished"] else "end"


def _place(row: Row) -> tuple[Any, ...]:
    return row["corpus"], row["scale"], row["arm"]


def _same(row: Row, before: Row | None) -> bool:
    return before is not None and all(row[key] == before[key] for key in SEEN)
