"""Rotary positions: queries and keys are rotated by an angle that grows with their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from model.config import Checked, GPTConfig
from model.position.none import NoPosition
from model.registry import later
from model.rope_scaling import RopeScaling
from model.slots import POSITION, ROPE_SCALING
from model.traits import all_traits


@POSITION.variant(paper="https://arxiv.org/abs/2104.09864")
class Rotary(NoPosition):
    """Pair i of a head turns by `t * theta ** (-2i / D)` at place t, so a score depends on the distance alone.

    Pairs are the halves' partners, dimensions (i, i + D/2), as in GPT-NeoX and Llama checkpoints of `transformers`; the
    paper pairs (2i, 2i + 1), which is the same function under a fixed permutation of each head's dimensions. Where only
    a fraction turns, D is the width of that part, the first of each head.

    There is a table of cosines and one of sines, (context, D), for each width that the model's attentions rotate.
    """

    @dataclass(frozen=True)
    class Config:
        """What turns, and how fast.

        theta: the base; the slowest pair turns about once in `2 pi theta` places; fraction: of each head that turns,
        above 0; scaling: for reading further than trained.
        """

        theta: float = 10000.0
        fraction: float = later(1.0)
        scaling: Annotated[Any, ROPE_SCALING] = later(ROPE_SCALING)

        def check(self, model: GPTConfig, key: str) -> None:
            if not self.theta > 0:
                raise ValueError(f"{key}.theta: {self.theta} is not a base of angles; allowed: above 0")
            if not 0 < self.fraction <= 1:
                raise ValueError(f"{key}.fraction: {self.fraction} is no part of a head; allowed: above 0, up to 1")
            for width in rotated_widths(model):
                if (part := int(width * self.fraction)) % 2 or not part:
                    raise ValueError(
                        f"{key}: rotary turns pairs and needs an even head width, but turns {part} dimensions of heads "
                        f"that are {width} wide; choose another width, number of heads or {key}.fraction"
                    )
            if isinstance(self.scaling, Checked):
                if not self.theta > 1:
                    raise ValueError(f"{key}.theta: {self.theta} has no slow pairs to scale; allowed: above 1")
                self.scaling.check(model, f"{key}.scaling")
                temperature = ROPE_SCALING.build(self.scaling).temperature
                if temperature != 1.0 and not any(traits.scores for traits in all_traits(model)):
                    raise ValueError(
                        f"{key}.scaling.temperature: {temperature:g} is for the scores of a softmax, and no layer of "
                        f"model.attention has one; use 1.0, or another scaling"
                    )

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__(config, model)
        scaling: RopeScaling = ROPE_SCALING.build(config.scaling)
        self.parts = {width: int(width * config.fraction) for width in rotated_widths(model)}
        for part in set(self.parts.values()):
            half = part // 2
            # In double: fp32 would lose digits of t * frequency at far places.
            frequency = config.theta ** (-torch.arange(half, dtype=torch.float64) / half)
            frequency = scaling.scale(frequency, config.theta)
            angle = torch.outer(torch.arange(model.context, dtype=torch.float64), frequency)  # (context, D/2)
            # (a, b) -> (a cos - b sin, b cos + a sin): the sign is in the table, so `rotate` only swaps the halves.
            cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([-angle.sin(), angle.sin()], -1)
            for name, table in ((f"cos_{part}", cos), (f"sin_{part}", sin)):
                scaled = (table * scaling.temperature).to(torch.get_default_dtype())
                self.register_buffer(name, scaled, persistent=False)

    def rotate(self, x: Tensor) -> Tensor:
        length, width = x.shape[-2:]
        if width not in self.parts:
            raise ValueError(f"rotary turns {list(self.parts)} dimensions, and not {width}: see model.traits")
        part = self.parts[width]
        turned = x if part == width else x[..., :part]
        cos, sin = self.get_buffer(f"cos_{part}"), self.get_buffer(f"sin_{part}")
        turned = turned * cos[:length] + turned.roll(part // 2, -1) * sin[:length]
        return turned if part == width else torch.cat([turned, x[..., part:].to(turned.dtype)], -1)


def rotated_widths(model: GPTConfig) -> list[int]:
    """The widths of the queries and keys that the model's attentions rotate, narrow ones first."""
    return sorted({traits.rotated for traits in all_traits(model)})
