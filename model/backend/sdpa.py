"""torch's scaled_dot_product_attention: picks a fused kernel for the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.backend_needs import refuse
from model.config import GPTConfig
from model.scores import Scores
from model.slots import BACKEND


@BACKEND.variant(paper="https://arxiv.org/abs/2205.14135")
class Sdpa(nn.Module):
    """Never holds the weights, so it cannot drop them by key; a sink is one more key, of zeros."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse(model, key, "dropout", "softcap", "own softcap")

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        causal = scores.window is None and scores.bias is None and scores.sinks is None
        mask = None if causal else scores.hidden if scores.bias is None else scores.bias + scores.hidden
        if scores.sinks is not None:
            assert mask is not None
            heads, length = q.shape[1:3]
            sink = scores.sinks[:, None, None].to(mask.dtype).expand(heads, length, 1)
            mask = torch.cat([mask.expand(heads, length, length), sink], -1)  # (H, T, T + 1)
            k, v = F.pad(k, (0, 0, 0, 1)), F.pad(v, (0, 0, 0, 1))
        grouped = q.shape[1] != k.shape[1]
        return F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=causal, scale=1 / scores.divisor, enable_gqa=grouped
        )
