"""Heads: the projections that attention variants share, and softmax attention over a window of the past.

Shapes: B batch, T tokens, C = n_embd, H = n_head, KV = kv_heads, D = head_dim.
"""

from __future__ import annotations

from torch import Tensor, nn

from model.backend import Backend
from model.config import GPTConfig
from model.conv import Conv
from model.gate import Gate
from model.linear import ResidualLinear
from model.norm import Norm
from model.scores import ScoreRule
from model.slots import BACKEND, CONV, GATE, NORM, VALUE_RESIDUAL
from model.state import ForwardState
from model.value_residual import ValueResidual


class MultiHead(nn.Module):
    """Queries, keys and values of each head, with what the model does to all of them; and the way back to the stream.

    The four projections are parameters of their own, so that an arm with other keys still shares the rest with its
    control.

    Args:
        read: how many heads `write` gets, of the same width together; None is n_head.
    """

    def __init__(
        self,
        model: GPTConfig,
        layer: int,
        *,
        kv_heads: int | None = None,
        bias: bool = False,
        read: int | None = None,
    ) -> None:
        super().__init__()
        self.head_dim = model.head_dim
        width, kv_width = model.n_head * self.head_dim, (kv_heads or model.n_head) * self.head_dim
        self.query = nn.Linear(model.n_embd, width, bias=bias)
        self.key = nn.Linear(model.n_embd, kv_width, bias=bias)
        self.value = nn.Linear(model.n_embd, kv_width, bias=bias)
        self.out = ResidualLinear(width, model.n_embd, bias=bias)
        self.query_conv: Conv = CONV.build(model.conv, width)
        self.key_conv: Conv = CONV.build(model.conv, kv_width)
        self.value_conv: Conv = CONV.build(model.conv, kv_width)
        self.query_norm: Norm = NORM.build(model.qk_norm, self.head_dim)
        self.key_norm: Norm = NORM.build(model.qk_norm, self.head_dim)
        self.value_residual: ValueResidual = VALUE_RESIDUAL.build(model.value_residual, model, layer)
        self.gate: Gate = GATE.build(model.gate, model, read or model.n_head, width // (read or model.n_head))

    def heads(self, x: Tensor, state: ForwardState) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, C) -> queries (B, H, T, D), keys and values (B, KV, T, D)."""
        q = self.query_norm(self._split(self.query_conv(self.query(x)))).transpose(1, 2)
        k = self.key_norm(self._split(self.key_conv(self.key(x)))).transpose(1, 2)
        v = self._split(self.value_conv(self.value(x))).transpose(1, 2)
        return q, k, self.value_residual(v, state)

    def write(self, x: Tensor, y: Tensor) -> Tensor:
        """What each head read (B, H, T, D) -> (B, T, C); x (B, T, C) is what the layer got, for the gate."""
        merged: Tensor = self.out(self.gate(x, y).transpose(1, 2).flatten(2))
        return merged

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], -1, self.head_dim)  # (B, T, heads, D)


def projections(model: GPTConfig, kv_heads: int | None, bias: bool) -> int:
    """Parameters of the four projections: what an attention of this kind declares."""
    width, kv_width = model.n_head * model.head_dim, (kv_heads or model.n_head) * model.head_dim
    matrices = 2 * model.n_embd * (width + kv_width)
    return matrices + (width + 2 * kv_width + model.n_embd if bias else 0)


class SoftmaxAttention(MultiHead):
    """Causal softmax attention to the last `window` tokens, the current one included; None is all of them."""

    def __init__(
        self, model: GPTConfig, layer: int, *, kv_heads: int | None, window: int | None, bias: bool = False
    ) -> None:
        super().__init__(model, layer, kv_heads=kv_heads, bias=bias)
        self.backend: Backend = BACKEND.build(model.backend, model, layer)
        self.scores = ScoreRule(model, model.n_head, self.head_dim, window=window)

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        q, k, v = self.heads(x, state)
        q, k = state.position.rotate(q), state.position.rotate(k)
        return self.write(x, self.backend(q, k, v, self.scores(state)))


def check_kv_heads(kv_heads: int | None, model: GPTConfig, key: str) -> None:
    """Each key head serves the same number of query heads.

    Raises:
        ValueError: naming the divisors of n_head.
    """
    if kv_heads is not None and (kv_heads < 1 or model.n_head % kv_heads):
        allowed = ", ".join(str(n) for n in range(1, model.n_head + 1) if model.n_head % n == 0)
        raise ValueError(f"{key}.kv_heads: {kv_heads} does not divide model.n_head {model.n_head}; allowed: {allowed}")
