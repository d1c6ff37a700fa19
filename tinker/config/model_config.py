"""The `model:` node of a config: plain numbers, and one field per slot."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, TypeVar

from model.config import GPTConfig
from model.slots import ATTENTION, BACKEND, EMBEDDING, INIT, LOSS, MLP, NORM, POSITION, RESIDUAL
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
        for name in ("attention", "mlp"):
            object.__setattr__(self, name, pattern(getattr(self, name), self.n_layer, f"model.{name}"))
        self.gpt(vocab_size=1)

    def gpt(self, vocab_size: int) -> GPTConfig:
        """What builds the model."""
        return GPTConfig(vocab_size=vocab_size, **{field.name: getattr(self, field.name) for field in fields(self)})


def pattern(layers: tuple[T, ...], n_layer: int, path: str) -> tuple[T, ...]:
    """The shortest head that, repeated over `n_layer` layers, gives what `layers` gives.

    (a, b, a) over three layers is (a, b); over four it stays, since (a, b) would end in b.
    """
    if len(layers) > n_layer:
        raise ValueError(f"{path}: {len(layers)} entries for {n_layer} layers; at most one per layer is allowed")
    tiled = [layers[i % len(layers)] for i in range(n_layer)]
    lengths = range(1, len(layers) + 1)
    return layers[: next(k for k in lengths if all(layer == layers[i % k] for i, layer in enumerate(tiled)))]
