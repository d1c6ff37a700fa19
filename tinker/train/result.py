"""What a trial returns. Plain data: it crosses Ray and is read where torch is not installed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["done", "diverged", "interrupted"]

#: Metrics that a clock or an allocator decides: two equal trials need not agree on them.
MEASURED = frozenset({"seconds", "tokens_per_s", "peak_mem_bytes", "rss_bytes"})


@dataclass(frozen=True)
class CurvePoint:
    """One metric at one step; `step` counts the optimizer steps already done."""

    step: int
    metric: str
    value: float


@dataclass(frozen=True)
class Probes:
    """What probation compares bit by bit when the code has changed (see `tinker/train/probation.py`).

    `first` and `last` are training losses of that many steps from either end; `lr` is a hash of the rate at every step.
    """

    first: list[float]
    last: list[float]
    lr: str


@dataclass(frozen=True)
class TrialResult:
    """The end of a trial, or its interruption.

    A divergence (a loss that is not finite) is a result and not a failure. `metrics` are the values after the last
    step; `curve` has the same metrics at each evaluation. `start_digest` stands for the weights that `init_from` gave.
    """

    status: Status
    steps: int
    metrics: dict[str, float]
    curve: list[CurvePoint]
    params: int
    trainable_params: int
    active_params: int
    flops_per_token: float
    probes: Probes
    environment: dict[str, Any] = field(default_factory=dict)
    code: dict[str, Any] = field(default_factory=dict)
    start_digest: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Nested plain dicts and lists; of a trial from scratch, nothing of what it started from."""
        plain = asdict(self)
        return plain if self.start_digest is not None else {k: v for k, v in plain.items() if k != "start_digest"}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TrialResult:
        """The inverse of `as_dict`."""
        curve = [CurvePoint(**point) for point in data["curve"]]
        return cls(**{**data, "curve": curve, "probes": Probes(**data["probes"])})
