"""A replicate's own Trainer, which stands where the replicate is and never runs.

The Trainer is not the loop of a stack: it has one step count, one checkpoint, one set of loggers and one flag to stop,
and a stack has R of each. So a plain loop trains, and each replicate has a Trainer for all that its callbacks, hooks
and checkpoints ask one for. Its checkpoints are written by Lightning itself and are those of a single trial: either
can be gone on from as the other.
"""

from __future__ import annotations

from typing import Any

import lightning.pytorch as L
from lightning.pytorch.loggers import Logger
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.types import LRSchedulerConfig
from torch import Tensor

from tinker.train.fused.updates import State, Updates
from tinker.train.trial import Attempt


class Seat:
    """A replicate in a stack.

    Attributes:
        trainer: what its callbacks see; `global_step` is right, and `should_stop` says that it has ended.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.attempt, self.module = attempt, attempt.training.module
        self.recorder, self.checkpointer = attempt.training.recorder, attempt.checkpointer
        self.trainer = attempt.training.trainer(callbacks=[Apart(), self.checkpointer])
        self.trainer.state.fn = TrainerFn.FITTING
        self.trainer.strategy.connect(self.module)
        self.module.trainer = self.trainer
        self.module.to(self.trainer.strategy.root_device)
        self.module.train()

    @property
    def step(self) -> int:
        """Optimizer steps done."""
        return self.trainer.global_step

    @property
    def ended(self) -> bool:
        """Whether nothing that comes is recorded any more."""
        return self.trainer.should_stop or self.step >= self.module.config.train.end

    def begin(self, row: int, updates: Updates, loggers: list[Logger]) -> None:
        """Takes its row of the stack; its callbacks are told that training starts."""
        self.trainer.loggers = loggers
        strategy = self.trainer.strategy
        strategy._optimizers = [updates.optimizer(row)]  # the setter would wrap it
        strategy.lr_scheduler_configs = [LRSchedulerConfig(updates.scheduler(row), interval="step")]
        self.recorder.on_train_start(self.trainer, self.module)

    def resume(self) -> State | None:
        """Loads all of its checkpoint but what the stack shares, and returns that; None where there is none."""
        if self.attempt.last is None:
            return None
        connector = self.trainer._checkpoint_connector
        connector.resume_start(self.attempt.last, weights_only=True)
        connector.restore_model()
        connector.restore_callbacks()
        saved: dict[str, Any] = connector._loaded_checkpoint
        state = saved["optimizer_states"][0], saved["lr_schedulers"][0]
        self._stand_at(saved["global_step"])
        connector.resume_end()
        return state

    def advance(self, loss: Tensor) -> None:
        """Records a step that was done."""
        step = self.step
        self._stand_at(step + 1)
        for callback in (self.recorder, self.checkpointer):
            callback.on_train_batch_end(self.trainer, self.module, {"loss": loss}, None, step)

    def _stand_at(self, step: int) -> None:
        """Sets what Lightning counts to where it stands as a step's batch ends, when checkpoints are saved."""
        loop = self.trainer.fit_loop.epoch_loop
        optimizer = loop.automatic_optimization.optim_progress.optimizer
        for progress in (optimizer.step, optimizer.zero_grad, loop.scheduler_progress, loop.batch_progress):
            for count in (progress.total, progress.current):
                for name in vars(count):
                    setattr(count, name, step)
        for count in (loop.batch_progress.total, loop.batch_progress.current):
            count.completed = step - 1
        loop.batch_progress.is_last_batch = step == self.module.config.train.steps
        loop._batches_that_stepped = step - 1
        for count in (self.trainer.fit_loop.epoch_progress.total, self.trainer.fit_loop.epoch_progress.current):
            count.ready, count.started = 1, 1  # type: ignore[attr-defined]  # of the class that the loop has there


class Apart(L.Callback):
    """Copies a replicate's weights for its checkpoint: a view would be saved with all of its stack."""

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["state_dict"] = {path: value.clone() for path, value in checkpoint["state_dict"].items()}
