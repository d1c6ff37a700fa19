"""Counts that stand beside every effect, against arithmetic by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model.config import GPTConfig
from model.count import flops_per_token, parameter_count
from model.gpt import GPT
from tests.model.tiny import ARMS, pick, tiny


def reference(**changes: Any) -> GPTConfig:
    """The published Tiny Shakespeare size."""
    return tiny(
        **{"n_layer": 6, "n_head": 6, "n_embd": 384, "context": 256, "vocab_size": 65, "dropout": 0.2, **changes}
    )


def on_meta(config: GPTConfig) -> GPT:
    with torch.device("meta"):
        return GPT(config, seed=0)


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({}, 0),
        ({"position": "none"}, -256 * 384),
        ({"position": "rotary"}, -256 * 384),
        ({"embedding": pick("embedding", "token", tied=False)}, 65 * 384),
        ({"attention": pick("attention", "full", kv_heads=2)}, -6 * 2 * 384 * 256),
        ({"attention": pick("attention", "window", size=32, kv_heads=1)}, -6 * 2 * 384 * 320),
        ({"attention": "linear"}, 0),
        ({"qk_norm": "rms_norm"}, 6 * 2 * 64),
        ({"norm": "rms_norm"}, 0),
        ({"norm": "none"}, -13 * 384),
        ({"norm": pick("norm", "layer_norm", bias=True)}, 13 * 384),
        ({"mlp": pick("mlp", "gelu", ratio=2.0)}, -6 * 4 * 384 * 384),
        ({"mlp": pick("mlp", "gelu", bias=True)}, 6 * 5 * 384),
    ],
)
def test_parameters_are_those_of_the_published_reference_plus_the_arms_own(
    changes: dict[str, Any], difference: int
) -> None:
    assert parameter_count(on_meta(reference(**changes))) == 10_745_088 + difference


@pytest.mark.parametrize("changes", ARMS.values(), ids=ARMS)
def test_a_model_on_the_meta_device_counts_as_a_real_one(changes: dict[str, Any]) -> None:
    assert parameter_count(on_meta(tiny(**changes))) == parameter_count(GPT(tiny(**changes), seed=0))


def test_flops_are_six_per_weight_and_twelve_per_score_and_channel() -> None:
    weights = 6 * 12 * 384 * 384 + 65 * 384  # the table counts where it is multiplied: as the head
    assert flops_per_token(reference()) == 6 * weights + 12 * 6 * 384 * 256


@pytest.mark.parametrize("changes", ARMS.values(), ids=ARMS)
def test_every_arm_has_flops_whatever_its_backend_and_dropout(changes: dict[str, Any]) -> None:
    flops = flops_per_token(tiny(**changes))
    assert flops > 0
    assert flops == flops_per_token(tiny(**{**changes, "backend": "eager", "dropout": 0.3}))


def test_fewer_key_heads_cost_fewer_flops() -> None:
    grouped = flops_per_token(reference(attention=pick("attention", "full", kv_heads=1)))
    assert flops_per_token(reference()) - grouped == 6 * 6 * 2 * 384 * 320
