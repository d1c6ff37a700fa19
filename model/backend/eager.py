"""Softmax attention written out: the reference for every other backend, and able to drop weights by key."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.slots import BACKEND


@BACKEND.variant(paper="https://arxiv.org/abs/1706.03762")
class Eager(nn.Module):
    """Holds the weights (B, H, T, T) in memory."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()
        self.dropout = KeyedDropout(model.dropout, f"blocks.{layer}.attention.weights")

    def forward(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, *, causal: bool) -> Tensor:
        group = q.shape[1] // k.shape[1]
        if group > 1:
            k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)  # (B, H, T, D)
        scores = (q / math.sqrt(q.shape[-1])) @ k.mT + bias  # (B, H, T, T)
        weights: Tensor = self.dropout(scores.softmax(-1))
        return weights @ v
