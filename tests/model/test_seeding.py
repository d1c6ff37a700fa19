"""Initial values: paired between arms, drawn at the scale of their rule, and apart from torch's global stream."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model.gpt import GPT
from model.linear import ResidualLinear
from tests.model.tiny import ARMS, pick, tiny


@pytest.mark.parametrize("changes", ARMS.values(), ids=ARMS)
def test_an_arm_starts_its_shared_parameters_as_the_control_does(changes: dict[str, Any]) -> None:
    rule = changes.get("init", "gpt2")  # an arm of another rule shares paths, and values only up to the rule's scale
    control = dict(GPT(tiny(init=rule), seed=5).named_parameters())
    arm = dict(GPT(tiny(**changes), seed=5).named_parameters())
    shared = [name for name in arm if name in control and arm[name].shape == control[name].shape]
    assert len(shared) >= 8
    for name in shared:
        assert torch.equal(arm[name], control[name]), name


def test_each_parameter_has_a_stream_of_its_own() -> None:
    weights = [p for p in GPT(tiny(), seed=0).parameters() if p.dim() == 2]
    starts = {tuple((p / p.std()).flatten()[:4].tolist()) for p in weights}
    assert len(starts) == len(weights)


def test_depth_adds_layers_and_changes_none_but_by_scale() -> None:
    shallow, deep = GPT(tiny(n_layer=1), seed=0), GPT(tiny(n_layer=4), seed=0)
    for name, value in shallow.named_parameters():
        writes = name.endswith(("out.weight", "down.weight"))
        torch.testing.assert_close(deep.get_parameter(name), value / 2 if writes else value)


def test_building_neither_reads_nor_moves_the_global_stream() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = GPT(tiny(), seed=0).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    second = GPT(tiny(), seed=0).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("init", ["gpt2", "fan_in"])
def test_weights_have_the_scale_of_their_rule(init: str) -> None:
    model = GPT(tiny(n_layer=2, n_embd=64, n_head=2, vocab_size=100, init=init), seed=0)
    checked = 0
    for module in model.modules():
        if isinstance(module, (torch.nn.Linear, torch.nn.Embedding)):
            expected = 0.02 if init == "gpt2" else module.weight.shape[1] ** -0.5
            expected /= 2 if isinstance(module, ResidualLinear) else 1  # sqrt(2 n_layer)
            # The sd of a sample's sd is about sd / sqrt(2n); 5 of them.
            tolerance = 5 * expected / (2 * module.weight.numel()) ** 0.5
            assert module.weight.std().item() == pytest.approx(expected, abs=tolerance)
            checked += 1
    assert checked == 2 * 6 + 2


def test_residual_writes_are_the_two_projections_that_end_a_sublayer() -> None:
    model = GPT(tiny(n_layer=1), seed=0)
    marked = [name for name, module in model.named_modules() if isinstance(module, ResidualLinear)]
    assert marked == ["blocks.0.attention.out", "blocks.0.mlp.down"]


def test_gains_start_at_one_and_biases_at_zero() -> None:
    model = GPT(tiny(mlp=pick("mlp", "gelu", bias=True), norm=pick("norm", "layer_norm", bias=True)), seed=0)
    vectors = {name: p for name, p in model.named_parameters() if p.dim() == 1}
    assert len(vectors) == 2 * (2 * 2 + 2) + 2
    for name, value in vectors.items():
        assert torch.equal(value, torch.full_like(value, float(name.endswith("weight")))), name


def test_a_model_on_the_meta_device_has_shapes_only() -> None:
    with torch.device("meta"):
        model = GPT(tiny(position="rotary", dropout=0.1), seed=0)
    assert all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))
