"""SOAP: the preconditioner of a matrix, and what goes without."""

from __future__ import annotations

import torch

from tests.train.optimizers.small import config_of, model_of, optimizer_of, same, train


def test_the_first_step_only_starts_the_preconditioners() -> None:
    model, before = model_of(), model_of()
    optimizer = optimizer_of(config_of("soap"), model)
    train(model, optimizer, 1)
    assert same(model, before)
    train(model, optimizer, 1)
    assert not same(model, before)


def test_a_long_side_and_vectors_keep_their_own_basis_and_others_get_an_orthogonal_one() -> None:
    model = model_of()
    config = config_of("soap", "optimizer.max_precondition_dim=16", "optimizer.precondition_frequency=2")
    optimizer = optimizer_of(config, model)
    train(model, optimizer, 6)
    for path, parameter in model.named_parameters():
        for side, basis in zip(parameter.shape, optimizer.state[parameter]["Q"], strict=True):
            if parameter.dim() < 2 or side > 16:
                assert len(basis) == 0, path
            else:
                assert torch.allclose(basis @ basis.T, torch.eye(side), atol=1e-4), path
