"""`grid.json` of an imported grid: what the runs are said to have been, and since when it is said."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tinker.importing.plan import changed, plan_of, unlike
from tinker.importing.request import NO_SEED, Request
from tinker.importing.runs import Row
from tinker.tables.grids import SCHEMA

Grid = dict[str, Any]


def document(request: Request, rows: Sequence[Row], files: Sequence[str], notes: Sequence[str], before: Grid) -> Grid:
    """The content of the file; `before` is what it held, empty if there was none.

    An arm plans the seeds that it has: what else was to run, tinker cannot know. `results_existed` of the first rule
    and plan is null, since nobody but the user knows whether they were declared before the runs; what a later import
    changes of them is changed after results.
    """
    arms = list(dict.fromkeys([request.control, *(row["arm"] for row in rows)]))
    file = ", ".join(files)
    plan = plan_of(rows, request.control, request.tuning_seeds, request.seed != NO_SEED)
    earlier = _earlier_plans(before, request)
    plans = _plans(earlier, plan)
    imports = _imports(before.get("import_history", []), rows, file, same_plan=plans == earlier)
    return {
        "schema": SCHEMA,
        "name": request.name,
        "imported": file,
        "import_history": imports,
        "import_notes": [*notes, *_notes(request, plan, imports)],
        "source": {"file": file, "overrides": []},
        "question": request.question,
        "hypothesis": "",
        "control": request.control,
        "decide": request.decide.as_dict(),
        "rule_hash": request.decide.rule_hash,
        "rule_history": _rules(before.get("rule_history", []), request),
        "plan_history": plans,
        "seeds": plan["seeds"],
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


def _earlier_plans(before: Grid, request: Request) -> list[Grid]:
    """Those on record; the one that a file without such a record stands for."""
    if not before or "plan_history" in before:
        return list(before.get("plan_history", []))
    tuning = [seed for seed, _ in before["seeds"]["tuning"]]
    plan = plan_of(before["cells"], before["control"], tuning, request.seed != NO_SEED)
    return [{**plan, "time": before["rule_history"][0]["time"], "results_existed": None}]


def _plans(history: list[Grid], plan: Grid) -> list[Grid]:
    if history and not changed(history[-1], plan):
        return history
    return [*history, {**plan, "time": _now(), "results_existed": True if history else None}]


def _imports(history: list[Grid], rows: Sequence[Row], file: str, *, same_plan: bool) -> list[Grid]:
    """Every import that changed something; `corrected` tells those that changed neither seeds nor arms."""
    digest = hashlib.sha256("".join(sorted(row["trial_id"] for row in rows)).encode()).hexdigest()[:16]
    entry = {"file": file, "runs": len(rows), "digest": digest}
    if history and all(history[-1][key] == value for key, value in entry.items()):
        return history
    corrected = bool(history) and same_plan and history[-1]["digest"] != digest
    return [*history, {**entry, "corrected": corrected, "time": _now()}]


def _notes(request: Request, plan: Grid, imports: Sequence[Grid]) -> list[str]:
    """What there is to know of the runs as a whole."""
    unseeded = "the runs have no seeds: they are numbered in the order of the file, and no two of them are a pair"
    notes = [unseeded] if request.seed == NO_SEED else []
    if request.seed != NO_SEED and unlike(plan):
        notes.append("the arms have unlike seeds: the seeds in grid.json are those of any of them")
    same = "imported again on {}: the same arms and seeds, with other values in place of the earlier ones"
    return [*notes, *(same.format(entry["time"]) for entry in imports if entry.get("corrected"))]


def _common(rows: Sequence[Mapping[str, Any]], key: str, arm: str | None = None) -> Any:
    """What all runs (of an arm) agree on; None where they do not, or do not say."""
    found = {row.get(key) for row in rows if arm is None or row["arm"] == arm}
    return found.pop() if len(found) == 1 else None


def _commonest(values: Iterable[str]) -> str:
    return min(Counter(values).items(), key=lambda counted: (-counted[1], counted[0]))[0]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
