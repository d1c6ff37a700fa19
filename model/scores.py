"""From the products of queries and keys to the weights of softmax attention: what the backends compute."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.init_rule import InitRule
from model.sinks import Sinks
from model.slots import INIT, POSITION, SINKS, SOFTCAP
from model.softcap import Softcap
from model.state import ForwardState
from model.traits import has_bias


@dataclass(frozen=True)
class Scores:
    """`weights = softmax(softcap(q k^T / divisor) + bias + hidden)`, with a sink of its own score for each head.

    Attributes:
        divisor: of the products; usually sqrt(D).
        window: how many tokens are seen, the current one included; None is all of the past.
        softcap: bounds the scores.
        slopes: (H,) where the bias is `-slope * distance`, else None.
        sinks: (H,) the scores of keys that hold nothing, or None.
        state: of the pass; it makes what follows for the backends that read it, and for no others.
    """

    divisor: float
    window: int | None
    softcap: Softcap
    slopes: Tensor | None
    sinks: Tensor | None
    state: ForwardState

    @property
    def hidden(self) -> Tensor:
        """(T, T), 0 or -inf: the causal mask of that window."""
        return self.state.hidden(self.window)

    @property
    def bias(self) -> Tensor | None:
        """(H, T, T) of the position, or None."""
        return self.state.bias


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
            divisor=self.divisor,
            window=self.window,
            softcap=self.softcap,
            slopes=state.position.slopes(),
            sinks=self.sinks.scores(),
            state=state,
        )


def check_no_scores(attention: str, model: GPTConfig, key: str) -> None:
    """Called by the check of an attention, of that type, which has no softmax over scores.

    Raises:
        ValueError: a choice of the model's that would have no effect on it.
    """
    softcap, sinks = SOFTCAP.of(model.attention_softcap).name, SINKS.of(model.sinks).name
    chosen = {"attention_softcap": softcap, "sinks": sinks}
    wrong = {field: name for field, name in chosen.items() if name != "none"}
    if has_bias(model):
        wrong["position"] = POSITION.of(model.position).name
    for field, name in wrong.items():
        raise ValueError(
            f"{key}.type: {attention} has no softmax, and model.{field}={name} acts on the scores of one; use "
            f"model.{field}={'rotary' if field == 'position' else 'none'}, or {key}.type=full"
        )
