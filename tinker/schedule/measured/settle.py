"""Decides, when a grid is first run, what it leaves to a measurement, and keeps that beside its declaration."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tinker.grid.expand import Plan
from tinker.grid.measured import open_parts, read_measured
from tinker.grid.measured_words import elsewhere_in_words, measured_in_words
from tinker.provenance.environment import environment_class
from tinker.schedule.estimate import here, workers_of
from tinker.schedule.gpu_share import card_bytes
from tinker.schedule.measured.compiling import compiling
from tinker.schedule.measured.fusing import fusing
from tinker.schedule.measured.multiplying import multiplying
from tinker.schedule.prepared import Prepared, limits_of
from tinker.spec import Seeds, TrialSpec
from tinker.store.atomic import write_json
from tinker.store.lock import results_lock
from tinker.train.environment import trial_environment
from tinker.train.whereabouts import relocated

Say = Callable[[str], None]
Parts = dict[str, dict[str, Any]]


def settle(prepared: Prepared, again: Callable[[], Prepared], say: Say) -> Prepared:
    """The grid with all of that decided; `again` prepares it once more, as it is then.

    A grid of which nothing is to be run is left as it is. Nothing is written before everything is measured, and of two
    that measure at once the first one's decision counts.

    Raises:
        UserError: the control cannot be trained here, or the results cannot be written.
    """
    plan = prepared.plan
    several = len(plan.grid.seed_plan.arms) > 1  # of one seed nothing is learnt that would count when there are more
    wanted = [part for part in open_parts(plan.grid) if part != "fused" or several]
    if prepared.todo and wanted:
        results = prepared.store.layout.results
        control = relocated(plan.control.spec(Seeds(1, 1)), results)
        found = _measured(plan, control, wanted, say)
        path = prepared.store.layout.measured(plan.grid.measured_name)
        with results_lock(results, say):
            write_json(path, {**found, **read_measured(path)})
        prepared = again()
    decided = prepared.plan.grid.decided
    if prepared.todo and decided:
        here = environment_class(trial_environment(prepared.plan.control.spec(Seeds(0, 0))))
        for line in (*measured_in_words(decided), *elsewhere_in_words(decided, here)):
            say(line)
    return prepared


def _measured(plan: Plan, control: TrialSpec, wanted: list[str], say: Say) -> Parts:
    found: Parts = {}
    stamp = _stamp(control)
    if "matmul" in wanted:
        # As many as go as one program: one alone where that is to be measured, with what is decided here.
        together = range(1, min(plan.grid.together, len(plan.grid.seed_plan.arms)) + 1)
        found["matmul"] = multiplying([replace(control, seeds=Seeds(seed, seed)) for seed in together], say)
        if found["matmul"]["on"]:  # what else is measured is measured with it
            config = {**control.config, "train": {**control.config["train"], "matmul": "onednn"}}
            control = TrialSpec.of(config, control.seeds, control.corpus)
    if "fused" in wanted:
        found["fused"] = _fused(plan, control, say)
    if "compile" in wanted and plan.grid.together > 1:
        found["compile"] = {"on": False, "why": f"{plan.grid.together} seeds go as one, and a stack is not compiled"}
    elif "compile" in wanted:
        found["compile"] = compiling(control, say)
    return {name: {**part, **stamp} for name, part in one_of_two(found).items()}


def _fused(plan: Plan, control: TrialSpec, say: Say) -> dict[str, Any]:
    """No more of an arm's seeds as one than leave work for each of the workers that this machine has room for."""
    arms, seeds = len(plan.arms), len(plan.grid.seed_plan.arms)
    workers = min(workers_of(limits_of(plan), here()), arms * seeds)
    most = seeds // math.ceil(workers / arms)
    if most < 2:
        return {"seeds": 1, "why": f"{arms * seeds} trials one by one keep {workers} workers busy, fewer would not"}
    return fusing(control, most, _room(plan, control), say)


def one_of_two(found: Parts) -> Parts:
    """Where both would pay, the one that gains more alone: seeds that are trained as one program are not compiled."""
    compiled, fused = found.get("compile"), found.get("fused")
    if compiled is None or fused is None or not compiled["on"] or fused["seeds"] == 1:
        return found
    gain = compiled["figures"]["plain_s"] / compiled["figures"]["compiled_s"]
    if gain > fused["figures"]["ratio"]:
        why = f"but train.compile makes a trial x{gain:.2f} as fast, and a stack is not compiled"
        return {**found, "fused": {**fused, "seeds": 1, "why": why}}
    why = f"but {fused['seeds']} seeds as one are x{fused['figures']['ratio']:.2f} as fast, and are not compiled"
    return {**found, "compile": {**compiled, "on": False, "why": why}}


def _room(plan: Plan, control: TrialSpec) -> int | None:
    """Bytes of a card that a trial of the grid gets; None where it has none, or nobody can tell."""
    if control.config["train"]["accelerator"] != "cuda":
        return None
    return int(min(1.0, limits_of(plan).gpus) * card_bytes(control))


def _stamp(control: TrialSpec) -> dict[str, Any]:
    environment = trial_environment(control)
    return {
        "environment_class": environment_class(environment),
        "device": environment["device"]["name"],
        "torch": environment["torch"],
        "threads": environment["threads"],
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
