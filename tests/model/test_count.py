"""Counts that stand beside every effect, against arithmetic by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model.config import GPTConfig
from model.count import active_parameter_count, flops_per_token, own_parameters, parameter_count, undeclared
from model.gpt import GPT
from model.mlp.gelu import Gelu
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
        ({"mlp": "relu2"}, 0),
        ({"mlp": "swiglu"}, 0),
        ({"mlp": pick("mlp", "geglu", matched=False)}, 6 * 4 * 384 * 384),
        ({"mlp": pick("mlp", "moe", experts=8, top_k=2)}, 6 * (8 * 384 + 6 * 3 * 512 * 384)),
        ({"norm": "dyt"}, 13 * (384 + 1)),
        ({"norm_place": "post"}, -384),
        ({"norm_place": "peri"}, (2 * 6 + 1) * 384),
        ({"residual": "layer_scale"}, 6 * 2 * 384),
        ({"residual": "hyper_connections"}, 6 * 2 * (4 * 6 + 6 * 384 + 2)),
        ({"embedding": pick("embedding", "factorised", rank=16)}, 16 * (65 + 384) - 65 * 384),
        ({"loss": pick("loss", "multi_token", tokens=4)}, 3 * 384 * 384),
    ],
)
def test_parameters_are_those_of_the_published_reference_plus_the_arms_own(
    changes: dict[str, Any], difference: int
) -> None:
    assert parameter_count(on_meta(reference(**changes))) == 10_745_088 + difference


@pytest.mark.parametrize("changes", ARMS.values(), ids=ARMS)
def test_a_model_on_the_meta_device_counts_as_a_real_one(changes: dict[str, Any]) -> None:
    assert parameter_count(on_meta(tiny(**changes))) == parameter_count(GPT(tiny(**changes), seed=0))


@pytest.mark.parametrize("changes", ARMS.values(), ids=ARMS)
def test_every_variant_has_the_parameters_that_it_declares(changes: dict[str, Any]) -> None:
    model = GPT(tiny(**changes), seed=0)
    assert undeclared(model) == []
    assert active_parameter_count(model) <= parameter_count(model)


def test_a_parameter_that_no_variant_declares_is_named() -> None:
    model = GPT(tiny(), seed=0)
    model.get_submodule("blocks.1.mlp").register_parameter("extra", torch.nn.Parameter(torch.zeros(3)))
    model.get_submodule("blocks.0").register_parameter("stray", torch.nn.Parameter(torch.zeros(2)))
    assert undeclared(model) == [
        "blocks.1.mlp (Gelu): has 515 parameters, its Config declares 512",
        "blocks.0.stray: belongs to no slot's variant",
    ]


def test_a_variants_own_parameters_leave_out_those_of_the_variants_within() -> None:
    attention = GPT(tiny(qk_norm="layer_norm"), seed=0).get_submodule("blocks.0.attention")
    assert own_parameters(attention) == 4 * 8 * 8
    assert parameter_count(attention) == 4 * 8 * 8 + 2 * 4


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


def test_a_variant_that_names_no_device_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = flops_per_token(tiny())
    monkeypatch.setattr(Gelu, "forward", lambda self, x, state: self.down(self.up(x) + torch.ones(x.shape[1], 1)))
    assert flops_per_token(tiny()) == plain
