"""Softmax attention written out: the reference for every other backend, and able to drop weights by key."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.scores import Scores
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

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        group = q.shape[1] // k.shape[1]
        if group > 1:
            k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)  # (B, H, T, D)
        s = scores.softcap((q / scores.divisor) @ k.mT)  # (B, H, T, T)
        if scores.bias is not None:
            s = s + scores.bias
        weights: Tensor = self.dropout(_softmax(s + scores.hidden, scores.sinks))
        return weights @ v


def _softmax(s: Tensor, sinks: Tensor | None) -> Tensor:
    """Over the last dimension of (B, H, T, T); a sink takes its share and is left out."""
    if sinks is None:
        return s.softmax(-1)
    sink = sinks.to(s.dtype)[:, None, None].expand(*s.shape[:-1], 1)  # (B, H, T, 1)
    return torch.cat([s, sink], -1).softmax(-1)[..., :-1]
