"""Checkpoints: every N minutes, at the best evaluation, shortly before the end and at it; each whole or not at all."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import lightning.pytorch as L
import torch

from tinker.config.schema import CheckpointConfig
from tinker.train.module import GPTModule
from tinker.train.parallel import ranks
from tinker.train.recorder import PROBE_STEPS, Recorder

LAST, BEST, TAIL = "last.ckpt", "best.ckpt", "tail.ckpt"


def save(trainer: L.Trainer, path: Path) -> None:
    """Writes a checkpoint beside its name and renames it: a kill leaves the old one. All ranks save, rank 0 writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        trainer.save_checkpoint(partial)
        if trainer.is_global_zero:
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def resumable(path: Path, code: str, start_digest: str | None) -> Path | None:
    """The checkpoint, if it is there, whole, made by the code of that fingerprint and from weights of that digest.

    Else the trial starts anew. Going on under other code, or with what was trained on top of other frozen weights,
    would make a row that nothing can make again.
    """
    if not path.exists():
        return None
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        made_by, began_with = saved.get("code"), saved.get("start_digest")
    except Exception as error:  # torch has no exception of its own for a file cut short by a power failure
        made_by, began_with = f"nobody knows: {error}", None
    if made_by != code:
        logging.getLogger(__name__).warning("%s is left: made by other code (%s); starting anew", path.name, made_by)
        return None
    if began_with != start_digest:
        logging.getLogger(__name__).warning(
            "%s is left: it began with other weights (%s) than init_from gives now (%s); starting anew",
            path.name,
            began_with,
            start_digest,
        )
        return None
    return path


class Checkpointer(L.Callback):
    """Saves `last` by the clock and at the end, `best` on improvement, `tail` where probation will start.

    It runs after the Recorder, whose state is part of what it saves, and signs with the fingerprint of the `code` and
    the digest of the weights that the trial started from. When `should_stop` says so it saves and stops the Trainer;
    the trial can be taken up again from there.
    """

    def __init__(
        self,
        folder: Path,
        recorder: Recorder,
        config: CheckpointConfig,
        code: str,
        start_digest: str | None,
        should_stop: Callable[[], bool],
    ) -> None:
        self.folder, self.recorder, self.should_stop = folder, recorder, should_stop
        self.signature = {"code": code, "start_digest": start_digest}
        self.period = 60.0 * config.minutes
        self.wants_best = config.keep in ("best", "all")
        self.saved_at = monotonic()
        self.interrupted = False

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, GPTModule)
        if self.recorder.within_step or self.recorder.diverged:
            return  # nothing here is worth going on from
        step, end = trainer.global_step, pl_module.config.train.end
        self.recorder.stopwatch.pause()
        if self.wants_best and step == self.recorder.best_step:
            save(trainer, self.folder / BEST)
        if step == end - PROBE_STEPS:
            save(trainer, self.folder / TAIL)
        if step < end and ranks.agreed(self.should_stop()):
            self.interrupted = True
            trainer.should_stop = True
        if step == end or self.interrupted or ranks.agreed(self.due()):
            save(trainer, self.folder / LAST)
            self.saved_at = monotonic()
        self.recorder.stopwatch.start()

    def due(self) -> bool:
        """Whether the clock says that it is time to save."""
        return monotonic() - self.saved_at >= self.period

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint |= self.signature
