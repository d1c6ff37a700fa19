"""The control and three recipes that are far from it learn one batch of 256 tokens by heart."""

from __future__ import annotations

import pytest
import torch

from tests.verify.conftest import SMALL
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.verify.checks import overfit
from tinker.verify.subject import Subject


def subject(*overrides: str) -> Subject:
    return Subject("arm", TrialConfig.from_dict(compose([*SMALL, *overrides], config_dirs=[])))


@pytest.mark.parametrize("recipe", ["baseline-v0", "llama", "gemma2", "deepseek_v2"])
def test_a_recipe_learns_a_batch_by_heart(recipe: str) -> None:
    found = overfit.overfit(subject(f"recipe={recipe}"))
    assert found.state == "ok", found
    assert "nats after" in found.seen


def test_the_batch_is_256_tokens_and_each_row_begins_with_another() -> None:
    for context in (1, 17, 32, 300):
        inputs, targets = overfit.batch(subject(f"model.context={context}"))
        assert inputs.numel() == targets.numel() == 256
        assert inputs.shape[1] <= context
        assert torch.equal(inputs[:, 1:], targets[:, :-1])
    assert len(set(inputs[:, 0].tolist())) == len(inputs)


@pytest.mark.usefixtures("quick_to_give_up")
def test_a_rate_that_learns_nothing_fails_when_the_time_is_up() -> None:
    found = overfit.overfit(subject("optimizer.lr=1e-9", "schedule.min_lr=0"))
    assert found.state == "failed"
    assert "lr 1e-09" in found.seen


def test_a_loss_that_keeps_cross_entropy_high_is_judged_by_its_tokens() -> None:
    found = overfit.overfit(subject("model.loss={type: label_smoothing, smoothing: 0.2}"))
    assert found.state == "ok", found
    assert "all 256 tokens right" in found.seen
