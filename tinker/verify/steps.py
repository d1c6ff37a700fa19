"""A few optimizer steps of an arm, without Lightning: as a trial does them, at the peak rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from model.dropout import set_dropout_key
from model.gpt import GPT
from tinker.verify.subject import SEED, Subject


def steps(
    subject: Subject, model: GPT, optimizer: torch.optim.Optimizer, batches: Iterable[tuple[Tensor, Tensor]]
) -> Iterator[Tensor]:
    """Yields each batch's loss when the gradients are there and the optimizer has not moved yet."""
    clip = subject.config.train.grad_clip
    for step, (inputs, targets) in enumerate(batches):
        set_dropout_key(model, SEED, step)
        optimizer.zero_grad()
        loss = model(inputs, targets)
        torch.autograd.backward(loss)
        yield loss.detach()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()


def random_batches(subject: Subject, count: int, tokens: int = 512) -> Iterator[tuple[Tensor, Tensor]]:
    """Different batches of about so many tokens, inputs and targets (rows, length)."""
    length = min(subject.gpt.context, tokens // 4)
    for seed in range(count):
        text = subject.tokens(max(4, tokens // length), length + 1, seed)
        yield text[:, :-1], text[:, 1:]
