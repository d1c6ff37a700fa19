"""What the schedules share: linear warm-up, and how far the decay after it has come."""

from __future__ import annotations


def warmup(step: int, warmup_steps: int, lr: float) -> float | None:
    """The rate during warm-up: step 0 has lr/(warmup_steps + 1), so that no step is wasted at zero; None afterwards."""
    return lr * (step + 1) / (warmup_steps + 1) if step < warmup_steps else None


def decay_progress(step: int, start: int, steps: int) -> float:
    """How much of a decay from step `start` on lies behind a step: 0 there, 1 at step `steps`, one past the last."""
    return min(1.0, (step - start) / max(1, steps - start))
