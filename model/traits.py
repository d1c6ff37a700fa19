"""What the choices for attention and position tell other slots, so that these can be built for them or refuse them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from model.config import GPTConfig
from model.position.none import NoPosition
from model.slots import POSITION


@dataclass(frozen=True)
class Traits:
    """Of one layer's attention.

    Attributes:
        rotated: the width of the queries and keys that it hands to `Position.rotate`.
        widest: of what it hands to a backend: the width of its keys or of its values.
        values: (heads, width) of what it hands to a value residual.
        scores: whether there is a softmax over scores: what a bias, a softcap, sinks and a backend act on.
        products: the width of the products of queries and keys; None is `rotated`.
    """

    rotated: int
    widest: int
    values: tuple[int, int]
    scores: bool = True
    products: int | None = None


@runtime_checkable
class Described(Protocol):
    """An attention's Config that is not plain multi-head softmax attention says what it is."""

    def traits(self, model: GPTConfig) -> Traits: ...


def multi_head(model: GPTConfig, kv_heads: int | None = None, *, scores: bool = True) -> Traits:
    """Heads of `model.head_dim`, as many of keys and values as given."""
    return Traits(model.head_dim, model.head_dim, (kv_heads or model.n_head, model.head_dim), scores)


def all_traits(model: GPTConfig) -> list[Traits]:
    """Of each layer; a Config that says nothing is taken for multi-head attention."""
    return [one.traits(model) if isinstance(one, Described) else multi_head(model) for one in model.attention]


def has_bias(model: GPTConfig) -> bool:
    """Whether the model's positions are added to scores: whether the variant has a `bias` of its own."""
    return getattr(POSITION.of(model.position).cls, "bias", None) is not NoPosition.bias


def has_slopes(model: GPTConfig) -> bool:
    """Whether that bias is one of slopes."""
    return getattr(POSITION.of(model.position).cls, "slopes", None) is not NoPosition.slopes
