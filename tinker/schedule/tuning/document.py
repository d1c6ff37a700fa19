"""The tuning as `grid.json` tells it to reports: everything that was tried, and what it cost."""

from __future__ import annotations

from typing import Any

from tinker.grid.expand import Plan
from tinker.grid.tune import Follows, Range, Search, Space, digest_of
from tinker.schedule.tuning.phase import ArmTuning, Tuned, opened, rungs_of
from tinker.schedule.tuning.tried import Configuration
from tinker.schedule.tuning.winner import rule_in_words


def tuning_document(plan: Plan, tuned: Tuned) -> dict[str, Any]:
    """Plain data; `tinker.tables.grid_shape` has its shape."""
    tune, decide = plan.grid.tune, plan.grid.decide
    assert tune is not None
    steps = rungs_of(plan.control, tune)
    return {
        "complete": tuned.complete,
        "metric": decide.metric,
        "direction": decide.direction,
        "rule": rule_in_words(decide.metric, decide.direction, steps[-1]),
        "trials": tune.trials,
        "seeds": [[s, s] if isinstance(s, int) else [s.init, s.data] for s in tune.seeds],
        "steps": steps[-1],
        "search": _search(tune.search),
        "prune": None if tune.prune is None else {**vars(tune.prune), "rungs": list(steps)},
        "declared": digest_of(tune),
        "arms": [_arm(each) for each in tuned.arms],
    }


def _search(search: Search) -> dict[str, Any]:
    seed = None if search.type == "grid" else search.seed or 0
    return {"type": search.type, "seed": seed, "batch": search.batch, "arguments": dict(search.arguments)}


def _arm(tuning: ArmTuning) -> dict[str, Any]:
    spent = [trial for each in tuning.configurations for trial in each.furthest]
    winner = None if tuning.winner is None else tuning.configurations[tuning.winner]
    return {
        "name": tuning.arm.name,
        "space": _space(opened(tuning.arm).space),
        "configurations": [_configuration(each) for each in tuning.configurations if each.trials],
        "winner": tuning.winner,
        "tuned": None if winner is None else winner.params,
        "ties": list(tuning.ties),
        "edges": [vars(edge) for edge in tuning.edges],
        "compute": {
            "configurations": len(tuning.configurations),
            "trials": len(spent),
            **{key: sum(getattr(t.ended, key) or 0 for t in spent) for key in ("steps", "seconds", "flops")},
        },
    }


def _space(space: Space) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, knob in space.items():
        if isinstance(knob, Range):
            found[key] = {"kind": "range", "low": knob.low, "high": knob.high, "log": knob.log, "int": knob.int}
        elif isinstance(knob, Follows):
            found[key] = {"kind": "follows", "of": knob.of, "times": knob.times}
        else:
            found[key] = {"kind": "list", "values": knob}
    return found


def _configuration(each: Configuration) -> dict[str, Any]:
    return {
        "number": each.number,
        "batch": each.batch,
        "params": each.params,
        "rung": each.rung,
        "stopped": each.stopped,
        "trials": [
            {
                "rung": trial.rung,
                "seed_init": trial.spec.seeds.init,
                "seed_data": trial.spec.seeds.data,
                "trial_id": trial.spec.id,
                **vars(trial.ended),
            }
            for trial in each.trials
        ],
        "n": len(each.values),
        "mean": each.mean,
        "sd": each.sd,
    }
