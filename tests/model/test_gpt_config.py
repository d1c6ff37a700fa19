"""A GPTConfig refuses what cannot be built, and says which key, what it was given and what it allows."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from tests.model.tiny import pick, tiny

BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"n_layer": 0}, "model.n_layer: 0 is too small; allowed: 1 or more"),
    ({"n_head": 0}, "model.n_head: 0 is too small"),
    ({"vocab_size": 0}, "model.vocab_size: 0 is too small"),
    ({"context": -1}, "model.context: -1 is too small"),
    ({"n_embd": 50, "n_head": 4}, "model.n_embd: 50 is not a multiple of model.n_head 4; nearest allowed: 48"),
    ({"n_embd": 1, "n_head": 4}, "model.n_embd: 1 is not a multiple of model.n_head 4; nearest allowed: 4"),
    ({"dropout": 1.0}, "model.dropout: 1.0 is not a probability"),
    ({"dropout": -0.1}, "model.dropout: -0.1 is not a probability"),
    ({"dropout": 0.1, "backend": "sdpa"}, "model.backend.type: sdpa cannot drop"),
    (
        {"n_head": 4, "attention": pick("attention", "full", kv_heads=3)},
        "model.attention.kv_heads: 3 does not divide model.n_head 4; allowed: 1, 2, 4",
    ),
    ({"attention": pick("attention", "full", kv_heads=0)}, "model.attention.kv_heads: 0 does not divide"),
    (
        {"attention": ("full", pick("attention", "window", kv_heads=8))},
        "model.attention.1.kv_heads: 8 does not divide model.n_head 2; allowed: 1, 2",
    ),
    ({"attention": pick("attention", "window", size=0)}, "model.attention.size: 0 sees no token; allowed: 1"),
    ({"attention": ()}, "model.attention: 0 entries for model.n_layer 2; allowed: 1 to 2"),
    ({"mlp": ("gelu", "gelu", "gelu")}, "model.mlp: 3 entries for model.n_layer 2; allowed: 1 to 2"),
    ({"mlp": pick("mlp", "gelu", ratio=0.0)}, "model.mlp.ratio: 0.0 leaves no hidden unit"),
    ({"n_embd": 6, "position": "rotary"}, "model.position: rotary turns pairs and needs an even head width"),
    ({"position": pick("position", "rotary", theta=0.0)}, "model.position.theta: 0.0 is not a base"),
    ({"norm": pick("norm", "layer_norm", eps=0.0)}, "model.norm.eps: 0.0"),
    ({"norm": pick("norm", "layer_norm", eps=math.nan)}, "model.norm.eps: nan"),
    ({"init": pick("init", "gpt2", std=math.nan)}, "model.init.std: nan is not a standard deviation"),
    ({"mlp": pick("mlp", "gelu", ratio=math.nan)}, "model.mlp.ratio: nan leaves no hidden unit"),
    ({"norm": pick("norm", "rms_norm", eps=-1.0)}, "model.norm.eps: -1.0"),
    ({"qk_norm": pick("norm", "rms_norm", eps=0.0)}, "model.qk_norm.eps: 0.0"),
    ({"init": pick("init", "gpt2", std=0.0)}, "model.init.std: 0.0 is not a standard deviation"),
    ({"norm": pick("mlp", "gelu")}, "model.norm: Gelu.Config is the Config of no registered norm"),
    ({"attention": ("full", pick("norm", "none"))}, "model.attention.1: NoNorm.Config is the Config of no registered"),
]


@pytest.mark.parametrize(("changes", "message"), BROKEN, ids=[message[:50] for _, message in BROKEN])
def test_a_broken_config_is_refused_with_its_key(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        tiny(**changes)


def test_equal_choices_make_equal_configs() -> None:
    assert tiny(attention=("full", "full")) == tiny(attention="full")
    assert tiny(attention="window") != tiny(attention="full")


def test_a_smaller_head_count_still_knows_its_width() -> None:
    assert tiny(n_embd=48, n_head=4).head_dim == 12
