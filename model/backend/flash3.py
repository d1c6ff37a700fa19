"""FlashAttention 3: the kernels for Hopper (H100, H200)."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from torch import Tensor

from model.backend import _flash
from model.backend_needs import refuse, refuse_wide_heads
from model.config import GPTConfig
from model.scores import Scores
from model.slots import BACKEND

PIP = (
    "git clone https://github.com/Dao-AILab/flash-attention && pip install --no-build-isolation flash-attention/hopper"
)


@BACKEND.variant(paper="https://arxiv.org/abs/2407.08608")
class Flash3(_flash.Flash):
    """Module `flash_attn_interface`, built from source; no ALiBi. Its backward pass is asked to be deterministic."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse(model, key, "dropout", "own softcap", "bias", "slopes", "sinks")
            refuse_wide_heads(model, key, _flash.WIDEST)

        def refuses(self, device: str, precision: str, training: bool) -> str | None:
            return _flash.refuses("flash3", device, precision)

        def missing(self) -> str | None:
            return _flash.missing("flash3", "flash_attn_interface", PIP)

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        attend = importlib.import_module("flash_attn_interface").flash_attn_func
        y = attend(
            *self.rows(q, k, v),
            softmax_scale=1 / scores.divisor,
            causal=True,
            window_size=(-1 if scores.window is None else scores.window - 1, 0),
            softcap=scores.softcap.cap or 0.0,
            deterministic=True,
        )
        return self.heads(y, v.shape[-1])
