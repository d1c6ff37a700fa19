"""What the user says about a file of runs: which column means what, and what decides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from tinker.config.suggest import unknown
from tinker.errors import UserError
from tinker.grid.decide import METRICS, Decide
from tinker.tables import schema

Kind = Literal["csv", "parquet", "jsonl", "wandb", "ray"]

#: Columns of trials.parquet that a file may fill besides arm, seed, status, hardware and metrics.
FILLED = (
    "params", "active_params", "trainable_params", "flops_per_token", "vocab_size", "steps", "tokens", "seconds",
    "tokens_per_s", "peak_mem_bytes", "rss_bytes", "git_commit", "torch", "device", "precision", "cause",
)  # fmt: skip

#: For `--seed`: the runs have none.
NO_SEED = "none"


@dataclass(frozen=True)
class Request:
    """The options of `tinker import`.

    Attributes:
        name: of the grid to make.
        arms: columns whose values name the arm, joined by `/`; empty for the default.
        seed: column of the seed, `none`, or None for the default.
        metrics: tinker's name of a metric by the file's; the first is the rule's.
        step: column of the step; rows are then points of curves.
        steps: the declared last step.
        columns: the file's column by tinker's, one of `FILLED`.
        run_name: pattern of run names that hold arm and seed, such as `{arm}-s{seed}`.
        kind: of file; None to tell by the file.
    """

    name: str
    control: str
    decide: Decide
    metrics: Mapping[str, str]
    arms: tuple[str, ...] = ()
    seed: str | None = None
    step: str | None = None
    steps: int | None = None
    hardware: str | None = None
    status: str | None = None
    columns: Mapping[str, str] | None = None
    run_name: str | None = None
    kind: Kind | None = None
    corpus: str = "unknown"
    scale: str = "unknown"
    question: str = ""
    tuning_seeds: tuple[int, ...] = ()


def metrics_of(given: Sequence[str]) -> dict[str, str]:
    """`COLUMN` or `COLUMN=NAME` each: tinker's name by the file's column.

    Raises:
        UserError: a name twice, or one that means something else in the tables.
    """
    found: dict[str, str] = {}
    for text in given:
        column, _, name = text.rpartition("=")
        column, name = (column, name) if column else (text, text)
        if not name or not name.isprintable() or name != name.strip():
            raise UserError(
                f"--metric {text!r}: {name!r} is no name for a metric; write COLUMN=NAME, like acc=accuracy"
            )
        if name in schema.trials().names and name not in (*METRICS, *schema.metric_names(schema.trials())):
            raise UserError(
                f"--metric {text}: {name} is a column of tinker's own tables; rename it: {column}=my_{name}"
            )
        if column in found or name in found.values():
            raise UserError(f"--metric {text}: that metric was given already; each column and each name goes once")
        found[column] = name
    return found


def columns_of(given: Sequence[str]) -> dict[str, str]:
    """`NAME=COLUMN` each: the file's column by tinker's.

    Raises:
        UserError: no such column in trials.parquet, or one twice.
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, column = text.partition("=")
        if not equals or not column:
            raise UserError(f"--column {text!r}: expected NAME=COLUMN, such as params=n_parameters")
        if name not in FILLED:
            raise UserError(f"--column {text}: {unknown('name', name, FILLED)}")
        if name in found:
            raise UserError(f"--column {text}: {name} was given already, as {found[name]!r}")
        found[name] = column
    return found


def type_of(name: str) -> pa.DataType:
    """The type of a column of `FILLED`."""
    return schema.trials().field(name).type


def seeds_of(text: str) -> tuple[int, ...]:
    """`1,2,3`. Raises UserError."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if not all(re.fullmatch(r"\d+", part) for part in parts):
        raise UserError(f"--tuning-seeds {text!r}: expected whole numbers with commas between, such as 1,2,3")
    return tuple(dict.fromkeys(map(int, parts)))
