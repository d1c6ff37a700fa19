"""The `model:` node of a config: plain numbers, and one field per slot."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, TypeVar

from model.config import GPTConfig
from model.slots import ATTENTION, BACKEND, EMBEDDING, FIELDS, INIT, LOSS, MLP, NORM, POSITION, RESIDUAL
from tinker.config.limits import Limits

T = TypeVar("T")
Count = Annotated[int, Limits(at_least=1)]


@dataclass(frozen=True)
class ModelConfig:
    """A GPTConfig without the vocabulary, which the corpus decides.

    The fields of per-layer slots hold the shortest pattern that gives all layers: equal models are equal here.

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

    def __post_init__(self) -> None:
        checked = self.gpt(vocab_size=1)
        for name, slot in FIELDS.items():
            if slot.per_layer:
                object.__setattr__(self, name, shortest_period(getattr(checked, name)))

    def gpt(self, vocab_size: int) -> GPTConfig:
        """What builds the model."""
        return GPTConfig(vocab_size=vocab_size, **{field.name: getattr(self, field.name) for field in fields(self)})


def shortest_period(layers: tuple[T, ...]) -> tuple[T, ...]:
    """The shortest head that, repeated and cut, gives all layers: (a, b) for (a, b, a, b) and for (a, b, a)."""
    lengths = range(1, len(layers) + 1)
    return layers[: next(n for n in lengths if all(layer == layers[i % n] for i, layer in enumerate(layers)))]
