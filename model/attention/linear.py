"""Linear attention: a positive feature map in place of the softmax."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.heads import MultiHead, projections
from model.scores import check_no_scores
from model.slots import ATTENTION
from model.state import ForwardState, visible
from model.traits import Traits, multi_head


@ATTENTION.variant(paper="https://arxiv.org/abs/2006.16236")
class Linear(MultiHead):
    """`y_t = sum_s w_ts v_s`, `w_ts = f(q_t) f(k_s) / sum_s f(q_t) f(k_s)`, `f(x) = elu(x) + 1`, s <= t (eq. 7, 9).

    Computed in the parallel form, with the weights (B, H, T, T) in memory: at the contexts here this is the fast one,
    and the weights can be dropped like those of softmax attention. Its cost grows with T squared all the same.

    Rotary positions turn the features in the numerator and leave the sum below alone, which so stays positive
    (RoFormer, https://arxiv.org/abs/2104.09864, eq. 19); weights may then be negative and need not sum to 1.
    """

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            check_no_scores("linear", model, key)

        def traits(self, model: GPTConfig) -> Traits:
            return multi_head(model, scores=False)

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return projections(model, None, bias=False)

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(model, layer)
        self.dropout = KeyedDropout(model.dropout, f"blocks.{layer}.attention.weights")

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        q, k, v = self.heads(x, state)
        q, k = F.elu(q) + 1, F.elu(k) + 1  # (B, H, T, D), all >= 0
        total = (q * k.cumsum(2)).sum(-1, keepdim=True)  # (B, H, T, 1)
        q, k = state.position.rotate(q), state.position.rotate(k)
        seen = visible(state.length, None, x.device)
        weights = q @ k.mT * seen / (total + 1e-6)  # (B, H, T, T); features may all be 0
        return self.write(x, self.dropout(weights) @ v)
