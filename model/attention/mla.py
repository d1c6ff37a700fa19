"""Multi-head latent attention: keys and values of all heads come from one narrow vector for each token.

Shapes: B batch, T tokens, C = n_embd, H = n_head, N = nope_dim, R = rope_dim, E = value_dim.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.backend import Backend
from model.config import GPTConfig
from model.gate import Gate
from model.linear import ResidualLinear
from model.norm.rms_norm import RMSNorm
from model.scores import ScoreRule
from model.slots import ATTENTION, BACKEND, CONV, GATE, NORM, VALUE_RESIDUAL
from model.state import ForwardState
from model.traits import Traits
from model.value_residual import ValueResidual


@dataclass(frozen=True)
class Sizes:
    """What a Config comes to in a model of that head width."""

    kv_rank: int
    nope_dim: int
    rope_dim: int
    value_dim: int


@ATTENTION.variant(paper="https://arxiv.org/abs/2405.04434")
class LatentAttention(nn.Module):
    """Each head's query and key have a part that positions do not rotate and a part that they do (section 2.1).

    The rotated part of the keys is one for all heads. Latents are normed (RMSNorm, as in the released code). Values are
    as wide as asked for, so what a backend gets has two widths.
    """

    @dataclass(frozen=True)
    class Config:
        """Widths; None is as in the paper beside head_dim.

        q_rank: of the queries' latent, None is no latent; kv_rank: of the keys' and values', None is 4 head_dim;
        nope_dim, rope_dim: of the plain and the rotated part, None is head_dim and half of it; value_dim: None is
        head_dim; eps: of the norms.
        """

        q_rank: int | None = None
        kv_rank: int | None = None
        nope_dim: int | None = None
        rope_dim: int | None = None
        value_dim: int | None = None
        eps: float = 1e-6

        def sizes(self, head_dim: int) -> Sizes:
            """With each None resolved."""

            def given(value: int | None, derived: int) -> int:
                return derived if value is None else value

            return Sizes(
                kv_rank=given(self.kv_rank, 4 * head_dim),
                nope_dim=given(self.nope_dim, head_dim),
                rope_dim=given(self.rope_dim, max(head_dim // 2, 1)),
                value_dim=given(self.value_dim, head_dim),
            )

        def check(self, model: GPTConfig, key: str) -> None:
            for name in ("q_rank", "kv_rank", "nope_dim", "rope_dim", "value_dim"):
                value = getattr(self, name)
                if value is not None and value < 1:
                    raise ValueError(f"{key}.{name}: {value} is too small; allowed: 1 or more, or null")
            if not self.eps > 0:
                raise ValueError(f"{key}.eps: {self.eps} does not keep a mean square above 0; allowed: above 0")
            for field, slot in (("qk_norm", NORM), ("conv", CONV)):
                if (name := slot.of(getattr(model, field)).name) != "none":
                    raise ValueError(
                        f"{key}.type: mla makes keys and values of a latent with a norm of its own, and has no place "
                        f"for model.{field}={name}; use model.{field}=none, or {key}.type=full"
                    )

        def traits(self, model: GPTConfig) -> Traits:
            sizes = self.sizes(model.head_dim)
            products = sizes.nope_dim + sizes.rope_dim
            widest = max(products, sizes.value_dim)
            return Traits(sizes.rope_dim, widest, (model.n_head, sizes.value_dim), products=products)

        def parameters(self, model: GPTConfig, layer: int) -> int:
            sizes = self.sizes(model.head_dim)
            queries = model.n_head * (sizes.nope_dim + sizes.rope_dim)
            query = model.n_embd * queries if self.q_rank is None else self.q_rank * (model.n_embd + queries)
            down = model.n_embd * (sizes.kv_rank + sizes.rope_dim)
            up = sizes.kv_rank * model.n_head * (sizes.nope_dim + sizes.value_dim)
            return query + down + up + model.n_head * sizes.value_dim * model.n_embd

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()
        width, heads, sizes = model.n_embd, model.n_head, config.sizes(model.head_dim)
        self.head_count, self.sizes = heads, sizes
        queries, norm = heads * (sizes.nope_dim + sizes.rope_dim), RMSNorm.Config(eps=config.eps)
        self.q_rank = config.q_rank
        if config.q_rank is None:
            self.query = nn.Linear(width, queries, bias=False)
        else:
            self.query_down = nn.Linear(width, config.q_rank, bias=False)
            self.query_norm: RMSNorm = NORM.build(norm, config.q_rank)
            self.query_up = nn.Linear(config.q_rank, queries, bias=False)
        self.kv_down = nn.Linear(width, sizes.kv_rank, bias=False)
        self.kv_norm: RMSNorm = NORM.build(norm, sizes.kv_rank)
        self.kv_up = nn.Linear(sizes.kv_rank, heads * (sizes.nope_dim + sizes.value_dim), bias=False)
        self.key_rope = nn.Linear(width, sizes.rope_dim, bias=False)
        self.out = ResidualLinear(heads * sizes.value_dim, width, bias=False)
        self.value_residual: ValueResidual = VALUE_RESIDUAL.build(model.value_residual, model, layer)
        self.gate: Gate = GATE.build(model.gate, model, heads, sizes.value_dim)
        self.backend: Backend = BACKEND.build(model.backend, model, layer)
        self.scores = ScoreRule(model, heads, sizes.nope_dim + sizes.rope_dim)

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        sizes, position = self.sizes, state.position
        q = self._split(self._queries(x))  # (B, H, T, N + R)
        kv = self._split(self.kv_up(self.kv_norm(self.kv_down(x))))  # (B, H, T, N + E)
        q_plain, q_turned = q[..., : sizes.nope_dim], q[..., sizes.nope_dim :]
        k_plain, v = kv[..., : sizes.nope_dim], kv[..., sizes.nope_dim :]
        k_turned = position.rotate(self.key_rope(x).unsqueeze(1))  # (B, 1, T, R)
        q = torch.cat([q_plain, position.rotate(q_turned)], -1)
        k = torch.cat([k_plain, k_turned.expand(-1, self.head_count, -1, -1)], -1)
        read = self.backend(q, k, self.value_residual(v, state), self.scores(state))  # (B, H, T, E)
        y: Tensor = self.out(self.gate(x, read).transpose(1, 2).flatten(2))
        return y

    def _queries(self, x: Tensor) -> Tensor:
        queries: Tensor = self.query(x) if self.q_rank is None else self.query_up(self.query_norm(self.query_down(x)))
        return queries

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.head_count, -1).transpose(1, 2)  # (B, H, T, ...)
