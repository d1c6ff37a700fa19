"""What the MLP variants have in common: how wide they are, what that costs, and the gated kind.

Shapes: B batch, T tokens, C = n_embd, M = hidden units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.linear import ResidualLinear
from model.registry import later
from model.state import ForwardState


@dataclass(frozen=True)
class PlainConfig:
    """ratio: M over n_embd (rounded); bias: of both projections; hidden: exactly M, whatever the ratio."""

    ratio: float = 4.0
    bias: bool = False
    hidden: int | None = later(None)

    def check(self, model: GPTConfig, key: str) -> None:
        check_width(self.ratio, self.hidden, model, key)

    def parameters(self, model: GPTConfig, layer: int) -> int:
        hidden = self.width(model)
        return 2 * hidden * model.n_embd + (hidden + model.n_embd if self.bias else 0)

    def width(self, model: GPTConfig) -> int:
        """M."""
        return self.hidden or round(self.ratio * model.n_embd)


@dataclass(frozen=True)
class GatedConfig:
    """ratio: of an MLP without a gate; matched: fewer hidden units (2/3), so that the parameters are that MLP's.

    Without `matched` M is `ratio * n_embd`, which has half as many parameters again; `hidden` is exactly M, whatever
    the others say; `bias` is of all three projections.
    """

    ratio: float = 4.0
    matched: bool = True
    hidden: int | None = None
    bias: bool = False

    def check(self, model: GPTConfig, key: str) -> None:
        check_width(self.ratio, self.hidden, model, key)

    def parameters(self, model: GPTConfig, layer: int) -> int:
        return gated_parameters(model.n_embd, self.width(model), bias=self.bias)

    def width(self, model: GPTConfig) -> int:
        """M."""
        if self.hidden is not None:
            return self.hidden
        plain = round(self.ratio * model.n_embd)
        return matched_width(plain, model.n_embd, bias=self.bias) if self.matched else plain


class Plain(nn.Module):
    """Up, an activation, down."""

    def __init__(self, config: PlainConfig, model: GPTConfig, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        hidden, self.activation = config.width(model), activation
        self.up = nn.Linear(model.n_embd, hidden, bias=config.bias)
        self.down = ResidualLinear(hidden, model.n_embd, bias=config.bias)

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        y: Tensor = self.down(self.activation(self.up(x)))  # (..., C) -> (..., M) -> (..., C)
        return y


class Gated(nn.Module):
    """`down(activation(gate(x)) * up(x))`."""

    def __init__(self, width: int, hidden: int, activation: Callable[[Tensor], Tensor], *, bias: bool = False) -> None:
        super().__init__()
        self.activation = activation
        self.gate = nn.Linear(width, hidden, bias=bias)
        self.up = nn.Linear(width, hidden, bias=bias)
        self.down = ResidualLinear(hidden, width, bias=bias)

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        y: Tensor = self.down(self.activation(self.gate(x)) * self.up(x))  # (..., C) -> (..., M) -> (..., C)
        return y


def gated_parameters(width: int, hidden: int, *, bias: bool = False) -> int:
    """Of one Gated."""
    return 3 * width * hidden + (2 * hidden + width if bias else 0)


def matched_width(plain: int, width: int, *, bias: bool = False) -> int:
    """The hidden units of a Gated whose parameters are nearest to those of a Plain with `plain` units."""
    return max(1, round(plain * (2 * width + bias) / (3 * width + 2 * bias)))


def check_width(ratio: float, hidden: int | None, model: GPTConfig, key: str) -> None:
    """There is a hidden unit.

    Raises:
        ValueError: naming the field that leaves none.
    """
    if hidden is not None and hidden < 1:
        raise ValueError(f"{key}.hidden: {hidden} is no width; allowed: 1 or more, or null for ratio * model.n_embd")
    if hidden is None and (not ratio > 0 or round(ratio * model.n_embd) < 1):
        raise ValueError(f"{key}.ratio: {ratio} leaves no hidden unit; allowed: 1 / model.n_embd or more")
