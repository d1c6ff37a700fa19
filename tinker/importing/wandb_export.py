"""The two CSV files that the W&B app exports: its table of runs, and one of its charts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tinker.errors import UserError
from tinker.importing.cells import numbers, whole
from tinker.importing.delimited import read_csv
from tinker.importing.sheet import Sheet

#: What W&B appends to a chart's columns for the lowest and highest of the values that one of its points stands for.
LOWEST, HIGHEST = "__MIN", "__MAX"
#: Between the run's name and the metric's in a chart's columns.
BETWEEN = " - "
#: Before the name of a group of runs.
GROUP = "Group: "
RUN, STEP = "run", "Step"


def is_runs_table(sheet: Sheet) -> bool:
    """Whether a CSV file is W&B's table of runs."""
    return {"Name", "State"} <= set(sheet.table.column_names)


def is_chart(sheet: Sheet) -> bool:
    """Whether a CSV file is one of W&B's charts."""
    return any(BETWEEN in name and name.endswith(LOWEST) for name in sheet.table.column_names)


def runs_table(sheet: Sheet) -> Sheet:
    """The table of runs: a row a run, its state in `State`."""
    return replace(sheet, name="Name", status="State")


def chart(sheet: Sheet) -> Sheet:
    """A chart's columns, one for each run, as rows `run, Step, metric`.

    A chart of groups shows means over runs, and a run is what counts: it is refused unless each group is one run.

    Raises:
        UserError: such a chart; or one over something else than steps.
    """
    axis = sheet.table.column_names[0]
    steps = whole(sheet, axis, "the chart's first column, its x axis", "set it to Step in the chart, and export again")
    values = [c for c in sheet.table.column_names[1:] if BETWEEN in c and not c.endswith((LOWEST, HIGHEST))]
    parts, rows, averaged = [], [], 0
    for column in values:
        run, _, metric = column.rpartition(BETWEEN)
        if metric == "_step":
            continue
        value = numbers(sheet, column, "the chart")
        there = np.flatnonzero(pc.is_valid(value).to_numpy(zero_copy_only=False))
        if not len(there):
            continue
        lone = _lone(sheet, column, value)
        if run.startswith(GROUP) and not lone[there].all():
            raise UserError(
                f"{sheet.file}: column {column!r} is the mean over a group of runs, and a verdict needs each run by "
                "itself; switch the grouping off in the chart, and export again"
            )
        averaged += not lone[there[-1]]
        points = {
            RUN: pa.array([run.removeprefix(GROUP)] * len(there)),
            STEP: steps.take(there),
            metric: value.take(there),
        }
        parts.append(pa.table(points))
        rows.append(there)
    if not parts:
        raise UserError(f"{sheet.file}: no column `<run>{BETWEEN}<metric>` with a value in it")
    where = np.concatenate(rows)
    table = pa.concat_tables(parts, promote_options="default")
    note = f"{sheet.file}: {averaged} final values are means of several points, as W&B thins out long charts"
    notes = (note,) if averaged else ()
    return Sheet(
        sheet.file, table, lambda row: sheet.place(int(where[row])), RUN, RUN, STEP, None, None, None, notes=notes
    )


def _lone(sheet: Sheet, column: str, value: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether each point is one value, and not the mean of several: its lowest is its highest."""
    bounds = [column + LOWEST, column + HIGHEST]
    if not set(bounds) <= set(sheet.table.column_names):
        return np.ones(len(value), bool)
    low, high = (numbers(sheet, bound, "the chart").to_numpy(zero_copy_only=False) for bound in bounds)
    lone: npt.NDArray[np.bool_] = (low == high) | np.isnan(low) | np.isnan(high)
    return lone


def read_wandb(path: Path) -> Sheet:
    """Either of the two.

    Raises:
        UserError: neither, or a CSV that cannot be read.
    """
    sheet = told(read_csv(path))
    if sheet.name is None:
        raise UserError(
            f"{path}: not an export of W&B: its table of runs has columns Name and State, a chart has Step and "
            f"`<run>{BETWEEN}<metric>`; columns there are: {', '.join(sheet.table.column_names)}"
        )
    return sheet


def told(sheet: Sheet) -> Sheet:
    """A CSV file as what it is: an export of W&B by its columns, or just a table."""
    return chart(sheet) if is_chart(sheet) else runs_table(sheet) if is_runs_table(sheet) else sheet
