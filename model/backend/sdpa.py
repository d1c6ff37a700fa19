"""torch's scaled_dot_product_attention: picks a fused kernel for the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.scores import Scores
from model.slots import BACKEND


@BACKEND.variant(paper="https://arxiv.org/abs/2205.14135")
class Sdpa(nn.Module):
    """Never holds the weights, so it cannot drop them by key."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            if model.dropout > 0:
                raise ValueError(
                    f"{key}.type: sdpa cannot drop attention weights by (seed, step, place), and model.dropout is "
                    f"{model.dropout}; use {key}.type=eager, or model.dropout=0"
                )

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        causal = scores.window is None and scores.bias is None
        mask = None if causal else scores.hidden if scores.bias is None else scores.bias + scores.hidden
        grouped = q.shape[1] != k.shape[1]
        return F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=causal, scale=1 / scores.divisor, enable_gqa=grouped
        )
