"""The switches that make a step faster and round otherwise: a reader is told which of them a grid's trials had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: What they are where nothing is switched on.
SWITCHES = {"compile": False, "fused_optimizer": False, "matmul": "torch"}


def switched_on(config: Mapping[str, Any]) -> list[str]:
    """Of any arm's config, since all have the same: `train.compile=true`."""
    train = config["train"]
    return [
        f"train.{name}={train[name]}".lower()
        for name, neutral in SWITCHES.items()
        if train.get(name, neutral) != neutral
    ]


def switches_in_words(on: Sequence[str]) -> list[str]:
    """No line, or one."""
    return (
        [f"every trial has {' and '.join(on)}, which is for speed: equal to one without up to rounding"] if on else []
    )
