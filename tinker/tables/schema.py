"""Schemas of the tables: columns, types, units and meaning, versioned.

The version rises when a column is renamed, removed or changes its meaning; an added column leaves it. The metrics of a
grid are columns of trials.parquet after the fixed ones, so its schema is made for the metrics there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from tinker.tables.column import FLOAT, IDENTITY, INT, TEXT, column
from tinker.tables.comparison_columns import COMPARISON
from tinker.tables.look_columns import LOOK
from tinker.tables.trial_columns import METRICS, SEEDS, TRIAL
from tinker.tables.tuning_columns import TUNING, searched

VERSION = 1


def trials(metrics: Iterable[str] = ()) -> pa.Schema:
    """trials.parquet: a row for each planned trial; `metrics` are those besides `METRICS`."""
    known = [column(name, FLOAT, "metric", *about) for name, about in METRICS.items()]
    others = [column(name, FLOAT, "metric", *_meaning(name)) for name in sorted(set(metrics) - METRICS.keys())]
    return _schema("trials", [*IDENTITY, *SEEDS, *TRIAL, *known, *others])


def _meaning(metric: str) -> tuple[str, str]:
    if metric.startswith("excess_"):
        return "nats/token", f"excess on the tokens of the skill {metric.removeprefix('excess_')}"
    return "", "a metric of the trial's own"


def metric_names(schema: pa.Schema) -> list[str]:
    """The metric columns of a trials table."""
    return [field.name for field in schema if (field.metadata or {}).get(b"kind") == b"metric"]


CURVES_COLUMNS = [
    column("step", INT, "identity", "steps", "optimizer steps done"),
    column("metric", TEXT, "identity", "", "name as in trials.parquet"),
    column("value", FLOAT, "metric", "of the metric", "value at that step"),
]


def curves() -> pa.Schema:
    """curves.parquet: a row per trial, step and metric."""
    return _schema("curves", [*IDENTITY, *SEEDS, *CURVES_COLUMNS])


def looks() -> pa.Schema:
    """looks.parquet: a row per arm and time that a report showed something new of it."""
    return _schema("looks", [*IDENTITY, *LOOK])


def comparisons() -> pa.Schema:
    """comparisons.parquet: a row per arm (the control too), metric, corpus and scale."""
    return _schema("comparisons", [*IDENTITY, *COMPARISON])


def tuning(keys: Iterable[str] = ()) -> pa.Schema:
    """tuning.parquet: a row per arm, configuration, rung and seed; `keys` are the searched ones that have numbers."""
    return _schema("tuning", [*TUNING, *map(searched, keys)])


def _schema(table: str, fields: Sequence[pa.Field]) -> pa.Schema:
    return pa.schema(fields, metadata={"tinker_table": table, "tinker_schema_version": str(VERSION)})
