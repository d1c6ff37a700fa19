"""`results/<grid>/grid.json`: what a grid asked for, as reports read it. Written before anything runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from tinker.config.schema import TrialConfig
from tinker.data.corpus import DATA, corpus_of
from tinker.grid.expand import Arm, Plan
from tinker.grid.switches import switched_on
from tinker.schedule.history import histories, seeds_of
from tinker.schedule.sizes import remembered_size
from tinker.schedule.tuning.document import tuning_document
from tinker.schedule.tuning.phase import tuning_so_far
from tinker.store.atomic import write_json
from tinker.store.layout import Layout
from tinker.store.store import Store
from tinker.tables.grids import SCHEMA, read_grid
from tinker.train.base import require_packages


def size_of(arm: Arm) -> dict[str, Any]:
    """The parameters (all, trainable, active) and FLOPs a token of an arm's model, counted without computing anything.

    Raises:
        UserError: a package that the arm's fine-tuning needs is missing.
    """
    config = TrialConfig.from_dict(arm.config)
    require_packages(config)
    return asdict(remembered_size(config, corpus_of(config).vocab_size))


def write_grid_file(plan: Plan, results: Path, overrides: list[str], environment_class: str) -> None:
    """Writes the plan down, with the histories of what was declared and whether the arms had results then.

    Of a grid that tunes also what was tried, as far as the store has it.
    """
    path = Layout(results).grid(plan.name)
    grid, control = plan.grid, TrialConfig.from_dict(plan.control.config)
    before: dict[str, Any] = read_grid(path) if path.exists() else {}
    rule = grid.decide
    rules, plans = histories(plan, before, results)
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
        "rule_history": rules,
        "plan_history": plans,
        "seeds": seeds_of(grid.seed_plan),
        "skipped": list(plan.notes),
        "arms": [
            {
                "name": arm.name,
                "is_control": arm.is_control,
                "diff": arm.diff,
                "changes_scale": arm.changes_scale,
                **size_of(arm),
                **({} if grid.tune is None else {"tuned": arm.tuned}),
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
        "vocab_size": corpus_of(control).vocab_size,
        "environment_class": environment_class,
    }
    # In which order its trials start, and what of a GPU each gets: both are settled while they run.
    document |= {key: before[key] for key in ("order", "packing") if key in before}
    if on := switched_on(plan.control.config):
        document["switches"] = on
    if grid.decided:
        document["measured"] = dict(grid.decided)
    if grid.budget.declared:
        document["budget"] = grid.budget.declared
    if plan.pretrained is not None:
        document["pretrained"] = plan.pretrained.id
    if grid.tune is not None:
        declared = plan.before or plan
        document["tuning"] = tuning_document(declared, tuning_so_far(declared, Store(results)))
    write_json(path, document)
