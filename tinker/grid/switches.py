"""The switches that make a step faster and round otherwise: a reader is told which of them a grid's trials had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: Keys of `train`, each with what it is where it is switched off, and on.
SWITCHES: dict[str, tuple[Any, Any]] = {
    "compile": (False, True),
    "fused_optimizer": (False, True),
    "matmul": ("torch", "onednn"),
}


def switched_on(config: Mapping[str, Any]) -> list[str]:
    """Of any arm's config, since all have the same: `train.compile=true`."""
    train = config["train"]
    return [f"train.{name}={train[name]}".lower() for name, (off, _) in SWITCHES.items() if train.get(name, off) != off]


def switches_in_words(on: Sequence[str]) -> list[str]:
    """No line, or one."""
    return [f"every trial has {' and '.join(on)}, for speed: equal to one without up to rounding"] if on else []


def onednn_applies(train: Mapping[str, Any]) -> bool:
    """Whether `matmul` can be switched on for trials with that part of a config."""
    return (train["accelerator"], train["precision"]) == ("cpu", "fp32")
