"""An arm that can learn can learn one batch by heart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat

import torch
from torch import Tensor

from model.gpt import GPT
from model.slots import LOSS
from tinker.train.averaging import evaluation_weights
from tinker.train.base import finetune_of
from tinker.verify.finding import Finding, failed, ok, skipped
from tinker.verify.steps import steps
from tinker.verify.subject import SEED, Subject

TOKENS = 256
#: Nats per token; seconds; and steps between two looks.
ENOUGH, LIMIT, EVERY = 0.05, 300.0, 10
#: Of the nats at the look before.
AT_REST = 0.95


def overfit(subject: Subject) -> Finding:
    """One batch of 256 tokens, learned to below 0.05 nats per token within five minutes, at the arm's own size.

    Rows are as long as the context, or the power of two below it; each begins with another token, so that all of it can
    be known. The arm's optimizer runs at its peak rate, without dropout; what counts is plain cross entropy in eval
    mode, whatever the training loss adds. A training loss other than cross entropy may keep that above 0.05 by design,
    as label smoothing does: there it is enough that every token is the most probable one when that comes to rest.
    """
    if finetune_of(subject.config).adapts:
        return skipped("adapters are small on purpose, and the weights under them are not here")
    loss = LOSS.of(subject.gpt.loss).name
    start, best, step, before = time.monotonic(), float("inf"), 0, float("inf")
    for step, nats, right in _looks(subject):
        best = min(best, nats)
        seconds = time.monotonic() - start
        if nats < ENOUGH:
            return ok(f"{nats:.3f} nats after {step} steps, {seconds:.1f} s")
        if right == TOKENS and loss != "cross_entropy" and nats > AT_REST * before:
            return ok(f"all {TOKENS} tokens right after {step} steps, {seconds:.1f} s, at {nats:.3f} nats under {loss}")
        if not nats < float("inf"):
            return failed(f"the loss on one batch is {nats} after {step} steps at lr {subject.config.optimizer.lr:g}")
        if seconds > LIMIT:
            break
        before = nats
        subject.say(f"{nats:.3f} nats after {step} steps")
    return failed(
        f"{best:.3f} nats after {step} steps in {LIMIT:.0f} s; a model that cannot learn one batch of {TOKENS} tokens "
        f"below {ENOUGH} is broken, or its optimizer is (lr {subject.config.optimizer.lr:g})"
    )


def _looks(subject: Subject) -> Iterator[tuple[int, float, int]]:
    """Every few steps: how many there were, the batch's nats per token, and how many tokens are the most probable."""
    model = subject.model(gpt=replace(subject.gpt, dropout=0.0))
    inputs, targets = batch(subject)
    optimizer = subject.optimizer(model.train())
    for step, _ in enumerate(steps(subject, model, optimizer, repeat((inputs, targets)))):
        if step % EVERY == 0:
            with evaluation_weights(optimizer):
                looked = _evaluated(model, inputs, targets)
            yield step, *looked


@torch.no_grad()
def _evaluated(model: GPT, inputs: Tensor, targets: Tensor) -> tuple[float, int]:
    logits = model.eval()(inputs)
    model.train()
    return float(model.token_nats(logits, targets).mean()), int((logits.argmax(-1) == targets).sum())


def batch(subject: Subject) -> tuple[Tensor, Tensor]:
    """Inputs and targets (rows, length), 256 tokens."""
    length = min(TOKENS, 2 ** (subject.gpt.context.bit_length() - 1))
    text = subject.tokens(TOKENS // length, length + 1, SEED)
    text[:, 0] = torch.arange(len(text)) % subject.gpt.vocab_size
    return text[:, :-1], text[:, 1:]
