"""Linear warm-up, shared by the schedules."""

from __future__ import annotations


def warmup(step: int, warmup_steps: int, lr: float) -> float | None:
    """The rate during warm-up: step 0 has lr/(warmup_steps + 1), so that no step is wasted at zero; None afterwards."""
    return lr * (step + 1) / (warmup_steps + 1) if step < warmup_steps else None
