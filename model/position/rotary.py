"""Rotary positions: queries and keys are rotated by an angle that grows with their place."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from model.config import GPTConfig
from model.position.none import NoPosition
from model.slots import POSITION


@POSITION.variant(paper="https://arxiv.org/abs/2104.09864")
class Rotary(NoPosition):
    """Pair i of a head turns by `t * theta ** (-2i / D)` at place t, so a score depends on the distance alone.

    Pairs are the halves' partners, dimensions (i, i + D/2), as in GPT-NeoX and Llama checkpoints of `transformers`; the
    paper pairs (2i, 2i + 1), which is the same function under a fixed permutation of each head's dimensions.
    """

    cos: Tensor  # (context, D)
    sin: Tensor  # (context, D)

    @dataclass(frozen=True)
    class Config:
        """theta: the base; the slowest pair turns about once in `2 pi theta` places."""

        theta: float = 10000.0

        def check(self, model: GPTConfig, key: str) -> None:
            if self.theta <= 0:
                raise ValueError(f"{key}.theta: {self.theta} is not a base of angles; allowed: above 0")
            if model.head_dim % 2:
                raise ValueError(
                    f"{key}: rotary turns pairs and needs an even head width, but model.n_embd {model.n_embd} / "
                    f"model.n_head {model.n_head} = {model.head_dim}; choose another width or number of heads"
                )

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__(config, model)
        half = model.head_dim // 2
        # In double: fp32 would lose digits of t * frequency at far places.
        frequency = config.theta ** (-torch.arange(half, dtype=torch.float64) / half)
        angle = torch.outer(torch.arange(model.context, dtype=torch.float64), frequency)  # (context, D/2)
        # (a, b) -> (a cos - b sin, b cos + a sin): the sign goes into the table, so `rotate` only swaps the halves.
        cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([-angle.sin(), angle.sin()], -1)
        self.register_buffer("cos", cos.to(torch.get_default_dtype()), persistent=False)
        self.register_buffer("sin", sin.to(torch.get_default_dtype()), persistent=False)

    def rotate(self, x: Tensor) -> Tensor:
        length, width = x.shape[-2:]
        return x * self.cos[:length] + x.roll(width // 2, -1) * self.sin[:length]
