"""Hyper-connections: several streams, mixed by learned weights before and after each sublayer.

Shapes: B batch, T tokens, S streams, C = n_embd.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.linear import ZeroLinear
from model.placement import refuse_normed_stream
from model.residual.standard import Standard
from model.slots import NORM, RESIDUAL
from model.sublayer import Sublayer


@RESIDUAL.variant(paper="https://arxiv.org/abs/2409.19606")
class HyperConnections(Standard):
    """The stream is (B, T, S, C): S copies of the embedding at the start, their sum at the end.

    At first each sublayer reads one stream and writes to all alike, which is the standard residual S times over; the
    last norm takes the S out again, so there has to be one that measures what it norms.
    """

    @dataclass(frozen=True)
    class Config:
        """streams: S; dynamic: whether the weights also depend on the stream, by small learned maps."""

        streams: int = 4
        dynamic: bool = True

        def check(self, model: GPTConfig, key: str) -> None:
            if self.streams < 1:
                raise ValueError(f"{key}.streams: {self.streams} is too few; allowed: 1 or more")
            refuse_normed_stream(model, key, "streams are mixed as they are")
            if self.streams > 1 and (norm := NORM.of(model.norm).name) in ("none", "dyt"):
                raise ValueError(
                    f"{key}: hyper_connections sums its {self.streams} streams, and model.norm.type {norm} would leave "
                    f"the logits so many times as large; use model.norm=layer_norm, or rms_norm"
                )

        def parameters(self, model: GPTConfig, layer: int) -> int:
            fixed = self.streams * (self.streams + 2)
            return 2 * (fixed + ((self.streams + 2) * model.n_embd + 2 if self.dynamic else 0))

        def off(self, model: GPTConfig) -> tuple[object, object]:
            return replace(self, streams=1), Standard.Config()  # more than one meet the last norm's eps with their sum

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(config, model, layer)
        self.streams = config.streams
        self.attention = HyperConnection(config, model.n_embd, 2 * layer)
        self.mlp = HyperConnection(config, model.n_embd, 2 * layer + 1)

    def enter(self, x: Tensor) -> Tensor:
        return x.unsqueeze(-2).expand(*x.shape[:-1], self.streams, x.shape[-1])  # (B, T, S, C)

    def leave(self, x: Tensor) -> Tensor:
        return x.sum(-2)  # (B, T, C)

    def forward(self, x: Tensor, attention: Sublayer, mlp: Sublayer) -> Tensor:
        after: Tensor = self.mlp(self.attention(x, attention), mlp)
        return after


class HyperConnection(nn.Module):
    """What one sublayer reads and writes: `h = sum_i read_i x_i`, then `x_j = sum_i mix_ij x_i + write_j f(h)`.

    In the dynamic kind `gain * tanh(norm(x_i) @ map)` is added to each weight, the map being 0 at first (equations 10
    to 13). The norm is LayerNorm without parameters: a gain of its own would be one with the map.
    """

    def __init__(self, config: HyperConnections.Config, width: int, number: int) -> None:
        super().__init__()
        streams = config.streams
        self.read = nn.Parameter(torch.eye(streams)[number % streams].clone())
        # A vector, since optimizers let matrices decay: the identity is not to be pulled to 0, nor is it in the paper.
        self.mix = nn.Parameter(torch.eye(streams).flatten())
        self.write = nn.Parameter(torch.ones(streams))
        self.maps = ZeroLinear(width, streams + 2, bias=False) if config.dynamic else None
        self.gains = nn.Parameter(torch.full((2,), 0.01)) if config.dynamic else None

    def forward(self, x: Tensor, sublayer: Sublayer) -> Tensor:
        read, mix, write = self._weights(x)  # (..., S), (..., S, S), (..., S)
        # Sums of products rather than matrix products, which autocast would round the stream for.
        update = sublayer.update((read.unsqueeze(-1) * x).sum(-2))  # (B, T, C)
        mixed = write.unsqueeze(-1) * update.unsqueeze(-2)
        for source in range(x.shape[-2]):
            mixed = mixed + mix[..., source, :, None] * x[..., source, None, :]
        return mixed  # (B, T, S, C)

    def _weights(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fixed = self.mix.view(x.shape[-2], x.shape[-2])
        if self.maps is None or self.gains is None:
            return self.read, fixed, self.write
        change = torch.tanh(self.maps(F.layer_norm(x, x.shape[-1:])))  # (B, T, S, S + 2)
        read = self.read + self.gains[0] * change[..., 0]
        mix = fixed + self.gains[0] * change[..., 2:]
        return read, mix, self.write + self.gains[1] * change[..., 1]
