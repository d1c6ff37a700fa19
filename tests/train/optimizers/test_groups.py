"""The groups of AdamW, which frozen records were made with."""

from __future__ import annotations

import torch

from tests.train.optimizers.small import config_of, model_of, optimizer_of, same, train


def test_adamw_has_a_group_of_matrices_and_one_of_vectors_in_the_models_order() -> None:
    model, config = model_of(), config_of("adamw")
    matrices, vectors = optimizer_of(config, model).param_groups
    for group, dims, decay in ((matrices, {2}, config.weight_decay), (vectors, {1}, 0.0)):
        expected = [p for p in model.parameters() if p.dim() in dims]
        assert [id(p) for p in group["params"]] == [id(p) for p in expected]
        assert (group["lr"], group["weight_decay"]) == (config.lr, decay)


def test_adamw_trains_bit_by_bit_as_torch_does_over_those_groups() -> None:
    model, config = model_of("model.norm={type:layer_norm,bias:true}"), config_of("adamw")
    plain = model_of("model.norm={type:layer_norm,bias:true}")
    matrices = [p for p in plain.parameters() if p.dim() >= 2]
    vectors = [p for p in plain.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    reference = torch.optim.AdamW(groups, lr=config.lr, betas=config.betas, eps=config.eps)
    assert train(model, optimizer_of(config, model), 10) == train(plain, reference, 10)
    assert same(model, plain)
