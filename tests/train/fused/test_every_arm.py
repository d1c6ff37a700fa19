"""Every variant of the model gives in a stack what it gives alone, or is refused for a reason that people can read."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from model.dropout import set_dropout_key
from model.gpt import GPT
from tests.model.tiny import ARMS, tiny, tokens
from tinker.train.fused.clipping import clip_each
from tinker.train.fused.fusible import NotFusible, require_batched
from tinker.train.fused.stack import Stack

SEEDS = (3, 4, 5)


def _has_experts(changes: dict[str, Any]) -> bool:
    return any(word in repr(changes) for word in ("moe", "MixtureOfExperts"))


def _may_be_refused(changes: dict[str, Any]) -> bool:
    """Experts choose rows by their values, and the CPU's kernel for sdpa has no batched form; others have no excuse."""
    return _has_experts(changes) or changes.get("backend") == "sdpa"


def _models(changes: dict[str, Any]) -> list[GPT]:
    dropout = 0.0 if changes.get("backend") == "sdpa" else 0.2
    return [GPT(tiny(**changes, dropout=dropout), seed=seed).train() for seed in SEEDS]


def _batches(step: int) -> tuple[Tensor, Tensor]:
    text = torch.stack([tokens(4, 6, seed=10 * step + seed) for seed in SEEDS])
    return text, text.roll(-1, 2)


def _alone(model: GPT, seed: int, row: int, steps: int) -> list[float]:
    """Losses of plain gradient descent."""
    found = []
    for step in range(steps):
        set_dropout_key(model, seed, step)
        model.zero_grad()
        loss = model(*(part[row] for part in _batches(step)))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= 0.1 * parameter.grad
        found.append(loss.item())
    return found


@pytest.mark.parametrize("arm", ARMS)
def test_its_losses_are_those_of_separate_models_or_it_is_refused(arm: str) -> None:
    try:
        require_batched(_models(ARMS[arm]), SEEDS, *_batches(0), "fp32")
    except NotFusible as reason:
        assert _may_be_refused(ARMS[arm])
        assert str(reason).startswith("the model cannot be batched: ")
        return
    assert not _has_experts(ARMS[arm])
    wanted = [
        _alone(model, seed, row, 4) for row, (model, seed) in enumerate(zip(_models(ARMS[arm]), SEEDS, strict=True))
    ]
    models = _models(ARMS[arm])
    stack = Stack(models, SEEDS)
    for step in range(4):
        stack.zero_grad()
        losses = stack.losses(*_batches(step), step)
        losses.sum().backward()
        clip_each([each.grad for each in stack.parameters.values()], 0.5)
        with torch.no_grad():
            for parameter in stack.parameters.values():
                parameter -= 0.1 * parameter.grad
        assert losses.tolist() == pytest.approx([each[step] for each in wanted], rel=1e-5)
    assert stack.whole()
