"""Trials of a second, and what of a result must be equal when the trial is run again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.data.corpus import load
from tinker.spec import Seeds, TrialSpec
from tinker.train.result import MEASURED, TrialResult

#: One layer on `grammar`. Dropout is on, so that a mask that depends on history would show.
TINY = (
    "scale=smoke",
    "model.n_layer=1",
    "model.n_embd=16",
    "model.context=16",
    "model.dropout=0.1",
    "train.steps=40",
    "train.batch_size=4",
    "train.eval_every=10",
    "schedule.warmup_steps=5",
)


def spec_of(*overrides: str, seed: int = 1, tiny: bool = True) -> TrialSpec:
    """The trial that these overrides ask for, on the CPU."""
    grammar = not any(override.startswith("data=") for override in overrides)
    few = ["data.validation_documents=30"] if grammar else []
    config = compose([*(TINY if tiny else ()), *few, "train.accelerator=cpu", *overrides], config_dirs=[])
    parsed = TrialConfig.from_dict(config)
    return TrialSpec.of(parsed.as_dict(), Seeds(seed, seed), load(parsed.data).fingerprint)


def numbers(result: TrialResult) -> dict[str, Any]:
    """All of a result that no clock decides."""
    plain = replace(
        result,
        curve=[point for point in result.curve if point.metric not in MEASURED],
        metrics={name: value for name, value in result.metrics.items() if name not in MEASURED},
    ).as_dict()
    return {key: value for key, value in plain.items() if key not in ("environment", "code")}


def values(result: TrialResult, metric: str) -> dict[int, float]:
    """The curve of one metric: value by step."""
    return {point.step: point.value for point in result.curve if point.metric == metric}


def plugin(folder: Path, name: str, text: str) -> Path:
    """A user's file with a variant."""
    path = folder / f"{name}.py"
    path.write_text(text)
    return path
