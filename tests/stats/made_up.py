"""Rows of trials.parquet with made-up values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinker.stats.compare import compare
from tinker.stats.rule import Rule
from tinker.tables import schema

RULE = Rule("val_loss", "lower", min_effect=0.1, alpha=0.05, correction="holm")
ALL = dict.fromkeys(schema.comparisons().names)
EMPTY = dict.fromkeys(schema.trials().names)


def row(arm: str, seed: int, value: float | None, **changes: Any) -> dict[str, Any]:
    """A finished trial; the control is the arm named `control`."""
    known = {
        "grid": "g", "arm": arm, "is_control": arm == "control", "corpus": "grammar", "scale": "cpu", "seed_init": seed,
        "seed_data": seed, "trial_id": f"{arm}/{seed}", "environment_class": "here", "changes_scale": False,
        "status": "done", "attempts": 1, "params": 1000, "flops_per_token": 6000.0, "steps": 100, "val_loss": value,
    }  # fmt: skip
    return EMPTY | known | changes


def rows(arms: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """All trials of these arms, seeds counted from 0."""
    return [row(arm, seed, value) for arm, values in arms.items() for seed, value in enumerate(values)]


def judged(trials: Sequence[Mapping[str, Any]], rule: Rule = RULE) -> dict[str, dict[str, Any]]:
    """The rows of the rule's metric by arm, with every column of comparisons.parquet."""
    return {found["arm"]: ALL | found for found in compare(trials, [rule.metric], rule)}


def sample_of(mean: float, sd: float, n: int) -> list[float]:
    """Values with exactly this mean and sd, to reproduce what was printed for data given by these."""
    values = np.arange(n, dtype=float)
    standard = (values - values.mean()) / values.std(ddof=1)
    return [float(value) for value in mean + sd * standard]
