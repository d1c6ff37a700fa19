"""Files of made-up runs, and `tinker import` in this process."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import typer.main

from tinker.cli.main import app
from tinker.report.analysis import Analysis

Rows = list[dict[str, Any]]

#: Mean losses of three arms: with the noise of `runs` and a min_effect of 0.01, one control, one better, one worse.
MEANS = {"base": 2.0, "good": 1.9, "bad": 2.2}


def runs(means: Mapping[str, float] = MEANS, seeds: Iterable[int] = (1, 2, 3, 4, 5)) -> Rows:
    """A row for each run: arm, seed, val_loss."""
    draw = random.Random(7)
    seeds = list(seeds)
    return [
        {"arm": arm, "seed": seed, "val_loss": mean + draw.gauss(0, 0.01)}
        for arm, mean in means.items()
        for seed in seeds
    ]


def curves(rows: Sequence[Mapping[str, Any]], steps: Sequence[int] = (10, 20, 30)) -> Rows:
    """Points of those runs; the last one has the value of the run."""
    return [
        {"arm": row["arm"], "seed": row["seed"], "step": step, "val_loss": row["val_loss"] + (steps[-1] - step) / 100}
        for row in rows
        for step in steps
    ]


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Columns as in the first row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """An object a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def tinker(*arguments: object) -> None:
    """A command; raises what a user would see as a message."""
    typer.main.get_command(app).main(list(map(str, arguments)), standalone_mode=False)


def import_(*arguments: object, results: Path, name: str = "there", control: str = "base") -> Path:
    """`tinker import` with a min_effect of 0.01; the folder that it makes."""
    rule = ("--control", control, "--min-effect", "0.01", "--name", name, "--results", results)
    tinker("import", *arguments, *rule)
    return results / name


def verdicts(folder: Path) -> dict[str, str]:
    """By arm, of the rule's metric; from the store and from the tables alone, which agree."""
    found = Analysis.of(folder.parent, folder.name), Analysis.read(folder)
    said = [{row["arm"]: row["verdict"] for row in one.comparisons if row["primary"]} for one in found]
    assert said[0] == said[1]
    return said[0]


def reasons(folder: Path) -> dict[str, str]:
    """Of the verdicts."""
    return {r["arm"]: r["reason"] for r in Analysis.read(folder).comparisons if r["primary"] and not r["is_control"]}


def trials(folder: Path) -> Rows:
    """Rows of trials.parquet."""
    return list(pq.read_table(folder / "trials.parquet").to_pylist())


def grid(folder: Path) -> dict[str, Any]:
    """Of grid.json."""
    return dict(json.loads((folder / "grid.json").read_text(encoding="utf-8")))
