"""`tinker plan`: what a grid would run, how its arms differ in size, how long it takes and what it can detect."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinker.config.merge import leaves
from tinker.grid.expand import Plan
from tinker.grid.measured import open_parts
from tinker.grid.measured_words import elsewhere_in_words, measured_in_words, open_in_words
from tinker.grid.switches import switched_on, switches_in_words
from tinker.schedule.estimate import Forecast, forecast, here, known_times
from tinker.schedule.estimate_words import fit_in_words, took_in_words, untimed_in_words
from tinker.schedule.foreseen import foresee
from tinker.schedule.foreseen_words import in_words
from tinker.schedule.fused_words import foreseen_fusing, fusing_in_words
from tinker.schedule.grid_file import size_of
from tinker.schedule.missing import class_of
from tinker.schedule.prepared import Prepared, limits_of, prepare
from tinker.spec import Seeds
from tinker.store.spent import spent as spent_by


def make_plan(grid: str, overrides: Sequence[str], results: Path, sd: float | None = None) -> dict[str, Any]:
    """Everything that the table shows, as plain data; `sd` is what the user states of the noise between seeds.

    Raises:
        UserError: anything wrong with the grid or the overrides.
    """
    prepared = prepare(grid, overrides, results)
    plan, missing = prepared.plan, prepared.missing
    sizes = {arm.name: size_of(arm) for arm in plan.arms}
    control = sizes[plan.control.name]
    by_state = {"done": missing.done, "probation": missing.probation, "to_run": missing.train}
    ids = {state: {spec.id for spec in specs} for state, specs in by_state.items()}
    train = plan.control.config["train"]
    tokens = train["steps"] * train["batch_size"] * plan.control.config["model"]["context"]
    left = _forecast(prepared, results)
    return {
        "grid": plan.name,
        "question": plan.grid.question,
        "arms": [
            {
                "name": arm.name,
                "is_control": arm.is_control,
                "diff": leaves(arm.diff),
                "tuned": arm.tuned,
                "changes_scale": arm.changes_scale,
                **sizes[arm.name],
                "params_ratio": sizes[arm.name]["params"] / control["params"],
                "flops_ratio": sizes[arm.name]["flops_per_token"] / control["flops_per_token"],
                "state_bytes": 4 * sizes[arm.name]["params"] + 12 * sizes[arm.name]["trainable_params"],
                **{s: sum(c.arm == arm.name and c.spec.id in found for c in plan.cells) for s, found in ids.items()},
            }
            for arm in plan.arms
        ],
        "pretrained": _pretrained(prepared),
        "tuning": _tuning(prepared),
        "tokens_per_trial": tokens,
        "trials": {state: len(specs) for state, specs in by_state.items()},
        "seconds_left": None if left.hours is None else 3600 * left.hours,
        "budget": plan.grid.budget.declared,
        "fused": foreseen_fusing(plan),
        "measured": {"decided": dict(plan.grid.decided), "said": _measured(plan)},
        "left": {**asdict(left), "said": [*fit_in_words(plan, left), *untimed_in_words(plan, left)]},
        "detectable": foresee(prepared, sd),
        "decide": plan.grid.decide.as_dict(),
        "notes": list(plan.notes),
        "switches": switched_on(plan.control.config),
    }


def _measured(plan: Plan) -> list[str]:
    decided = plan.grid.decided
    here = elsewhere_in_words(decided, class_of(plan.control.spec(Seeds(0, 0)))) if decided else []
    return [*measured_in_words(decided), *here, *open_in_words(open_parts(plan.grid)), *plan.grid.no_choice]


def _tuning(prepared: Prepared) -> dict[str, Any] | None:
    """What the grid tunes before it compares, and how far that is; None where it tunes nothing."""
    tune, tuned = prepared.plan.grid.tune, prepared.tuned
    if tune is None or tuned is None:
        return None
    return {
        "complete": prepared.plan.before is not None,
        "configurations": tune.trials,
        "seeds": len(tune.seeds),
        "pruned": tune.prune is not None,
        "done": len(prepared.tuning.done),
        "then": sum(len(seeds) for seeds in _seeds(prepared.plan)),
        "to_run": len(prepared.tuning.todo),
        "edges": [f"arm {arm.arm.name}: {edge.said}" for arm in tuned.arms for edge in arm.edges],
    }


def _seeds(plan: Plan) -> list[tuple[Seeds, ...]]:
    """Of each arm in the comparison."""
    planned = plan.grid.seed_plan
    return [planned.control if arm.is_control else planned.arms for arm in plan.arms]


def _pretrained(prepared: Prepared) -> dict[str, Any] | None:
    """The trial that every arm starts from, and whether `tinker run` would train it first."""
    spec = prepared.plan.pretrained
    return None if spec is None else {"trial_id": spec.id, "to_run": bool(prepared.first.todo)}


def _forecast(prepared: Prepared, results: Path) -> Forecast:
    """By the times of each arm's own trials on this machine; of a grid that is not tuned yet, nothing is left."""
    plan, spent = prepared.plan, spent_by(results, prepared.plan.name, prepared.plan.grid.budget.usd_per_hour)
    todo = {spec.id for spec in prepared.missing.train}
    return forecast(plan, todo, known_times(plan, prepared.store).seconds, spent, limits_of(plan), here())


