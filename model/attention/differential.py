"""Differential attention: the difference of two softmaxes, so that what both attend to for no reason cancels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.backend import Backend
from model.config import GPTConfig
from model.heads import MultiHead, projections
from model.norm.rms_norm import RMSNorm
from model.scores import ScoreRule
from model.slots import ATTENTION, BACKEND, NORM, POSITION
from model.state import ForwardState
from model.traits import Traits, has_slopes

LAMBDAS = ("query_lambda", "key_lambda")


@ATTENTION.variant(paper="https://arxiv.org/abs/2410.05258")
class Differential(MultiHead):
    """Heads 2i and 2i + 1 weigh the same values, of width 2D: `y_i = norm((A_2i - l A_2i+1) v_i) (1 - l_0)` (eq. 1-3).

    `l = exp(a . b) - exp(c . d) + l_0`, with learned vectors for the layer; `l_0 = 0.8 - 0.6 exp(-0.3 layer)`, layers
    counted from 0. The norm is over each pair's width, with a gain that the pairs share. As many parameters in the
    projections as multi-head attention has.
    """

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            if model.n_head % 2:
                raise ValueError(
                    f"{key}.type: differential pairs heads, and model.n_head is {model.n_head}; allowed: even numbers"
                )
            if has_slopes(model):
                raise ValueError(
                    f"{key}.type: differential subtracts the maps of two heads, and the slopes of "
                    f"model.position={POSITION.of(model.position).name} would make these unlike; use "
                    f"model.position=rotary, or {key}.type=full"
                )

        def traits(self, model: GPTConfig) -> Traits:
            return Traits(model.head_dim, 2 * model.head_dim, (model.n_head, model.head_dim))

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return projections(model, None, bias=False) + 4 * model.head_dim

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(model, layer, read=model.n_head // 2)
        self.backend: Backend = BACKEND.build(model.backend, model, layer)
        self.scores = ScoreRule(model, model.n_head, self.head_dim)
        # (a, c) and (b, d), each pair end to end: optimizers let matrices decay, and these are not to.
        self.query_lambda = nn.Parameter(torch.zeros(2 * self.head_dim))
        self.key_lambda = nn.Parameter(torch.zeros(2 * self.head_dim))
        self.least = 0.8 - 0.6 * math.exp(-0.3 * layer)  # l_0
        self.pair_norm: RMSNorm = NORM.build(RMSNorm.Config(eps=1e-5), 2 * self.head_dim)

    def initial(self, name: str, shape: torch.Size, generator: torch.Generator) -> Tensor | None:
        """The vectors start as normal with standard deviation 0.1 (the authors' code)."""
        if name not in LAMBDAS:
            return None
        return 0.1 * torch.randn(shape, generator=generator, dtype=torch.float32, device="cpu")

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        q, k, v = self.heads(x, state)
        q, k = state.position.rotate(q), state.position.rotate(k)
        v = torch.cat([v[:, 0::2], v[:, 1::2]], -1)  # (B, H/2, T, 2D)
        read = self.backend(q, k, v.repeat_interleave(2, 1), self.scores(state))  # (B, H, T, 2D)
        first, second = (self.query_lambda * self.key_lambda).view(2, -1).sum(-1).exp()
        difference = read[:, 0::2] - (first - second + self.least) * read[:, 1::2]
        return self.write(x, self.pair_norm(difference) * (1 - self.least))
