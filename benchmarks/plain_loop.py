"""One trial as a small script would train it: an eager loop of torch calls, with nothing of tinker's training in it.

The model is the same `model.GPT`, from the same values, on the same windows of the same text at the same rates. What a
script would have at hand beforehand (the text, where windows start, the rates) is an argument and not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def train(
    model: nn.Module,
    data: NDArray[np.generic],
    starts: Callable[[int], NDArray[np.int64]],
    rate: Callable[[int], float],
    context: int,
    fast: bool,
) -> Iterator[Tensor]:
    """The training loss of each step. `fast` has the model compiled and AdamW fused."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=fast or None)
    if fast:
        model.compile()
    model.train()
    step = 0
    while True:
        at = starts(step)
        x = torch.stack([torch.from_numpy(data[i : i + context].astype(np.int64)) for i in at])
        y = torch.stack([torch.from_numpy(data[i + 1 : i + 1 + context].astype(np.int64)) for i in at])
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        loss = model(x, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        yield loss.detach()
