"""Checkpoints: every N minutes, at the best evaluation, shortly before the end and at it; each whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import lightning.pytorch as L

from tinker.config.schema import CheckpointConfig
from tinker.train.module import GPTModule
from tinker.train.recorder import PROBE_STEPS, Recorder

LAST, BEST, TAIL = "last.ckpt", "best.ckpt", "tail.ckpt"


def save(trainer: L.Trainer, path: Path) -> None:
    """Writes a checkpoint beside its name and renames it: a kill leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        trainer.save_checkpoint(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class Checkpointer(L.Callback):
    """Saves `last` by the clock and at the end, `best` on improvement, `tail` where probation will start.

    It runs after the Recorder, whose state is part of what it saves. When `should_stop` says so it saves and stops
    the Trainer; the trial can be taken up again from there.
    """

    def __init__(
        self, folder: Path, recorder: Recorder, config: CheckpointConfig, should_stop: Callable[[], bool]
    ) -> None:
        self.folder, self.recorder, self.should_stop = folder, recorder, should_stop
        self.period = 60.0 * config.minutes
        self.wants_best = config.keep in ("best", "all")
        self.saved_at = monotonic()
        self.interrupted = False

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, GPTModule)
        if self.recorder.diverged:
            return  # nothing here is worth going on from
        step, steps = trainer.global_step, pl_module.config.train.steps
        self.recorder.stopwatch.pause()
        if self.wants_best and step == self.recorder.best_step:
            save(trainer, self.folder / BEST)
        if step == steps - PROBE_STEPS:
            save(trainer, self.folder / TAIL)
        if step < steps and self.should_stop():
            self.interrupted = True
            trainer.should_stop = True
        if step == steps or self.interrupted or monotonic() - self.saved_at >= self.period:
            save(trainer, self.folder / LAST)
            self.saved_at = monotonic()
        self.recorder.stopwatch.start()
