"""The tables about single runs: those that failed, and how to reproduce each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from shlex import join
from typing import Any

from tinker.report.html.cells import Cell, Table, numbers, table, words
from tinker.report.html.wording import DASH, beginning
from tinker.report.view import Column, Row

#: Characters of all causes together: a grid in which everything failed is a page all the same.
ROOM = 200_000


def failures(trials: Sequence[Row], metric: str) -> Table:
    """Every run that did not end with a value, with its cause."""
    lost = [row for row in trials if row["status"] != "done" or row[metric] is None or not isfinite(row[metric])]
    room = max(200, ROOM // max(1, len(lost)))

    def cause(row: Row) -> Cell:
        text = (row["cause"] or _cause(row, metric)).strip()
        return Cell(beginning(text, room))

    makers = (
        words("arm", "arm"),
        (Column("seed"), _seed),
        words("status", "status"),
        (Column("cause", number=False), cause),
        words("trial", "trial_id", code=True),
    )
    return table("Runs without a value", makers, lost)


def _cause(row: Row, metric: str) -> str:
    if row["status"] == "done":
        return f"ended without a finite {metric}"
    return {"missing": "planned, and not run", "pending": "not started", "running": "not finished"}.get(
        row["status"], DASH
    )


def _seed(row: Row) -> Cell:
    """Of initialisation, and of the data where it is another."""
    init, data = row["seed_init"], row["seed_data"]
    return Cell(str(init) if init == data else f"{init}/{data}", init)


def reproduce(trials: Sequence[Row], metric: str) -> Table:
    """Each row with the command that runs it again, or where it came from."""
    makers = (
        words("arm", "arm"),
        (Column("seed"), _seed),
        words("status", "status"),
        numbers(metric, metric, lambda row: repr(row[metric])),
        (Column("again", number=False), _again),
    )
    return table("Every run", makers, trials)


def _again(row: Row) -> Cell:
    if row["source"] is not None:
        return Cell(f"made elsewhere: {row['source']}")
    return Cell(f"tinker replay {row['trial_id']}", code=True)


def command(grid: Mapping[str, Any]) -> str:
    """Runs the whole grid again; empty where it was imported."""
    source = grid.get("source")
    if grid.get("imported") is not None or not source:
        return ""
    return join(["tinker", "run", source["file"], *source["overrides"]])
