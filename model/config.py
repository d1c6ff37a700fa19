"""What a GPT is built from: plain numbers, and one variant's Config for each slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from model.registry import Slot, UnknownVariant, later
from model.slots import CONV, FIELDS, GATE, NORM_PLACE, SINKS, SOFTCAP, VALUE_RESIDUAL


@runtime_checkable
class Checked(Protocol):
    """A variant's Config that has something to check, its own values included."""

    def check(self, model: GPTConfig, key: str) -> None:
        """Raises ValueError, its text beginning with `key` and the field: `model.attention.kv_heads: 3 ...`."""


@dataclass(frozen=True, kw_only=True)
class GPTConfig:
    """A complete and consistent description of a model.

    It has no defaults, since a recipe names every choice; what came later is off where a recipe does not name it.

    Args:
        n_layer: blocks.
        n_head: attention heads (of queries).
        n_embd: width of the residual stream.
        context: longest sequence, in tokens.
        dropout: probability of dropping, wherever the variants drop.
        vocab_size: tokens.
        head_dim: width of one attention head; None is n_embd / n_head.
        qk_norm: a norm, applied to each head's queries and keys.
        attention_softcap, logit_softcap: what bounds the scores of attention, and the logits of the next token.
        attention, mlp: a pattern of variants, repeated until there is one for each layer.

    Raises:
        ValueError: a value that is not allowed, or two that do not go together; the text begins with the key.
    """

    n_layer: int
    n_head: int
    n_embd: int
    context: int
    dropout: float
    vocab_size: int
    embedding: object
    position: object
    attention: tuple[object, ...]
    backend: object
    qk_norm: object
    norm: object
    mlp: tuple[object, ...]
    residual: object
    init: object
    loss: object
    head_dim: int = later(None)
    attention_softcap: object = later(SOFTCAP)
    sinks: object = later(SINKS)
    gate: object = later(GATE)
    value_residual: object = later(VALUE_RESIDUAL)
    conv: object = later(CONV)
    norm_place: object = later(NORM_PLACE)
    logit_softcap: object = later(SOFTCAP)

    def __post_init__(self) -> None:
        for name in ("n_layer", "n_head", "n_embd", "context", "vocab_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"model.{name}: {getattr(self, name)} is too small; allowed: 1 or more")
        if self.head_dim is None:
            object.__setattr__(self, "head_dim", _head_dim(self.n_embd, self.n_head))
        if self.head_dim < 1:
            raise ValueError(f"model.head_dim: {self.head_dim} is too small; allowed: 1 or more, or null")
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"model.dropout: {self.dropout} is not a probability; allowed: 0 or more, below 1")
        for name, slot in FIELDS.items():
            if slot.per_layer:
                pattern = getattr(self, name)
                object.__setattr__(self, name, _tile(f"model.{name}", pattern, self.n_layer))
        choices = {name: _choices(f"model.{name}", getattr(self, name), slot) for name, slot in FIELDS.items()}
        for name, slot in FIELDS.items():
            for key, choice in choices[name]:
                try:
                    slot.of(choice)
                except UnknownVariant as error:
                    raise ValueError(f"{key}: {error}") from error
        # Only now, so that a check sees every field as it will be; attention first, since others ask it for its widths.
        for name in sorted(FIELDS, key=lambda name: name != "attention"):
            for key, choice in choices[name]:
                if isinstance(choice, Checked):
                    choice.check(self, key)


def _head_dim(n_embd: int, n_head: int) -> int:
    if n_embd % n_head:
        near = max(1, round(n_embd / n_head)) * n_head
        raise ValueError(
            f"model.n_embd: {n_embd} is not a multiple of model.n_head {n_head}; nearest allowed: {near}, or give "
            f"model.head_dim"
        )
    return n_embd // n_head


def _tile(key: str, pattern: tuple[object, ...], n_layer: int) -> tuple[object, ...]:
    if not 1 <= len(pattern) <= n_layer:
        raise ValueError(f"{key}: {len(pattern)} entries for model.n_layer {n_layer}; allowed: 1 to {n_layer}")
    return tuple(pattern[layer % len(pattern)] for layer in range(n_layer))


def _choices(key: str, value: object, slot: Slot) -> list[tuple[str, object]]:
    """Each variant's Config with its key; a pattern whose layers are all alike reads as a single choice."""
    if not slot.per_layer:
        return [(key, value)]
    assert isinstance(value, tuple)
    if all(choice == value[0] for choice in value):
        return [(key, value[0])]
    return [(f"{key}.{layer}", choice) for layer, choice in enumerate(value)]
