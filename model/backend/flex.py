"""FlexAttention: torch compiles one fused kernel for the mask, the bias, the softcap and the sinks of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from torch import Tensor, nn
from torch.nn.attention.flex_attention import AuxRequest, BlockMask, create_block_mask, flex_attention

from model.backend._tensors import equal_dtypes, padded
from model.backend_needs import refuse
from model.config import GPTConfig
from model.scores import Scores
from model.slots import BACKEND

NARROWEST = 16  # the kernels for GPUs take no narrower heads
#: Compiled kernels that a process may hold: each kind of layer and each new length makes one, and torch allows for 8.
KERNELS = 64


@BACKEND.variant(paper="https://arxiv.org/abs/2412.05496")
class Flex(nn.Module):
    """Skips blocks of the mask that hold nothing. On a CPU there is no backward pass, and no fused kernel here."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse(model, key, "dropout", "own softcap")

        def refuses(self, device: str, precision: str, training: bool) -> str | None:
            if device == "cpu" and training:
                return "flex has no backward pass on a CPU; use sdpa or eager, or train.accelerator=cuda"
            if device == "mps":
                return "flex runs on CPUs and NVIDIA GPUs, and train.accelerator is mps; use sdpa or eager"
            return None

        def missing(self) -> str | None:
            return None

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        q, k, v = equal_dtypes(q, k, v)
        width = v.shape[-1]
        if q.is_cuda:
            q, k, v = (padded(x, max(NARROWEST, x.shape[-1])) for x in (q, k, v))
        fused = q.is_cuda and not torch.compiler.is_compiling()
        y, aux = (compiled() if fused else flex_attention)(
            q,
            k,
            v,
            score_mod=_score_mod(scores.softcap.cap, scores.bias),
            block_mask=_mask(q.shape[2], scores.window, str(q.device)),
            scale=1 / scores.divisor,
            enable_gqa=q.shape[1] != k.shape[1],
            return_aux=AuxRequest(lse=scores.sinks is not None),
        )
        if scores.sinks is not None:  # the share of all that is not the sink: exp(lse) / (exp(lse) + exp(sink))
            y = y * (aux.lse - scores.sinks[:, None]).sigmoid().unsqueeze(-1).to(y.dtype)
        read: Tensor = y[..., :width]
        return read


def _score_mod(cap: float | None, bias: Tensor | None) -> Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]:
    """What becomes of each score. It holds a number and a tensor alone, so that all layers share a compiled kernel."""

    def score_mod(score: Tensor, batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        if cap is not None:
            score = cap * (score / cap).tanh()
        return score if bias is None else score + bias[head, query, key]

    return score_mod


@cache
def compiled():  # type: ignore[no-untyped-def]  # overloads of torch's
    """flex_attention as a fused kernel; beyond KERNELS it is an error.

    Without `fullgraph`, torch would go on unfused then: slower, and with all weights in memory.
    """
    limits = torch._dynamo.config
    limits.recompile_limit = max(limits.recompile_limit, KERNELS)
    return torch.compile(flex_attention, fullgraph=True)


@lru_cache(maxsize=16)
def _mask(length: int, window: int | None, device: str) -> BlockMask:
    """The blocks of a causal window; kept for the last few lengths."""

    def visible(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        seen = query >= key
        return seen if window is None else seen & (query - key < window)

    return create_block_mask(visible, None, None, length, length, device=device)
