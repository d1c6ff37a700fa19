"""What a grid declared and when: whether it was before its arms had results."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinker.grid.expand import Arm, Plan
from tinker.grid.seeds import SeedPlan
from tinker.grid.tune import digest_of
from tinker.spec import Seeds, canonical
from tinker.stats.sample import labels
from tinker.store.record import FINISHED
from tinker.store.store import Store
from tinker.tables.names import TRIALS
from tinker.tables.parquet import read

Grid = dict[str, Any]
Entries = list[dict[str, Any]]
#: Of a plan's seeds.
SIDES = ("arms", "control", "tuning")


def histories(plan: Plan, before: Grid, results: Path) -> tuple[Entries, Entries]:
    """Of rules and of plans: those in the grid's file so far, and what is new of each.

    Once arms of a grid have had results, whatever is declared later comes after results, also with other trials: else
    one could look, declare anew, and go back.
    """
    rules: Entries = before.get("rule_history", [])
    plans: Entries = before.get("plan_history") or _first_plan(before)
    rule, now = plan.grid.decide, _declared(plan)
    new_rule = not rules or rules[-1]["hash"] != rule.rule_hash
    new_plan = not plans or any(plans[-1].get(key, value) != value for key, value in now.items())
    new_plan = new_plan or plans[-1].get("tune") != now.get("tune")  # none, where an entry does not say
    if not new_rule and not new_plan:
        return rules, plans
    late = any(entry["results_existed"] for entry in (*rules, *plans)) or arms_have_results(plan, before, results)
    untuned = plans[-1] if plans else {}
    in_time = not late and not new_rule and untuned.get("winners") == {}
    if in_time and {**untuned, **now} == {**untuned, "winners": now.get("winners")}:
        return rules, [*plans[:-1], {**untuned, **now}]  # what a tuning came to is no other declaration
    stamp = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "results_existed": late}
    if new_rule:
        rules = [*rules, {"hash": rule.rule_hash, "decide": rule.as_dict(), **stamp}]
    if new_plan:
        left_out = control_left_out(plan, Store(results))
        plans = [*plans, {**now, **stamp, **({"control_left_out": left_out} if left_out else {})}]
    return rules, plans


def arms_have_results(plan: Plan, before: Grid, results: Path) -> bool:
    """Whether a trial of an arm, of this plan or the one before it, was finished already, by any grid, on any machine.

    The tables count like the store: a clone of a repository may have them alone. The control does not count: grids
    share it, and without an arm beside it it tells of no effect.
    """
    ids = {cell.spec.id for cell in plan.cells if cell.arm != plan.control.name}
    ids |= {cell["trial_id"] for cell in before.get("cells", ()) if cell["arm"] != before["control"]}
    if any(row.result is not None for row in Store(results).rows(ids)):
        return True
    tables = results / plan.name / TRIALS
    if not tables.is_file():
        return False
    rows = read(tables).select(["is_control", "status"]).to_pylist()
    return any(row["status"] in FINISHED and not row["is_control"] for row in rows)


def control_left_out(plan: Plan, store: Store) -> list[str]:
    """Seeds with which the control had run already and which the plan passes over, although it takes later ones.

    Seeds 1 to 3 of 8 that there are were not chosen by their results; seeds 2, 5 and 8 may have been.
    """
    planned = {cell.spec.id: cell.seeds for cell in plan.cells if cell.arm == plan.control.name}
    finished = {row.trial_id for row in store.rows(planned) if row.result is not None}
    if not finished:
        return []
    last = max((planned[trial].init, planned[trial].data) for trial in finished)
    others = {
        (row.spec.seeds.init, row.spec.seeds.data)
        for row in store.rows()
        if row.result is not None
        and row.spec_json is not None
        and row.trial_id not in planned
        and replace(row.spec, seeds=Seeds(0, 0)).id == _shared(plan.control)
    }
    passed_over = sorted(seed for seed in others if seed < last)
    return [labels(passed_over)] if passed_over else []


def _declared(plan: Plan) -> dict[str, Any]:
    """What the history of plans is about: seeds, arms by a digest of what they change, what they share, and tuning.

    Of a tuning also what won, by the digests of the arms, as far as it is known: another winner is another comparison.
    """
    declared = {
        "seeds": seeds_of(plan.grid.seed_plan),
        "arms": {_digest(arm.diff): arm.name for arm in plan.arms if not arm.is_control},
        "control": _shared(plan.control.untuned),
    }
    if plan.grid.tune is None:
        return declared
    won = {_digest(arm.diff): _digest(arm.tuned) for arm in plan.arms if arm.tuned}
    return {**declared, "tune": digest_of(plan.grid.tune), "winners": won}


def seeds_of(plan: SeedPlan) -> dict[str, Any]:
    """As `grid.json` has them. Whether the control runs by need is there where it does."""
    sides = {side: [[seeds.init, seeds.data] for seeds in getattr(plan, side)] for side in SIDES}
    return {**sides, "by_need": True} if plan.by_need else sides


def _shared(control: Arm) -> str:
    """The control's trial but for its seeds."""
    return control.spec(Seeds(0, 0)).id


def _first_plan(grid: Grid) -> Entries:
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
