"""Logits of the right shape, and finite."""

from __future__ import annotations

import torch

from tinker.verify.finding import Finding, failed, ok
from tinker.verify.subject import Subject

ROWS = 2


@torch.no_grad()
def logits(subject: Subject) -> Finding:
    """[B, T, V] for the shortest length, the context, and two between."""
    model, gpt = subject.model().eval(), subject.gpt
    lengths = sorted({1, min(2, gpt.context), (gpt.context + 1) // 2, gpt.context})
    for length in lengths:
        found = model(subject.tokens(ROWS, length))
        wanted = (ROWS, length, gpt.vocab_size)
        if tuple(found.shape) != wanted:
            return failed(f"{length} tokens give logits of shape {list(found.shape)}; wanted {list(wanted)}")
        if not found.isfinite().all():
            return failed(f"{length} tokens give {int((~found.isfinite()).sum())} logits that are not finite")
    return ok(f"[{ROWS}, T, {gpt.vocab_size}], finite, for T = {', '.join(map(str, lengths))}")
