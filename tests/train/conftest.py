"""A finished tiny trial for those that start from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.train.lab import Lab, train
from tinker.train.training import Training

Logits = Callable[[torch.nn.Module], Tensor]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    results = tmp_path_factory.mktemp("lab") / "results"
    return Lab(results, train(results, "train.steps=300", "train.eval_every=300"))


@pytest.fixture(scope="session")
def logits(lab: Lab) -> Logits:
    """Those of a model on some validation documents."""
    [batch] = Training(lab.base.spec).corpus.validation(16, 64)

    @torch.no_grad()
    def of(model: torch.nn.Module) -> Tensor:
        found: Tensor = model.eval()(batch.inputs)
        return found

    return of