def show_plan(made: dict[str, Any], console: Console) -> None:
    """The plan: what the arms change, a table of their sizes, and a few sentences."""
    console.print(f"{made['grid']}: {made['question']}", markup=False, highlight=False)
    console.print()
    changes = Table.grid(padding=(0, 2))
    for arm in made["arms"]:
        diff = ", ".join(f"{key}={_brief(value)}" for key, value in arm["diff"].items()) or "(the control)"
        if arm["tuned"]:
            diff += "; tuned: " + ", ".join(f"{key}={_brief(value)}" for key, value in arm["tuned"].items())
        changes.add_row(Text(arm["name"], no_wrap=True), Text(diff))
    console.print(changes)
    console.print()
    table = Table(box=None, pad_edge=False)
    table.add_column("arm", overflow="fold")
    for name in ("params", "", "FLOPs/token", "", "MB (AdamW)", "done", "to run"):
        table.add_column(name, justify="right", no_wrap=True)
    for arm in made["arms"]:
        table.add_row(
            arm["name"] + (" *" if arm["changes_scale"] else ""),
            f"{arm['params']:,}",
            "" if arm["is_control"] else f"x{arm['params_ratio']:.2f}",
            f"{arm['flops_per_token']:,.0f}",
            "" if arm["is_control"] else f"x{arm['flops_ratio']:.2f}",
            f"{arm['state_bytes'] / 1e6:.1f}",
            f"{arm['done']}" + (f" +{arm['probation']}?" if arm["probation"] else ""),
            str(arm["to_run"]),
        )
    console.print(table)
    for line in _sentences(made):
        console.print(line, markup=False, highlight=False)


def _brief(value: Any) -> str:
    """A value as one would type it: `[window(size=8), full]`."""
    if isinstance(value, dict):
        rest = ", ".join(f"{key}={_brief(item)}" for key, item in value.items() if key != "type")
        return f"{value.get('type', '')}({rest})" if rest else str(value.get("type", "{}"))
    if isinstance(value, list):
        return f"[{', '.join(_brief(item) for item in value)}]"
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def _sentences(made: dict[str, Any]) -> list[str]:
    notes = [*made["notes"], *switches_in_words(made["switches"]), *made["measured"]["said"]]
    lines = [f"note: {note}" for note in notes]
    if any(arm["changes_scale"] for arm in made["arms"]):
        lines.append("* changes what the scale sets: a change of size, not only of design")
    for what, key in (("are trained", "trainable_params"), ("are met by one token", "active_params")):
        fewer = [arm for arm in made["arms"] if arm[key] != arm["params"]]
        if fewer:
            lines.append(f"parameters that {what}: " + ", ".join(f"{arm['name']} {arm[key]:,}" for arm in fewer))
    if made["pretrained"]:
        when = "is trained first" if made["pretrained"]["to_run"] else "is there"
        lines.append(f"every arm starts from trial {made['pretrained']['trial_id']} (pretrain), which {when}")
    trials, tuning = made["trials"], made["tuning"]
    if tuning:
        each = f"{tuning['configurations']} configurations x {tuning['seeds']} seeds for each arm"
        less = ", some of them stopped early" if tuning["pruned"] else ""
        left = f"{tuning['done']} trials done, {tuning['to_run']} of this stage to run"
        lines.append(f"tuned first: {each}{less}: {'done' if tuning['complete'] else left}")
        lines += [f"note: {said}" for said in tuning["edges"]]
    if tuning and not tuning["complete"]:
        lines.append("what is compared then is known when the tuning is complete: each arm's winner, on fresh seeds")
    if trials["probation"]:
        lines.append(f"? {trials['probation']} rows were made by other code and are replayed first (probation)")
    planned = f"then {tuning['then']}" if tuning and not tuning["complete"] else f"{trials['to_run']}"
    each = f"{planned} trials to run, {made['tokens_per_trial']:,} tokens each"
    took = took_in_words(made["left"]) if made["left"]["trials"] else []
    lines += [", ".join([each, *took]), *made["left"]["said"]]
    lines += fusing_in_words(made["fused"])
    lines += in_words(made["detectable"], made["decide"], len(made["arms"]) - 1)
    return lines
