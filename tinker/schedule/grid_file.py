"""`results/<grid>/grid.json`: what a grid asked for, as reports read it. Written before anything runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinker.config.schema import TrialConfig
from tinker.data.corpus import DATA, load
from tinker.grid.expand import Arm, Plan
from tinker.spec import canonical
from tinker.store.atomic import write_json
from tinker.store.layout import Layout
from tinker.store.store import Store
from tinker.tables.grids import SCHEMA
from tinker.train.base import require_packages, size_of_model

#: Of a plan's seeds.
SIDES = ("arms", "control", "tuning")


def size_of(arm: Arm) -> dict[str, Any]:
    """The parameters (all, trainable, active) and FLOPs a token of an arm's model, counted without computing anything.

    Raises:
        UserError: a package that the arm's fine-tuning needs is missing.
    """
    config = TrialConfig.from_dict(arm.config)
    require_packages(config)
    return asdict(size_of_model(config, load(config.data).vocab_size))


def arms_have_results(plan: Plan, store: Store) -> bool:
    """Whether an arm's trial was finished already, by any grid, on any kind of machine.

    The control does not count: grids share it, and without an arm beside it it tells of no effect.
    """
    ids = {cell.spec.id for cell in plan.cells if cell.arm != plan.control.name}
    return any(row.result is not None for row in store.rows(ids))


def write_grid_file(plan: Plan, results: Path, overrides: list[str], environment_class: str) -> None:
    """Writes the plan down, and adds its rule to the history of rules if it is not the latest there.

    An entry of the history keeps whether the arms had results when it was made.
    """
    path = Layout(results).grid(plan.name)
    grid, control = plan.grid, TrialConfig.from_dict(plan.control.config)
    before: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    history: list[dict[str, Any]] = before.get("rule_history", [])
    rule = grid.decide
    arms = _seeds_and_arms(plan)
    seeds_history: list[dict[str, Any]] = before.get("plan_history") or _history_before(before)
    if not history or history[-1]["hash"] != rule.rule_hash:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        late = arms_have_results(plan, Store(results))
        history = [*history, {"hash": rule.rule_hash, "decide": rule.as_dict(), "time": now, "results_existed": late}]
    if not seeds_history or any(seeds_history[-1][key] != value for key, value in arms.items()):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        late = arms_have_results(plan, Store(results))
        seeds_history = [*seeds_history, {**arms, "time": now, "results_existed": late}]
    corpus, scale = DATA.of(control.data).name, control.scale.name
    document = {
        "schema": SCHEMA,
        "name": plan.name,
        "source": {"file": str(grid.source.path), "overrides": overrides},
        "question": grid.question,
        "hypothesis": grid.hypothesis,
        "control": plan.control.name,
        "decide": rule.as_dict(),
        "rule_hash": rule.rule_hash,
        "rule_history": history,
        "plan_history": seeds_history,
        "seeds": {side: [[s.init, s.data] for s in getattr(grid.seed_plan, side)] for side in SIDES},
        "skipped": list(plan.notes),
        "arms": [
            {
                "name": arm.name,
                "is_control": arm.is_control,
                "diff": arm.diff,
                "changes_scale": arm.changes_scale,
                **size_of(arm),
            }
            for arm in plan.arms
        ],
        "cells": [
            {
                "arm": cell.arm,
                "trial_id": cell.spec.id,
                "seed_init": cell.seeds.init,
                "seed_data": cell.seeds.data,
                "corpus": corpus,
                "scale": scale,
            }
            for cell in plan.cells
        ],
        "vocab_size": load(control.data).vocab_size,
        "environment_class": environment_class,
    }
    if plan.pretrained is not None:
        document["pretrained"] = plan.pretrained.id
    write_json(path, document)


def _seeds_and_arms(plan: Plan) -> dict[str, Any]:
    """What the history of the plan is about: the seeds of either side, and the arms by a digest of what they change."""
    seeds = plan.grid.seed_plan
    return {
        "seeds": {side: [[s.init, s.data] for s in getattr(seeds, side)] for side in SIDES},
        "arms": {_digest(arm.diff): arm.name for arm in plan.arms if not arm.is_control},
    }


def _history_before(grid: dict[str, Any]) -> list[dict[str, Any]]:
    """The one entry that a grid file of the time before there was such a history stands for."""
    if not grid:
        return []
    cells: dict[str, list[list[int]]] = {}
    for cell in grid["cells"]:
        cells.setdefault(cell["arm"], []).append([cell["seed_init"], cell["seed_data"]])
    control = cells.pop(grid["control"])
    seeds = {"arms": next(iter(cells.values()), control), "control": control, "tuning": []}
    arms = {_digest(arm["diff"]): arm["name"] for arm in grid["arms"] if not arm["is_control"]}
    first = grid["rule_history"][0]
    return [{"seeds": seeds, "arms": arms, "time": first["time"], "results_existed": first["results_existed"]}]


def _digest(diff: Any) -> str:
    return hashlib.sha256(canonical(diff).encode()).hexdigest()[:12]
