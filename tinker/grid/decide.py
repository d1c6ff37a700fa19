"""The decision rule that a grid declares before it runs. Imports neither torch nor the trainer: reports read it too."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from tinker.config.limits import Limits, Pattern
from tinker.spec import canonical

METRICS = ("val_loss", "best_val_loss", "train_loss", "val_bpb", "excess", "tokens_per_s", "seconds", "peak_mem_bytes")

Metric = Annotated[str, Pattern(rf"{'|'.join(METRICS)}|excess_[a-z_]+", f"one of {', '.join(METRICS)}, excess_<skill>")]


@dataclass(frozen=True)
class Decide:
    """Which difference from the control counts, and what is concluded from it.

    Attributes:
        metric: of a finished trial (`best_val_loss` is the best of its evaluations, all others the last).
        min_effect: the smallest difference that matters, in the metric's unit.
        alpha: error rate, two-sided.
        correction: over the arms of the grid.
        final_step: `declared`: only a trial that did all its `train.steps` has a final value.
        diverged: `worst`: while an arm has a diverged run, its mean cannot make it better than the control.
    """

    metric: Metric
    min_effect: Annotated[float, Limits(above=0)]
    direction: Literal["lower", "higher"] = "lower"
    alpha: Annotated[float, Limits(above=0, below=0.5)] = 0.05
    correction: Literal["holm", "none"] = "holm"
    final_step: Literal["declared"] = "declared"
    diverged: Literal["worst"] = "worst"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `grid.json`."""
        return asdict(self)

    @property
    def rule_hash(self) -> str:
        """16 hex digits of sha256 over the whole rule: stored with results, so that a later edit shows."""
        return hashlib.sha256(canonical(self.as_dict()).encode()).hexdigest()[:16]
