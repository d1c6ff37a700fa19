"""Retention: linear attention whose memory fades at a fixed rate of its own for each head."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.heads import MultiHead, projections
from model.scores import check_no_scores
from model.slots import ATTENTION
from model.state import ForwardState, visible
from model.traits import Traits, multi_head


@ATTENTION.variant(paper="https://arxiv.org/abs/2307.08621")
class Retention(MultiHead):
    """`y_t = norm(sum_s g ** (t - s) (q_t . k_s) v_s)`, s <= t; `g = 1 - 2 ** (-exponent - h)` in head h (eq. 5, 8).

    The norm is the root mean square over what a head read, without a gain; so the paper's divisors are not here, which
    it cancels but for its eps of 1e-5 (felt by the first tokens alone, where weights and heads are small). Its gate is
    the slot's, its rotation the position's. Computed in the parallel form, as `linear` is.
    """

    @dataclass(frozen=True)
    class Config:
        """exponent: of head 0, above 0; head h forgets half in about `0.7 * 2 ** (exponent + h)` tokens."""

        exponent: float = 5.0

        def check(self, model: GPTConfig, key: str) -> None:
            if not self.exponent > 0:
                raise ValueError(f"{key}.exponent: {self.exponent} remembers nothing; allowed: above 0")
            check_no_scores("retention", model, key)

        def traits(self, model: GPTConfig) -> Traits:
            return multi_head(model, scores=False)

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return projections(model, None, bias=False)

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(model, layer)
        self.dropout = KeyedDropout(model.dropout, f"blocks.{layer}.attention.weights")
        self.kept = tuple(1 - 2 ** (-config.exponent - head) for head in range(model.n_head))

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        q, k, v = self.heads(x, state)
        q, k = state.position.rotate(q), state.position.rotate(k)
        weights = q @ k.mT * self._decay(state, q)  # (B, H, T, T)
        read = self.dropout(weights) @ v
        return self.write(x, F.rms_norm(read, read.shape[-1:], eps=1e-5))

    def _decay(self, state: ForwardState, like: Tensor) -> Tensor:
        """(H, T, T): what is kept at each distance, nothing of the future."""

        def make() -> Tensor:
            # Not in the precision of autocast, in which places beyond 256 are not whole numbers any more.
            precise = torch.promote_types(like.dtype, torch.float32)
            place = torch.arange(state.length, device=like.device, dtype=precise)
            distance = (place[:, None] - place).clamp(min=0)
            kept = torch.stack([rate**distance for rate in self.kept])
            return (kept * visible(state.length, None, like.device)).to(like.dtype)

        return state.once((self.kept, like.dtype), make)
