"""Which parameters Muon moves, and how."""

from __future__ import annotations

import pytest
import torch

from model.gpt import GPT
from tests.train.optimizers.small import config_of, model_of, optimizer_of, train
from tinker.errors import ConfigError
from tinker.train.optimizers.muon import Muon


def test_muon_has_the_linear_maps_of_the_blocks_and_adamw_the_rest() -> None:
    model = model_of("model.embedding.tied=false", "model.norm={type:layer_norm,bias:true}")
    linear = {"attention.query", "attention.key", "attention.value", "attention.out", "mlp.up", "mlp.down"}
    names = {id(p): path for path, p in model.named_parameters()}
    parts: dict[str, set[str]] = {"muon": set(), "adamw": set()}
    for group in optimizer_of(config_of("muon"), model).param_groups:
        parts[group["part"]] |= {names[id(p)] for p in group["params"]}
    assert parts["muon"] == {f"blocks.0.{name}.weight" for name in linear}
    assert parts["muon"] | parts["adamw"] == set(names.values())


def _one_step(adjust_lr: str) -> tuple[GPT, GPT, Muon.Config]:
    config = config_of("muon", "optimizer.weight_decay=0", f"optimizer.adjust_lr={adjust_lr}")
    before, after = model_of(), model_of()
    train(after, optimizer_of(config, after), 1)
    return before, after, config


@pytest.mark.parametrize("adjust_lr", ["original", "match_rms_adamw"])
def test_an_update_of_a_matrix_is_nearly_orthogonal(adjust_lr: str) -> None:
    before, after, config = _one_step(adjust_lr)
    # The Newton-Schulz iteration brings singular values near 1, not to 1; the smallest of few stay behind.
    for path in ("attention.value", "attention.out", "mlp.up", "mlp.down"):
        old = before.get_parameter(f"blocks.0.{path}.weight")
        new = after.get_parameter(f"blocks.0.{path}.weight")
        rows, columns = old.shape
        by_shape = {"original": max(1, rows / columns) ** 0.5, "match_rms_adamw": 0.2 * max(rows, columns) ** 0.5}
        values = torch.linalg.svdvals((new - old).detach()) / (config.lr * by_shape[adjust_lr])
        assert values.max() < 1.3
        assert values.median() > 0.65


def test_the_rest_moves_as_under_adamw() -> None:
    before, after, config = _one_step("original")
    alone = model_of()
    train(alone, optimizer_of(config.adamw, alone), 1)
    for path, parameter in after.named_parameters():
        assert not torch.equal(parameter, before.get_parameter(path))
        assert torch.equal(parameter, alone.get_parameter(path)) == (parameter.dim() != 2 or "blocks" not in path)


def test_a_model_without_a_trainable_hidden_matrix_is_refused() -> None:
    model = model_of()
    model.blocks.requires_grad_(False)
    with pytest.raises(ConfigError, match=r"optimizer\.type: muon has no matrix"):
        optimizer_of(config_of("muon"), model)


def test_it_trains_where_there_is_nothing_for_adamw() -> None:
    model = model_of().requires_grad_(False)
    weight = model.get_parameter("blocks.0.mlp.up.weight").requires_grad_(True)
    before = weight.detach().clone()
    train(model, optimizer_of(config_of("muon"), model), 1)
    assert not torch.equal(weight, before)
