"""How noisy the seeds of a grid will be, as far as that is known before it runs, and how it is known."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.grid.expand import Arm
from tinker.schedule.missing import class_of
from tinker.schedule.prepared import Prepared
from tinker.spec import Seeds
from tinker.stats.noise_level import NoiseLevel

#: Nats a token. Over seeds of small models .0027 to .0034 (Tiny Shakespeare, published and ours), .0065 (grammar) and
#: .008 (the published small setting of Tiny Shakespeare) were seen.
GUESS = 0.005
#: What is measured in nats a token over all of them, and so may be guessed.
GUESSED = ("val_loss", "best_val_loss", "excess")


@dataclass(frozen=True)
class Known:
    """An sd over seeds in the metric's unit; `upper` is its upper 80 % limit, None where it is not estimated.

    `runs` are how many values it rests on, and `said` is in words what.
    """

    source: str
    sd: float
    upper: float | None
    runs: int
    said: str


def values_of(prepared: Prepared, arm: Arm) -> list[float]:
    """Finite values of the deciding metric that the store has of an arm's planned trials, on this kind of machine."""
    metric = prepared.plan.grid.decide.metric
    specs = {c.spec.id: c.spec for c in prepared.plan.cells if c.arm == arm.name}
    rows = [r for r in prepared.store.rows(specs) if r.result and r.environment_class == class_of(specs[r.trial_id])]
    found = [row.result["metrics"].get(metric) for row in rows if row.result and row.status.state == "done"]
    return [value for value in found if value is not None and math.isfinite(value)]


def known_noise(prepared: Prepared, arm: list[float], control: list[float], stated: float | None) -> Known | None:
    """What the user states, else what these runs tell, else a frozen record, else a guess; None if there is none."""
    if stated is not None:
        return Known("stated", stated, None, 0, "as stated by --sd")
    level, runs = NoiseLevel.of(control, arm), len(control) + len(arm)
    if level is not None:
        beside = f" and {len(arm)} of an arm" if len(arm) > 1 else ""
        return Known("runs", level.sd, level.upper, runs, f"from {len(control)} runs of the control{beside}")
    for path, values in _frozen(prepared):
        level = NoiseLevel.of(values)
        if level is not None:
            said = f"from the {len(values)} runs of the frozen record {path.parent}"
            return Known("frozen", level.sd, level.upper, len(values), said)
    if prepared.plan.grid.decide.metric in GUESSED:
        said = "a guess, small models showed .003 to .008; state yours with --sd, or measure it with `tinker noise`"
        return Known("guess", GUESS, None, 0, said)
    return None


def _frozen(prepared: Prepared) -> list[tuple[Path, list[float]]]:
    """Values of the frozen records whose trials are trials of this control, whatever machine made them."""
    found = []
    for path in sorted(prepared.store.layout.results.glob("*/*/record.json")):
        trials: list[Mapping[str, Any]] = json.loads(path.read_bytes())["trials"]
        control = prepared.plan.control
        if all(control.spec(Seeds(t["seed_init"], t["seed_data"])).id == t["trial_id"] for t in trials):
            values = [trial["metrics"].get(prepared.plan.grid.decide.metric) for trial in trials]
            found.append((path, [value for value in values if value is not None and math.isfinite(value)]))
    return found
