"""A GPT of one layer, one batch for it, and an optimizer over it with the settings of its file."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import torch

from model.gpt import GPT
from tests.train.tiny import spec_of
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.train.slots import OPTIMIZER
from tinker.train.training import Training


@cache
def _trained_by(overrides: tuple[str, ...]) -> Training:
    return Training(spec_of(*overrides))


def model_of(*overrides: str) -> GPT:
    """A fresh one without dropout, of width 16, with the same values each time."""
    return deepcopy(_trained_by(("model.dropout=0", *overrides)).module.model)


@cache
def config_of(name: str, *overrides: str) -> Any:
    """The Config of `optimizer=name` at the scale smoke, as its file has it."""
    chosen = ["scale=smoke", "schedule=constant", "train.accelerator=cpu", f"optimizer={name}", *overrides]
    return TrialConfig.from_dict(compose(chosen, config_dirs=[])).optimizer


def optimizer_of(config: Any, model: torch.nn.Module) -> torch.optim.Optimizer:
    return OPTIMIZER.of(config).cls(config, model)


def train(model: GPT, optimizer: torch.optim.Optimizer, steps: int) -> list[float]:
    """The losses of one batch over and over."""
    tokens = torch.randint(model.config.vocab_size, (4, 17), generator=torch.Generator().manual_seed(0))
    losses = []
    for _ in range(steps):
        loss = model(tokens[:, :-1], tokens[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return losses


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether two models have the same values, bit by bit."""
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)
