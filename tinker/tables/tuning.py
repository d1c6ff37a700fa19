"""tuning.parquet: every trial of a tuning phase, from what `grid.json` tells of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from tinker.tables import schema
from tinker.tables.parquet import write
from tinker.tables.tuning_columns import PARAMS

TUNING = "tuning.parquet"

Grid = Mapping[str, Any]


def write_tuning(folder: Path, grid: Grid) -> None:
    """Writes the table of a grid that tunes; of one that tunes nothing there is none, not an older one either."""
    if "tuning" in grid:
        table = pa.Table.from_pylist(list(tuning_rows(grid)), schema.tuning(searched_numbers(grid["tuning"])))
        write(folder / TUNING, table)
    else:
        (folder / TUNING).unlink(missing_ok=True)


def tuning_rows(grid: Grid) -> Iterator[dict[str, Any]]:
    """A row per arm, configuration, rung and seed, in the order asked."""
    tuning = grid["tuning"]
    keys = searched_numbers(tuning)
    for arm in tuning["arms"]:
        for tried in arm["configurations"]:
            common = {
                "grid": grid["name"],
                "arm": arm["name"],
                "is_control": arm["name"] == grid["control"],
                "metric": tuning["metric"],
                "params": json.dumps(tried["params"], sort_keys=True, separators=(",", ":")),
                "is_winner": tried["number"] == arm["winner"],
                **{key: tried[key] for key in ("number", "batch", "stopped")},
                **{f"{PARAMS}{key}": number(tried["params"].get(key)) for key in keys},
            }
            for trial in tried["trials"]:
                yield {**common, **trial}


def searched_numbers(tuning: Mapping[str, Any]) -> list[str]:
    """Searched keys that have numbers in some arm, sorted; one that follows another is not searched."""
    return sorted({key for arm in tuning["arms"] for key, knob in arm["space"].items() if is_numeric(knob)})


def is_numeric(knob: Mapping[str, Any]) -> bool:
    """Whether the values of a searched key have places on an axis."""
    return knob["kind"] == "range" or (
        knob["kind"] == "list" and knob["values"] != [] and all(number(each) is not None for each in knob["values"])
    )


def number(value: Any) -> float | None:
    """A tried value as a number; None for another."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
