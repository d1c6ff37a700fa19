"""The runs of one arm as one metric sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt
from statistics import fmean
from typing import Any, Literal

from tinker.stats.moments import variance

#: What is larger than this, or no number at all, is a divergence and no value: squares of it would overflow.
LARGEST = 1e100

Seed = tuple[int, int]
Outcome = Literal["measured", "unmeasured", "diverged", "failed", "unfinished"]


@dataclass(frozen=True)
class Run:
    """One planned training run.

    `seed` is (init, data); `value` the metric at the final step, or what a diverged run counts as; `excess` nats a
    token over what no model can beat, on corpora where that is known.
    """

    seed: Seed
    outcome: Outcome
    value: float | None
    trial_id: str
    steps: int | None
    environment: str | None
    packed: bool
    cause: str
    excess: float | None
    diverged: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any], metric: str, capped: bool = False) -> Run:
        """From a row of trials.parquet. A run that ended with NaN or infinity diverged, whatever its status says.

        `capped`: a diverged run counts as one that guesses, with a loss of ln V, and so does any that ended above that.
        """
        value: float | None = row[metric]
        status = row["status"]
        outcome: Outcome
        if status == "done":
            outcome = "unmeasured" if value is None else "measured" if abs(value) <= LARGEST else "diverged"
        else:
            outcome = status if status in ("diverged", "failed") else "unfinished"
        diverged = outcome == "diverged"
        if capped and row["vocab_size"] and outcome in ("measured", "diverged"):
            guess = log(row["vocab_size"])
            value, outcome = guess if diverged or value is None else min(value, guess), "measured"
        return cls(
            seed=(row["seed_init"], row["seed_data"]),
            outcome=outcome,
            value=value,
            trial_id=row["trial_id"],
            steps=row["steps"] if status == "done" else None,
            environment=row["environment_class"] if status in ("done", "diverged") else None,
            packed=bool(row["packed"]),
            cause=row["cause"] or "",
            excess=row.get("excess"),
            diverged=diverged,
        )


@dataclass(frozen=True)
class Sample:
    """All planned runs of an arm, sorted by seed, so that the order of rows cannot change a sum."""

    runs: tuple[Run, ...]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], metric: str, capped: bool = False) -> Sample:
        """The rows of one arm, corpus and scale; `capped` as in `Run.of`."""
        runs = (Run.of(row, metric, capped) for row in rows)
        return cls(tuple(sorted(runs, key=lambda run: (run.seed, run.trial_id, str(run.value)))))

    def first(self, count: int, before: Sample | None = None) -> Sample:
        """The first `count` runs, in the order of their seeds; those of the seeds of `before` come first of all."""
        return Sample(self.in_order(before)[:count])

    def in_order(self, before: Sample | None = None) -> tuple[Run, ...]:
        """All runs in the order in which looks take them."""
        early = {run.seed for run in before.runs} if before else set()
        return tuple(sorted(self.runs, key=lambda run: run.seed not in early))

    @cached_property
    def values(self) -> list[float]:
        """Finite final values: of the runs that did not diverge, so of survivors where some did."""
        return [run.value for run in self.runs if run.outcome == "measured" and run.value is not None]

    @cached_property
    def mean(self) -> float | None:
        """Over seeds."""
        return fmean(self.values) if self.values else None

    @cached_property
    def sd(self) -> float | None:
        """Sample standard deviation over seeds (ddof 1); None below two values."""
        return sqrt(variance(self.values)) if len(self.values) > 1 else None

    @cached_property
    def by_seed(self) -> dict[Seed, float]:
        """The values by seed."""
        return {run.seed: run.value for run in self.runs if run.outcome == "measured" and run.value is not None}

    @cached_property
    def by_block(self) -> dict[str, list[float]]:
        """The values by kind of machine."""
        found: dict[str, list[float]] = {}
        for run in self.runs:
            if run.outcome == "measured" and run.value is not None:
                found.setdefault(run.environment or "unknown", []).append(run.value)
        return found

    @property
    def finished(self) -> bool:
        """Whether no run is still to come."""
        return all(run.outcome != "unfinished" for run in self.runs)

    @cached_property
    def diverged(self) -> int:
        """How many runs diverged, whatever they count as."""
        return sum(run.diverged for run in self.runs)

    def count(self, outcome: Outcome) -> int:
        """How many runs ended so."""
        return sum(run.outcome == outcome for run in self.runs)

    def seeds(self, *outcomes: Outcome) -> list[Seed]:
        """Seeds of the runs that ended in one of these ways."""
        return [run.seed for run in self.runs if run.outcome in outcomes]

    @property
    def ended(self) -> list[Seed]:
        """Seeds whose outcome is known: measured or diverged."""
        return self.seeds("measured", "diverged")


def labels(seeds: Iterable[Seed], most: int = 6) -> str:
    """Seeds in words: `seed 3`, `seeds 0, 1, 4/7`; cut after `most`."""
    names = [str(init) if init == data else f"{init}/{data}" for init, data in sorted(set(seeds))]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"seed{'s' if len(names) > 1 else ''} {', '.join(names[:most])}{more}"
