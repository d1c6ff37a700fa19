"""From the products of queries and keys to the weights of softmax attention: what the backends compute."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.init_rule import InitRule
from model.sinks import Sinks
from model.slots import INIT, SINKS, SOFTCAP
from model.softcap import Softcap
from model.state import ForwardState


@dataclass(frozen=True)
class Scores:
    """`weights = softmax(softcap(q k^T / divisor) + bias + hidden)`, with a sink of its own score for each head.

    Attributes:
        divisor: of the products; usually sqrt(D).
        window: how many tokens are seen, the current one included; None is all of the past.
        hidden: (T, T), 0 or -inf: the causal mask of that window.
        softcap: bounds the scores.
        bias: (H, T, T) of the position, or None.
        sinks: (H,) the scores of keys that hold nothing, or None.
    """

    divisor: float
    window: int | None
    hidden: Tensor
    softcap: Softcap
    bias: Tensor | None
    sinks: Tensor | None


class ScoreRule(nn.Module):
    """The scores of one layer: the model's choices, and the parameters of those that have any.

    Args:
        model: what the model is made of.
        heads: H, query heads.
        head_dim: D, the width of the products.
        window: as in Scores.
    """

    def __init__(self, model: GPTConfig, heads: int, head_dim: int, *, window: int | None = None) -> None:
        super().__init__()
        rule: InitRule = INIT.build(model.init, model)
        self.divisor, self.window = rule.attention_divisor(head_dim), window
        self.softcap: Softcap = SOFTCAP.build(model.attention_softcap)
        self.sinks: Sinks = SINKS.build(model.sinks, heads)

    def forward(self, state: ForwardState) -> Scores:
        """For one forward pass."""
        return Scores(
            self.divisor, self.window, state.hidden(self.window), self.softcap, state.bias, self.sinks.scores()
        )
