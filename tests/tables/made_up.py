"""Grids with made-up results, in a real store and as rows of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tinker.spec import Seeds, TrialSpec
from tinker.store.store import Store

HERE = "cpu-made-up"
RULE = {
    "metric": "val_loss", "direction": "lower", "min_effect": 0.01, "alpha": 0.05, "correction": "holm",
    "diverged": "worst",
}  # fmt: skip
CODE = {"fingerprint": "c0de" * 4, "modules": {}}


def spec(arm: str, seed: int) -> TrialSpec:
    """A trial whose id depends on arm and seed."""
    config = {"train": {"batch_size": 4, "threads": 1, "precision": "fp32"}, "model": {"context": 8, "label": arm}}
    return TrialSpec.of(config, Seeds(seed, seed), "corpus")


def grid(arms: Mapping[str, Sequence[int]], control: str = "baseline-v0", **changes: Any) -> dict[str, Any]:
    """`grid.json` of arms with their seeds; the first of `arms` is the control unless named otherwise."""
    return {
        "schema": 1,
        "name": "made-up",
        "question": "Does it help?",
        "hypothesis": "It does.",
        "control": control,
        "decide": RULE,
        "rule_hash": "abc",
        "rule_history": [{"hash": "abc", "decide": RULE, "time": "2026-01-01", "results_existed": False}],
        "skipped": [],
        "arms": [
            {"name": arm, "is_control": arm == control, "diff": {}, "changes_scale": False,
             "params": 1000 + 100 * place, "flops_per_token": 6000.0 + 600 * place}
            for place, arm in enumerate(arms)
        ],
        "cells": [
            {"arm": arm, "trial_id": spec(arm, seed).id, "seed_init": seed, "seed_data": seed, "corpus": "grammar",
             "scale": "cpu"}
            for arm, seeds in arms.items() for seed in seeds
        ],
        "environment_class": HERE,
        **changes,
    }  # fmt: skip


def save(results: Path, content: Mapping[str, Any]) -> None:
    """Write `grid.json`."""
    path = results / content["name"] / "grid.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def finish(
    results: Path, arm: str, seed: int, *, status: str = "done", steps: int = 100, environment_class: str = HERE,
    made: Mapping[str, Any] | None = None, points: int = 1, **metrics: float,
) -> None:  # fmt: skip
    """Commit the result of one trial to the store; `made` replaces parts of its environment, `points` of a curve fall
    to the result.
    """
    store, trial = Store(results), spec(arm, seed)
    store.begin(trial, environment_class, "test")
    measured = {"seconds": 10.0, "tokens_per_s": 5000.0, "rss_bytes": 3e8}
    result = {
        "status": status,
        "steps": steps,
        "metrics": metrics | measured,
        "params": 1234,
        "flops_per_token": 7404.0,
    }
    curve = [
        {"step": steps * point // points, "metric": name, "value": value * (2 - point / points)}
        for point in range(1, points + 1)
        for name, value in metrics.items()
    ]
    environment = {
        "torch": "2.13.0",
        "device": {"name": "A CPU"},
        "git": {"commit": "f00", "diff": "", "diff_cut": False, "untracked": []},
    }
    assert store.commit(trial, environment_class, result, curve, environment | dict(made or {}), CODE)
