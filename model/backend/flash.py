"""FlashAttention 2: one fused kernel that never holds the weights."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from torch import Tensor

from model.backend import _flash
from model.backend_needs import refuse, refuse_wide_heads
from model.config import GPTConfig
from model.scores import Scores
from model.slots import BACKEND


@BACKEND.variant(paper="https://arxiv.org/abs/2307.08691")
class Flash2(_flash.Flash):
    """Package `flash-attn`. Its backward pass is asked to be deterministic, since trials are to be repeated."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse(model, key, "dropout", "own softcap", "bias", "sinks")
            refuse_wide_heads(model, key, _flash.WIDEST)

        def refuses(self, device: str, precision: str, training: bool) -> str | None:
            return _flash.refuses("flash", device, precision)

        def missing(self) -> str | None:
            return _flash.missing("flash", "flash_attn_2_cuda", "pip install flash-attn --no-build-isolation")

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        attend = importlib.import_module("flash_attn").flash_attn_func
        y = attend(
            *self.rows(q, k, v),
            softmax_scale=1 / scores.divisor,
            causal=True,
            window_size=(-1 if scores.window is None else scores.window - 1, 0),
            softcap=scores.softcap.cap or 0.0,
            alibi_slopes=None if scores.slopes is None else scores.slopes.float(),
            deterministic=True,
        )
        return self.heads(y, v.shape[-1])
