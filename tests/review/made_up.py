"""Committed tables of a made-up grid: one arm of each judgement, and everything in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.tables import made_up
from tinker.grid.decide import Decide
from tinker.report.analysis import Analysis
from tinker.review.find import find
from tinker.review.review import Review, review
from tinker.tables import schema
from tinker.tables.collect import with_grid
from tinker.tables.looks import record_looks
from tinker.tables.names import COMPARISONS, CURVES, TRIALS
from tinker.tables.parquet import write

CONTROL = "baseline-v0"
NOISE = (-0.002, -0.001, 0.0, 0.001, 0.002)
MEANS = {CONTROL: 1.9, "good": 1.86, "bad": 1.95, "same": 1.9003, "open": 1.907}
SEEDS = range(1, 6)
#: What a review says of it.
WORDS = {"good": "accept", "bad": "reject", "same": "reject", "open": "inconclusive"}
CODE = json.dumps({"model": "aaa", "tinker.train": "bbb"})

Row = dict[str, Any]


@dataclass
class Tables:
    """A grid and its trials, for a test to change before they are written."""

    grid: dict[str, Any] = field(default_factory=lambda: plain_grid())
    rows: list[Row] = field(default_factory=lambda: [row(arm, seed) for arm in MEANS for seed in SEEDS])
    points: list[Row] = field(default_factory=list)

    def of(self, arm: str) -> list[Row]:
        """The arm's rows, by seed."""
        return [row for row in self.rows if row["arm"] == arm]

    def declare(self, **changes: Any) -> None:
        """Another rule, in time."""
        decide = {**self.grid["decide"], **changes}
        entry = {"hash": rule_hash(decide), "decide": decide, "time": "2026-01-02", "results_existed": False}
        self.grid |= {"decide": decide, "rule_hash": entry["hash"]}
        self.grid["rule_history"] = [*self.grid["rule_history"], entry]

    def draw(self) -> None:
        """A curve of two points for each row."""
        whose = schema.curves().names[: -len(("step", "metric", "value"))]
        for one in self.rows:
            one["best_val_loss"] = one["val_loss"]
            ends = {metric: one[metric] for metric in ("val_loss", "best_val_loss")}
            values = [(50, metric, value + 1.0) for metric, value in ends.items()]
            values += [(100, metric, value) for metric, value in ends.items()]
            owner = {name: one[name] for name in whose}
            self.points += [{**owner, "step": s, "metric": metric, "value": value} for s, metric, value in values]

    def write(self, folder: Path, *, comparisons: bool = True) -> Path:
        """trials.parquet, with the grid in it, and comparisons.parquet; no grid.json."""
        folder.mkdir(parents=True, exist_ok=True)
        metrics = {self.grid["decide"]["metric"]}.union(*self.rows) - set(schema.trials().names)
        trials = pa.Table.from_pylist(self.rows, schema.trials(metrics))
        write(folder / TRIALS, with_grid(trials, self.grid))
        if self.points:
            write(folder / CURVES, pa.Table.from_pylist(self.points, schema.curves()))
        if comparisons:
            found = Analysis.read(folder).comparisons
            write(folder / COMPARISONS, pa.Table.from_pylist(found, schema.comparisons()))
            record_looks(folder, found, datetime(2026, 3, 1, tzinfo=UTC))
        return folder

    def keep(self, *arms: str, seeds: Collection[int] = SEEDS) -> None:
        """A smaller grid, planned so from the start: the control, these arms or all, and these seeds."""
        names, pairs = {CONTROL, *(arms or MEANS)}, [[seed, seed] for seed in seeds]
        kept = [[one for one in some if one["arm"] in names and one["seed_init"] in seeds] for some in self._trials()]
        self.rows, self.grid["cells"] = kept
        self.grid["seeds"] |= {"arms": pairs, "control": pairs}
        self.grid["plan_history"][0] |= {"seeds": self.grid["seeds"], "arms": {arm: arm for arm in names - {CONTROL}}}

    def _trials(self) -> tuple[list[Row], list[Row]]:
        return self.rows, self.grid["cells"]

    def review(self, folder: Path, *arms: str) -> Review:
        """Of these tables, written there."""
        return review(find(str(self.write(folder)), [], folder / "no-results"), arms)


Change = Callable[[Tables], object]


def rule_hash(decide: Mapping[str, Any]) -> str:
    """As a grid has it."""
    return Decide(**decide).rule_hash


def plain_grid() -> dict[str, Any]:
    """`grid.json`, everything declared in time."""
    grid = made_up.grid(dict.fromkeys(MEANS, SEEDS), CONTROL)
    decide = Decide(**grid["decide"]).as_dict()
    digest = rule_hash(decide)
    pairs = [[seed, seed] for seed in SEEDS]
    seeds = {"arms": pairs, "control": pairs, "tuning": [[99, 99]]}
    arms = {arm: arm for arm in MEANS if arm != CONTROL}
    return {
        **grid,
        "decide": decide,
        "rule_hash": digest,
        "rule_history": [{"hash": digest, "decide": decide, "time": "2026-01-01", "results_existed": False}],
        "seeds": seeds,
        "plan_history": [{"seeds": seeds, "arms": arms, "time": "2026-01-01", "results_existed": False}],
    }


def row(arm: str, seed: int, **changes: Any) -> Row:
    """A finished trial."""
    loss = MEANS[arm] + NOISE[(seed - 1) % 5] * (5 if arm == "open" else 1)
    known = {
        "grid": "made-up", "arm": arm, "is_control": arm == CONTROL, "corpus": "grammar", "scale": "cpu",
        "seed_init": seed, "seed_data": seed, "trial_id": made_up.spec(arm, seed).id, "environment_class": "here",
        "changes_scale": False, "status": "done", "attempts": 1, "params": 1000, "flops_per_token": 6000.0,
        "steps": 100, "val_loss": loss, "excess": loss - 1.8, "code_fingerprint": "f", "code_modules": CODE,
        "code_accepted": [], "git_commit": "c0ffee" * 6, "git_dirty": False, "git_diff": "", "git_diff_complete": True,
        "started": datetime(2026, 2, 1, tzinfo=UTC),
    }  # fmt: skip
    return dict.fromkeys(schema.trials().names) | known | changes


def states(made: Review, gate: str) -> set[str]:
    """How the findings of that gate stand."""
    found = {finding.state for finding in made.findings if finding.gate == gate}
    assert found, f"no finding of {gate!r}"
    return set(found)


def words(made: Review) -> dict[str, str]:
    """The judgement on each arm."""
    return {judgement.arm: judgement.word for judgement in made.judgements}
