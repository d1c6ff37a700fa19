"""muP: a learning rate tuned at one width serves at every other, under Adam and its kin."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import nn

from model.config import GPTConfig
from model.gpt import GPT
from model.init_rule import InitRule, check_std
from model.linear import ResidualLinear
from model.slots import INIT
from model.traits import all_traits


@INIT.variant(paper="https://arxiv.org/abs/2203.03466")
class Mup(InitRule):
    """GPT-2's rule at the base width; elsewhere each matrix by how its sides have grown, `m_in` and `m_out`.

    | | standard deviation | learning rate |
    |---|---|---|
    | embeddings, and the head's last matrix | `std` | 1 |
    | other matrices | `std / sqrt(m_in) * min(1, sqrt(m_out / m_in))` | `1 / m_in` |
    | vectors | as ever | 1 |

    Logits are divided by the growth of n_embd, and products of queries and keys by `D / sqrt(base D)`. This is table 8
    of the paper, whose hidden matrices have m_in = m_out and whose input matrices m_in = 1; the middle row covers what
    has a side that does not grow (a router, a latent) by the rule of https://arxiv.org/abs/2310.17813. Sides are
    compared with those of the same model built at the base width. The table is for AdamW: SGD and Muon scale otherwise.
    """

    @dataclass(frozen=True)
    class Config:
        """base_width: n_embd where the rule is GPT-2's; base_heads: n_head there, null is as here; std: as GPT-2's.

        A width is grown by wider heads (null) or by more of them (base_heads at which the head width is the same).
        """

        base_width: int = 64
        base_heads: int | None = None
        std: float = 0.02

        def check(self, model: GPTConfig, key: str) -> None:
            check_std(self.std, key)
            for name, value in (("base_width", self.base_width), ("base_heads", self.base_heads)):
                if value is not None and value < 1:
                    raise ValueError(f"{key}.{name}: {value} is too small; allowed: 1 or more")
            try:
                base = self.base(model)
            except ValueError as error:
                raise ValueError(
                    f"{key}.base_width: there is no such model of width {self.base_width}: {error}"
                ) from error
            for layer, (here, there) in enumerate(zip(all_traits(model), all_traits(base), strict=True)):
                width, other = here.products or here.rotated, there.products or there.rotated
                if here.scores and width * base.head_dim != other * model.head_dim:
                    raise ValueError(
                        f"{key}: mup divides the products of queries and keys by the growth of model.head_dim, from "
                        f"{base.head_dim} to {model.head_dim}, but in layer {layer} they are {other} wide at the base "
                        f"and {width} here; let the widths of model.attention follow head_dim (null), or grow the "
                        f"model by more heads ({key}.base_heads)"
                    )

        def off(self, model: GPTConfig) -> tuple[object, object]:
            here = replace(self, base_width=model.n_embd, base_heads=model.n_head)
            return here, INIT.get("gpt2").config(std=self.std)

        def base(self, model: GPTConfig) -> GPTConfig:
            """The same model at the base width, with GPT-2's initialisation."""
            heads = self.base_heads or model.n_head
            head_dim = model.head_dim * model.n_head * self.base_width / (model.n_embd * heads)
            if head_dim != round(head_dim):
                raise ValueError(f"its {heads} heads would be {head_dim:g} wide; give another width or base_heads")
            gpt2 = INIT.get("gpt2").config(std=self.std)
            return replace(model, n_embd=self.base_width, n_head=heads, head_dim=round(head_dim), init=gpt2)

    def __init__(self, config: Config, model: GPTConfig) -> None:
        self.config, self.model, self.base = config, model, config.base(model)
        self.normal_std = config.std
        self.residual_std = config.std / math.sqrt(2 * model.n_layer)
        self.output_scale = config.base_width / model.n_embd

    @cached_property
    def growth(self) -> dict[str, tuple[float, float]]:
        """(m_in, m_out) of the weight of each linear layer but the head's last, whose share is `output_scale`."""
        with torch.device("meta"):
            here, there = (GPT(config, seed=0) for config in (self.model, self.base))
        grown = {
            f"{path}.weight": (module.in_features / other.in_features, module.out_features / other.out_features)
            for path, module in here.named_modules()
            if isinstance(module, nn.Linear)
            for other in (there.get_submodule(path),)
            if isinstance(other, nn.Linear)
        }
        heads = [path for path, (_, grown_out) in grown.items() if path.startswith("embedding.") and grown_out == 1.0]
        return {path: sides for path, sides in grown.items() if path not in heads}

    def std(self, module: nn.Module, path: str, shape: torch.Size) -> float:
        grown_in, grown_out = self.growth.get(path, (1.0, 1.0))
        base = self.residual_std if isinstance(module, ResidualLinear) else self.normal_std
        return base / math.sqrt(grown_in) * min(1.0, math.sqrt(grown_out / grown_in))

    def lr_scale(self, module: nn.Module, path: str) -> float:
        # What the model did not have when it was built (an adapter of a fine-tuning) is not the rule's.
        return 1 / self.growth.get(path, (1.0, 1.0))[0]

    def attention_divisor(self, head_dim: int) -> float:
        # Two roots rather than one division: exactly sqrt(D) at the base.
        return math.sqrt(head_dim) * math.sqrt(self.model.head_dim / self.base.head_dim)
