"""What a model needs of a backend beyond plain causal attention, and the refusal of what one cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from model.config import GPTConfig
from model.slots import BACKEND, POSITION, SINKS, SOFTCAP
from model.traits import all_traits, has_bias, has_slopes

Name = Literal["dropout", "softcap", "own softcap", "bias", "slopes", "sinks"]


@dataclass(frozen=True)
class Need:
    """One of them: what it is for a backend, which setting asks for it, and the setting that does not."""

    name: Name
    act: str
    given: str
    off: str


def needs(model: GPTConfig) -> Iterator[Need]:
    """What the model asks for. The window, grouped heads and values of another width all backends can do."""
    if model.dropout > 0:
        act = "drop attention weights by (seed, step, place)"
        yield Need("dropout", act, f"model.dropout is {model.dropout}", "model.dropout=0")
    softcap = SOFTCAP.of(model.attention_softcap).name
    if softcap != "none":
        name: Name = "softcap" if softcap == "tanh" else "own softcap"
        yield Need(name, "bound scores", f"model.attention_softcap is {softcap}", "model.attention_softcap=none")
    if has_bias(model):
        name = "slopes" if has_slopes(model) else "bias"
        given = f"model.position is {POSITION.of(model.position).name}"
        yield Need(name, "add a bias to scores", given, "model.position=rotary")
    sinks = SINKS.of(model.sinks).name
    if sinks != "none":
        yield Need("sinks", "hold a key of nothing", f"model.sinks is {sinks}", "model.sinks=none")


def refuse(model: GPTConfig, key: str, *cannot: Name) -> None:
    """Called by a backend's check with what that backend, which the model has chosen, cannot do.

    Raises:
        ValueError: the model needs one of them, or has no layer for a backend to compute.
    """
    backend = BACKEND.of(model.backend).name
    if not any(traits.scores for traits in all_traits(model)):
        raise ValueError(
            f"{key}.type: {backend} would compute nothing, since no layer of model.attention has a softmax; use "
            f"{key}.type=eager"
        )
    for need in needs(model):
        if need.name in cannot:
            raise ValueError(
                f"{key}.type: {backend} cannot {need.act}, and {need.given}; use {key}.type=eager, or {need.off}"
            )


def refuse_wide_heads(model: GPTConfig, key: str, most: int) -> None:
    """
    Raises:
        ValueError: keys or values that are wider than the backend's kernels take.
    """
    widest = max((traits.widest for traits in all_traits(model) if traits.scores), default=0)
    if widest > most:
        raise ValueError(
            f"{key}.type: {BACKEND.of(model.backend).name} takes heads of up to {most}, and here they are {widest} "
            f"wide; use {key}.type=sdpa, or a smaller model.head_dim"
        )
