"""`grid.json` of an imported grid: what the runs are said to have been, and since when it is said."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tinker.errors import UserError
from tinker.importing.request import NO_SEED, Request
from tinker.importing.runs import Row
from tinker.tables.grids import SCHEMA

Grid = dict[str, Any]


def document(request: Request, rows: Sequence[Row], files: Sequence[str], notes: Sequence[str], before: Grid) -> Grid:
    """The content of the file; `before` is what it held, empty if there was none.

    An arm plans the seeds that it has: what else was to run, tinker cannot know. `results_existed` of the first rule is
    null, since nobody but the user knows whether it was declared before the runs; a rule that is changed by a later
    import is changed after results.

    Raises:
        UserError: `before` is a grid that tinker ran.
    """
    if before and not before.get("imported"):
        raise UserError(f"{request.name}: a grid of that name was run by tinker here; choose another with --name")
    arms = list(dict.fromkeys([request.control, *(row["arm"] for row in rows)]))
    file = ", ".join(files)
    return {
        "schema": SCHEMA,
        "name": request.name,
        "imported": file,
        "import_history": _imports(before.get("import_history", []), rows, file),
        "import_notes": _notes(request, notes),
        "source": {"file": file, "overrides": []},
        "question": request.question,
        "hypothesis": "",
        "control": request.control,
        "decide": request.decide.as_dict(),
        "rule_hash": request.decide.rule_hash,
        "rule_history": _rules(before.get("rule_history", []), request),
        "seeds": {
            "arms": _seeds(row for row in rows if not row["is_control"]),
            "control": _seeds(row for row in rows if row["is_control"]),
            "tuning": [[seed, seed] for seed in request.tuning_seeds],
        },
        "skipped": [],
        "arms": [
            {
                "name": arm,
                "is_control": arm == request.control,
                "diff": {},
                "changes_scale": False,
                **{key: _common(rows, key, arm) for key in ("params", "flops_per_token")},
            }
            for arm in arms
        ],
        "cells": [
            {key: row[key] for key in ("arm", "trial_id", "seed_init", "seed_data", "corpus", "scale")} for row in rows
        ],
        "vocab_size": _common(rows, "vocab_size"),
        "environment_class": _commonest(row["environment_class"] for row in rows),
    }


def _rules(history: list[Grid], request: Request) -> list[Grid]:
    rule = request.decide
    if history and history[-1]["hash"] == rule.rule_hash:
        return history
    existed = True if history else None
    return [*history, {"hash": rule.rule_hash, "decide": rule.as_dict(), "time": _now(), "results_existed": existed}]


def _imports(history: list[Grid], rows: Sequence[Row], file: str) -> list[Grid]:
    """Every import that changed something, so that seeds which came later can be seen to have."""
    digest = hashlib.sha256("".join(row["trial_id"] for row in rows).encode()).hexdigest()[:16]
    entry = {"file": file, "runs": len(rows), "digest": digest}
    if history and all(history[-1][key] == value for key, value in entry.items()):
        return history
    return [*history, {**entry, "time": _now()}]


def _notes(request: Request, notes: Sequence[str]) -> list[str]:
    unseeded = "the runs have no seeds: they are numbered in the order of the file, and no two of them are a pair"
    return [*notes, *([unseeded] if request.seed == NO_SEED else [])]


def _seeds(rows: Iterable[Row]) -> list[list[int]]:
    return [[seed, seed] for seed in sorted({row["seed_init"] for row in rows})]


def _common(rows: Sequence[Mapping[str, Any]], key: str, arm: str | None = None) -> Any:
    """What all runs (of an arm) agree on; None where they do not, or do not say."""
    found = {row.get(key) for row in rows if arm is None or row["arm"] == arm}
    return found.pop() if len(found) == 1 else None


def _commonest(values: Iterable[str]) -> str:
    return min(Counter(values).items(), key=lambda counted: (-counted[1], counted[0]))[0]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
