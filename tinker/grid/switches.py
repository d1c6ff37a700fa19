"""The switches that make a step faster and round otherwise: a reader is told which of them a grid's trials had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SWITCHES = ("compile", "fused_optimizer")


def switched_on(config: Mapping[str, Any]) -> list[str]:
    """Of any arm's config, since all have the same: `train.compile=true`."""
    return [f"train.{name}=true" for name in SWITCHES if config["train"].get(name)]


def switches_in_words(on: Sequence[str]) -> list[str]:
    """No line, or one."""
    return [f"every trial has {' and '.join(on)}: faster, and equal to one without up to rounding"] if on else []
