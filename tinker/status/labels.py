"""How people know the trials that a `grid.json` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def labels(grid: Mapping[str, Any]) -> dict[str, str]:
    """By id: `linear seed 2`; also of the trial that all arms start from, and of a tuning as far as it is known."""
    found: dict[str, str] = {}
    if grid.get("pretrained"):
        found[grid["pretrained"]] = "pretraining"
    for arm in (grid.get("tuning") or {}).get("arms", []):
        for each in arm["configurations"]:
            knobs = ", ".join(f"{key}={value}" for key, value in each["params"].items())
            for trial in each["trials"]:
                found[trial["trial_id"]] = _label(f"{arm['name']} {knobs}", trial)
    for cell in grid["cells"]:
        found[cell["trial_id"]] = _label(cell["arm"], cell)
    return found


def _label(name: str, seeds: Mapping[str, Any]) -> str:
    init, data = seeds["seed_init"], seeds["seed_data"]
    return f"{name} seed {init if init == data else f'{init}/{data}'}"
