"""Heads: the projections that attention variants share, and softmax attention over a window of the past.

Shapes: B batch, T tokens, C = n_embd, H = n_head, KV = kv_heads, D = C / H.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.backend import Backend
from model.config import GPTConfig
from model.linear import ResidualLinear
from model.norm import Norm
from model.position import Position
from model.slots import BACKEND, NORM


class MultiHead(nn.Module):
    """Queries, keys and values of each head, normed by `qk_norm`; and the way back to the stream.

    The four projections are parameters of their own, so that an arm with other keys still shares the rest with its
    control.
    """

    def __init__(self, model: GPTConfig, kv_heads: int) -> None:
        super().__init__()
        self.head_dim = model.head_dim
        self.query = nn.Linear(model.n_embd, model.n_embd, bias=False)
        self.key = nn.Linear(model.n_embd, kv_heads * model.head_dim, bias=False)
        self.value = nn.Linear(model.n_embd, kv_heads * model.head_dim, bias=False)
        self.out = ResidualLinear(model.n_embd, model.n_embd, bias=False)
        self.query_norm: Norm = NORM.build(model.qk_norm, model.head_dim)
        self.key_norm: Norm = NORM.build(model.qk_norm, model.head_dim)

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, C) -> queries (B, H, T, D), keys and values (B, KV, T, D)."""
        q, k, v = (split(x).unflatten(-1, (-1, self.head_dim)) for split in (self.query, self.key, self.value))
        return self.query_norm(q).transpose(1, 2), self.key_norm(k).transpose(1, 2), v.transpose(1, 2)

    def write(self, y: Tensor) -> Tensor:
        """What each head read (B, H, T, D) -> (B, T, C)."""
        merged: Tensor = self.out(y.transpose(1, 2).flatten(2))
        return merged


class SoftmaxAttention(MultiHead):
    """Causal softmax attention to the last `window` tokens, the current one included; None is all of them."""

    bias: Tensor  # (context, context)

    def __init__(self, model: GPTConfig, layer: int, *, kv_heads: int | None, window: int | None) -> None:
        super().__init__(model, model.n_head if kv_heads is None else kv_heads)
        self.causal = window is None
        self.backend: Backend = BACKEND.build(model.backend, model, layer)
        bias = torch.zeros(model.context, model.context).masked_fill(~visible(model.context, window), -torch.inf)
        self.register_buffer("bias", bias, persistent=False)

    def forward(self, x: Tensor, position: Position) -> Tensor:
        length = x.shape[1]
        q, k, v = self.heads(x)
        q, k = position.rotate(q, k)
        return self.write(self.backend(q, k, v, self.bias[:length, :length], causal=self.causal))


def visible(context: int, window: int | None = None) -> Tensor:
    """(context, context) bool: whether the token of that row may see the token of that column."""
    seen = torch.ones(context, context, dtype=torch.bool).tril()
    return seen if window is None else seen.triu(1 - window)


def check_kv_heads(kv_heads: int | None, model: GPTConfig, key: str) -> None:
    """Each key head serves the same number of query heads.

    Raises:
        ValueError: naming the divisors of n_head.
    """
    if kv_heads is not None and (kv_heads < 1 or model.n_head % kv_heads):
        allowed = ", ".join(str(n) for n in range(1, model.n_head + 1) if model.n_head % n == 0)
        raise ValueError(f"{key}.kv_heads: {kv_heads} does not divide model.n_head {model.n_head}; allowed: {allowed}")
