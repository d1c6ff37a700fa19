"""Models small enough to check in full: the control, and every arm that differs from it by one variant."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from model.backend import Demanding
from model.config import GPTConfig
from model.slots import FIELDS

CONTROL = {
    "embedding": "token",
    "position": "learned",
    "attention": "full",
    "backend": "eager",
    "qk_norm": "none",
    "norm": "layer_norm",
    "mlp": "gelu",
    "residual": "standard",
    "init": "gpt2",
    "loss": "cross_entropy",
}
SIZE = {"n_layer": 2, "n_head": 2, "n_embd": 8, "context": 6, "dropout": 0.0, "vocab_size": 7}


def pick(field: str, type_name: str, **values: Any) -> Any:
    """The Config of a variant of the field's slot."""
    return FIELDS[field].get(type_name).config(**values)


def tiny(**changes: Any) -> GPTConfig:
    """The control at a tiny size; a change is a number, a type's name, a Config, or a tuple of them for layers."""
    values: dict[str, Any] = {**SIZE, **CONTROL, **changes}
    for field, slot in FIELDS.items():
        if field not in values:
            continue
        given = values[field] if isinstance(values[field], tuple) else (values[field],)
        chosen = tuple(pick(field, one) if isinstance(one, str) else one for one in given)
        values[field] = chosen if slot.per_layer else chosen[0]
    return GPTConfig(**values)


def trains_here(config: Any) -> bool:
    """Whether a variant trains on a CPU in fp32, as all but some backends do; see `test_backends` for those."""
    return not isinstance(config, Demanding) or config.refuses("cpu", "fp32", training=True) is None


#: Every variant of every slot with its default Config, found by asking the registry: a new file is covered at once.
VARIANTS: dict[str, dict[str, Any]] = {
    f"{field}={name}": {field: name}
    for field, slot in FIELDS.items()
    for name in slot.builtin_names()
    if trains_here(pick(field, name))
}

#: Settings of variants, and pairs of them that meet in the code.
COMBINED: dict[str, dict[str, Any]] = {
    "untied": {"embedding": pick("embedding", "token", tied=False)},
    "multi-query": {"attention": pick("attention", "full", kv_heads=1)},
    "multi-query, sdpa": {"attention": pick("attention", "full", kv_heads=1), "backend": "sdpa"},
    "window": {"attention": pick("attention", "window", size=3)},
    "window, multi-query, sdpa": {"attention": pick("attention", "window", size=2, kv_heads=1), "backend": "sdpa"},
    "window and full": {"attention": (pick("attention", "window", size=2), pick("attention", "full"))},
    "linear, rotary": {"attention": "linear", "position": "rotary"},
    "linear, qk_norm": {"attention": "linear", "qk_norm": "rms_norm"},
    "rotary, qk_norm": {"position": "rotary", "qk_norm": "layer_norm"},
    "rotary, half of each head": {"position": pick("position", "rotary", fraction=0.5)},
    "mla, latent queries, rotary": {"attention": pick("attention", "mla", q_rank=3, value_dim=3), "position": "rotary"},
    "mla and full, rotary, sdpa": {"attention": ("mla", "full"), "position": "rotary", "backend": "sdpa"},
    "differential, its options": {
        "attention": "differential",
        "position": "rotary",
        "sinks": "learned",
        "gate": "headwise",
        "value_residual": "first",
        "conv": "short",
        "qk_norm": "rms_norm",
    },
    "retention, its options": {
        "attention": "retention",
        "position": "rotary",
        "gate": "elementwise",
        "value_residual": "first",
        "conv": "short",
        "qk_norm": "rms_norm",
    },
    "alibi, softcap, sinks, window": {
        "attention": pick("attention", "window", size=3, kv_heads=1),
        "position": "alibi",
        "sinks": "learned",
        "attention_softcap": pick("attention_softcap", "tanh", cap=2.0),
    },
    "t5, sinks, sdpa": {"position": "t5", "sinks": "learned", "backend": "sdpa"},
    "biases": {"norm": pick("norm", "layer_norm", bias=True), "mlp": pick("mlp", "gelu", bias=True)},
    "narrow mlp": {"mlp": pick("mlp", "gelu", ratio=1.5)},
    "gated, biases": {"mlp": pick("mlp", "geglu", matched=False, bias=True, approximate="tanh")},
    "experts, shared, not renormalised": {
        "mlp": pick("mlp", "moe", experts=3, top_k=2, shared=2, hidden=3, renormalise=False, scale=2.0)
    },
    "experts in the second layer": {
        "mlp": ("swiglu", pick("mlp", "moe", experts=2, top_k=1, renormalise=False)),
        "norm_place": "sandwich",
    },
    "static hyper-connections, peri": {
        "residual": pick("residual", "hyper_connections", streams=2, dynamic=False),
        "norm_place": "peri",
    },
    "parallel, no norm": {"residual": "parallel", "norm": "none"},
    "factorised, untied": {"embedding": pick("embedding", "factorised", rank=3, tied=False)},
    "scaled embedding": {"embedding": pick("embedding", "token", scale="sqrt_width")},
    "three tokens ahead": {"loss": pick("loss", "multi_token", tokens=3, weight=0.5)},
    "muP, more heads, experts": {"init": pick("init", "mup", base_width=4, base_heads=1), "mlp": "moe"},
}

ARMS = {**VARIANTS, **COMBINED}


def tokens(batch: int, length: int, vocab_size: int = SIZE["vocab_size"], seed: int = 0) -> Tensor:  # type: ignore[assignment]
    """(batch, length) long, uniform."""
    return torch.randint(vocab_size, (batch, length), generator=torch.Generator().manual_seed(seed))
