"""The environment of a trial. Apart from what trains, since whoever plans asks for it too, and trains nothing."""

from __future__ import annotations

from typing import Any

from tinker.provenance.environment import environment
from tinker.spec import TrialSpec


def trial_environment(spec: TrialSpec) -> dict[str, Any]:
    """The environment that a trial of that spec has in this process."""
    train, backend = spec.config["train"], spec.config["model"]["backend"]["type"]
    return environment(
        accelerator=train["accelerator"],
        threads=train["threads"],
        precision=train["precision"],
        backend=backend,
        devices=train.get("devices", 1),
        strategy=train.get("strategy", "auto"),
    )
