"""The `model:` node of a config: plain numbers, and one field per slot."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, TypeVar

from model.config import GPTConfig
from model.registry import later
from model.slots import (
    ATTENTION,
    BACKEND,
    CONV,
    EMBEDDING,
    FIELDS,
    GATE,
    INIT,
    LOSS,
    MLP,
    NORM,
    NORM_PLACE,
    POSITION,
    RESIDUAL,
    SINKS,
    SOFTCAP,
    VALUE_RESIDUAL,
)
from tinker.config.limits import Limits

T = TypeVar("T")
Count = Annotated[int, Limits(at_least=1)]


@dataclass(frozen=True)
class ModelConfig:
    """A GPTConfig without the vocabulary, which the corpus decides.

    The fields of per-layer slots hold the shortest pattern that gives all layers, and a head width or a number of
    key heads that follows from the others is None: equal models are equal here.

    Raises:
        ValueError: what GPTConfig refuses, its key first.
    """

    n_layer: Count
    n_head: Count
    n_embd: Count
    context: Count
    dropout: Annotated[float, Limits(at_least=0, below=1)]
    embedding: Annotated[Any, EMBEDDING]
    position: Annotated[Any, POSITION]
    attention: Annotated[tuple[Any, ...], ATTENTION]
    backend: Annotated[Any, BACKEND]
    qk_norm: Annotated[Any, NORM]
    norm: Annotated[Any, NORM]
    mlp: Annotated[tuple[Any, ...], MLP]
    residual: Annotated[Any, RESIDUAL]
    init: Annotated[Any, INIT]
    loss: Annotated[Any, LOSS]
    head_dim: Count | None = later(None)
    attention_softcap: Annotated[Any, SOFTCAP] = later(SOFTCAP)
    sinks: Annotated[Any, SINKS] = later(SINKS)
    gate: Annotated[Any, GATE] = later(GATE)
    value_residual: Annotated[Any, VALUE_RESIDUAL] = later(VALUE_RESIDUAL)
    conv: Annotated[Any, CONV] = later(CONV)
    norm_place: Annotated[Any, NORM_PLACE] = later(NORM_PLACE)
    logit_softcap: Annotated[Any, SOFTCAP] = later(SOFTCAP)

    def __post_init__(self) -> None:
        checked = self.gpt(vocab_size=1)
        if self.head_dim is not None and self.head_dim * self.n_head == self.n_embd:
            object.__setattr__(self, "head_dim", None)
        for name, slot in FIELDS.items():
            if slot.per_layer:
                layers = tuple(_without_groups(layer, self.n_head) for layer in getattr(checked, name))
                object.__setattr__(self, name, shortest_period(layers))

    def gpt(self, vocab_size: int) -> GPTConfig:
        """What builds the model."""
        return GPTConfig(vocab_size=vocab_size, **{field.name: getattr(self, field.name) for field in fields(self)})


def _without_groups(config: Any, n_head: int) -> Any:
    """As many key heads as query heads are what `kv_heads: null` means."""
    nullable = any(field.name == "kv_heads" and field.default is None for field in fields(config))
    return replace(config, kv_heads=None) if nullable and config.kv_heads == n_head else config


def shortest_period(layers: tuple[T, ...]) -> tuple[T, ...]:
    """The shortest head that, repeated and cut, gives all layers: (a, b) for (a, b, a, b) and for (a, b, a)."""
    lengths = range(1, len(layers) + 1)
    return layers[: next(n for n in lengths if all(layer == layers[i % n] for i, layer in enumerate(layers)))]
