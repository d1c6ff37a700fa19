"""FlashAttention 4: the kernels in CuTe, for Hopper and Blackwell."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from torch import Tensor

from model.backend import _flash
from model.backend_needs import refuse, refuse_wide_heads
from model.config import GPTConfig
from model.scores import Scores
from model.slots import BACKEND


@BACKEND.variant(paper="https://github.com/Dao-AILab/flash-attention")
class Flash4(_flash.Flash):
    """Package `flash-attn-4`, module `flash_attn.cute`. Its sinks and its softcap do not train on all GPUs: refused."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse(model, key, "dropout", "softcap", "own softcap", "bias", "slopes", "sinks")
            refuse_wide_heads(model, key, 128)

        def refuses(self, device: str, precision: str, training: bool) -> str | None:
            return _flash.refuses("flash4", device, precision)

        def missing(self) -> str | None:
            return _flash.missing("flash4", "flash_attn.cute", "pip install flash-attn-4")

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        attend = importlib.import_module("flash_attn.cute").flash_attn_func
        window = (None, None) if scores.window is None else (scores.window - 1, 0)
        y = attend(*self.rows(q, k, v), softmax_scale=1 / scores.divisor, causal=True, window_size=window)
        return self.heads(y, v.shape[-1])
