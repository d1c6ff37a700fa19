"""Losses against loops over tokens; switched off they are cross entropy, and evaluation never sees them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from model.gpt import GPT
from model.slots import LOSS
from tests.model.tiny import pick, tiny, tokens

MODEL = tiny(n_embd=7, n_head=1)  # as wide as there are tokens, so that the identity is a head
TARGETS = tokens(2, 5, seed=1)


def stream() -> Tensor:
    return 2 * torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(0))


def computed(name: str, **values: Any) -> Tensor:
    loss: Tensor = LOSS.build(pick("loss", name, **values), MODEL)(stream(), TARGETS, lambda x: x)
    return loss


def each(nats: Any) -> Tensor:
    """The mean over all tokens of a function of the logits (V,) and the target of one."""
    pairs = zip(stream().flatten(0, 1), TARGETS.flatten(), strict=True)
    return torch.stack([nats(logits, target) for logits, target in pairs]).mean()


def test_smoothed_labels_are_a_mixture_with_the_uniform() -> None:
    def nats(logits: Tensor, target: Tensor) -> Tensor:
        wanted = torch.full((7,), 0.3 / 7)
        wanted[target] += 0.7
        return -(wanted * logits.log_softmax(0)).sum()

    torch.testing.assert_close(computed("label_smoothing", smoothing=0.3), each(nats))


def test_z_loss_adds_the_square_of_the_normalisers_log() -> None:
    def nats(logits: Tensor, target: Tensor) -> Tensor:
        log_z = logits.exp().sum().log()
        return log_z - logits[target] + 0.3 * log_z**2

    torch.testing.assert_close(computed("z_loss", coefficient=0.3), each(nats))


def test_the_normaliser_keeps_its_precision_under_autocast() -> None:
    x = stream().bfloat16()
    loss, plain = (LOSS.build(pick("loss", "z_loss", coefficient=c), MODEL) for c in (1.0, 0.0))
    with torch.autocast("cpu", torch.bfloat16):
        added = loss(x, TARGETS, lambda x: x) - plain(x, TARGETS, lambda x: x)
    torch.testing.assert_close(added, x.float().logsumexp(-1).square().mean(), rtol=1e-5, atol=0)


def test_each_further_token_has_a_head_and_its_own_targets() -> None:
    loss = LOSS.build(pick("loss", "multi_token", tokens=3, weight=0.5), MODEL)
    x, total = stream(), torch.zeros(())
    for ahead in range(3):
        nats = []
        for b in range(2):
            for t in range(5 - ahead):
                y = x[b, t] if ahead == 0 else x[b, t] + loss.heads[ahead - 1].weight @ x[b, t]
                nats.append(-y.log_softmax(0)[TARGETS[b, t + ahead]])
        total = total + (1.0 if ahead == 0 else 0.5) * torch.stack(nats).mean()
    torch.testing.assert_close(loss(x, TARGETS, lambda x: x), total)


def test_a_sequence_too_short_for_a_further_token_leaves_it_out() -> None:
    loss = LOSS.build(pick("loss", "multi_token", tokens=3), MODEL)
    plain = LOSS.build(pick("loss", "cross_entropy"), MODEL)
    x, targets = stream()[:, :1], TARGETS[:, :1]
    assert torch.equal(loss(x, targets, lambda x: x), plain(x, targets, lambda x: x))


@pytest.mark.parametrize(
    ("name", "values"),
    [("label_smoothing", {"smoothing": 0.0}), ("z_loss", {"coefficient": 0.0}), ("multi_token", {"tokens": 1})],
)
def test_switched_off_a_loss_is_cross_entropy_to_the_bit(name: str, values: dict[str, Any]) -> None:
    assert torch.equal(computed(name, **values), computed("cross_entropy"))


@pytest.mark.parametrize("name", LOSS.builtin_names())
def test_a_loss_changes_neither_logits_nor_evaluation(name: str) -> None:
    arm, control, text = GPT(tiny(loss=name), seed=0), GPT(tiny(), seed=0), tokens(2, 6)
    assert torch.equal(arm(text), control(text))
    assert torch.equal(arm.token_nats(arm(text), text), control.token_nats(control(text), text))


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (pick("loss", "label_smoothing", smoothing=1.0), r"^model\.loss\.smoothing: 1\.0 is no such share"),
        (pick("loss", "z_loss", coefficient=-1.0), r"^model\.loss\.coefficient: -1\.0 would push Z away"),
        (pick("loss", "multi_token", tokens=7), r"^model\.loss\.tokens: 7 .* allowed: 1 to model\.context 6"),
        (pick("loss", "multi_token", weight=0.0), r"^model\.loss\.weight: 0\.0 teaches the heads nothing"),
    ],
)
def test_settings_that_mean_nothing_are_refused(loss: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny(loss=loss)
