"""The steps of a stack: batches, gradients, clipping and updates of all replicates at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tinker.train.fused.clipping import clip_each
from tinker.train.fused.fusible import NotFusible
from tinker.train.fused.stack import Stack
from tinker.train.fused.updates import Updates

if TYPE_CHECKING:
    from tinker.train.fused.seat import Seat
    from tinker.train.fused.together import Together


def train(seats: Sequence[Seat], stack: Stack, updates: Updates, together: Together) -> None:
    """Steps until every replicate has ended."""
    config = seats[0].module.config
    precision = seats[0].trainer.precision_plugin
    begin, limit = seats[0].step, config.train.grad_clip
    for step in range(begin, config.train.end):
        inputs, targets = batches(seats, step)
        stack.zero_grad()
        with precision.train_step_context():
            losses = stack.losses(inputs, targets, step)
        losses.sum().backward()  # type: ignore[no-untyped-call]  # untyped in torch
        gradients = [each.grad for each in stack.parameters.values() if each.grad is not None]
        if limit is not None:
            clip_each(gradients, limit)
        updates.step()
        if step == begin and not stack.whole():
            raise NotFusible("the optimizer puts new tensors in the place of the parameters that it was given")
        together.look([seat.checkpointer for seat in seats if not seat.ended])
        for row, seat in enumerate(seats):
            if seat.ended:
                seat.recorder.alive()  # or else it would count as hung
            else:
                seat.advance(losses[row].detach())
        if all(seat.ended for seat in seats):
            return


def batches(seats: Sequence[Seat], step: int) -> tuple[Tensor, Tensor]:
    """Inputs and targets (R, B, T) on the device: of each replicate those that it would have alone."""
    config, device = seats[0].module.config, seats[0].module.device
    each = [
        seat.attempt.training.corpus.batch(
            seat.attempt.spec.seeds.data, step, config.train.batch_size, config.model.context
        )
        for seat in seats
    ]
    inputs, targets = (torch.stack(parts) for parts in zip(*each, strict=True))
    if device.type == "cuda":
        inputs, targets = inputs.pin_memory(), targets.pin_memory()
    return inputs.to(device, non_blocking=True), targets.to(device, non_blocking=True)
