"""Optimizer steps that the Trainer does not see one by one: its own share of a step is then spread over many.

Lightning's Trainer takes some milliseconds a step for hooks, progress and connectors, which a small model feels. So
before a step of the Trainer's this does those that come before it, in the same order of the same operations, and tells
the callbacks of each as the Trainer would: evaluations, checkpoints, probes and stopping lie where they ever did.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import lightning.pytorch as L
import torch
from torch import Tensor

from tinker.config.schema import TrainConfig

if TYPE_CHECKING:
    from tinker.train.module import GPTModule

#: Every so many steps the Trainer does one itself, as it does the last.
STRIDE = 50


def strides(train: TrainConfig) -> bool:
    """Whether a trial's steps can be done here.

    Ranks synchronise gradients in what the Trainer wraps around a step, and fp16 scales them there.
    """
    return train.devices == 1 and train.precision != "fp16"


def stretch(trainer: L.Trainer, module: GPTModule) -> None:
    """Does the steps up to the Trainer's next own one, or until a callback stops it."""
    while not trainer.should_stop and not _is_trainers(trainer.global_step + 1, trainer.max_steps):
        _step(trainer, module)


def _is_trainers(step: int, last: int) -> bool:
    return step % STRIDE == 0 or step >= last


def _step(trainer: L.Trainer, module: GPTModule) -> None:
    [optimizer] = trainer.optimizers
    [schedule] = trainer.lr_scheduler_configs
    parts, losses = module.config.train.accumulate, dict[int, Tensor]()
    parameters = _parameters(optimizer)

    def gradients(part: int) -> Tensor:
        with trainer.precision_plugin.train_step_context():
            loss = module.training_step(part, part)
        loss = loss / parts
        if part == 0:
            _forget(optimizer, parameters)
        loss.backward()  # type: ignore[no-untyped-call]
        if part == parts - 1 and module.config.train.grad_clip is not None:
            torch.nn.utils.clip_grad_norm_(parameters, module.config.train.grad_clip)
        losses[part] = loss.detach()
        return losses[part]

    for part in range(parts):
        if part < parts - 1:
            gradients(part)
        else:  # by a closure, as Lightning does: an optimizer may want to look more than once
            optimizer.step(partial(gradients, part))  # type: ignore[arg-type]  # torch hands on whatever comes
            _count(trainer)
            schedule.scheduler.step()  # type: ignore[call-arg]  # ours is a LambdaLR, which needs no metrics
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            callback.on_train_batch_end(trainer, module, {"loss": losses[part]}, part, part)


def _forget(optimizer: torch.optim.Optimizer, parameters: list[Tensor]) -> None:
    """What `zero_grad` does, unless it is the optimizer's own; torch's takes a tenth of a millisecond."""
    if type(optimizer).zero_grad is not torch.optim.Optimizer.zero_grad:
        optimizer.zero_grad()
        return
    for parameter in parameters:
        parameter.grad = None


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """In the order in which the Trainer hands them to clipping: the norm of a gradient is a sum, which rounds."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _count(trainer: L.Trainer) -> None:
    """The Trainer's count of optimizer steps: `global_step`, which stands in checkpoints."""
    steps = trainer.fit_loop.epoch_loop.automatic_optimization.optim_progress.optimizer.step
    steps.increment_ready()
    steps.increment_completed()
