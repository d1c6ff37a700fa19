"""A trial from its spec to its result. A trial that was cut off goes on from its last checkpoint, and ends the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.loggers import Logger

from tinker.errors import UserError
from tinker.provenance.code import code_record
from tinker.spec import TrialSpec
from tinker.store.checkpoints import ADAPTER, retention
from tinker.train.averaging import evaluation_weights
from tinker.train.base import finetune_of, size_of_model
from tinker.train.checkpoint import LAST, Checkpointer, resumable
from tinker.train.entry import entry_modules
from tinker.train.environment import trial_environment
from tinker.train.loggers import SILENT, mirrors
from tinker.train.parallel import ranks
from tinker.train.parallel.launch import on_ranks
from tinker.train.result import Status, TrialResult
from tinker.train.training import Training


@dataclass(frozen=True)
class Hooks:
    """How a running trial talks to whoever started it.

    `progress(step, steps)` is told every step; `should_stop()` is asked every step, and when it says yes the trial
    saves its state and returns; `alive()` is called for each batch, those of evaluations included. All are called in
    the training loop and must be quick. With several ranks they are called some times a second, and the trial stops a
    little later.
    """

    progress: Callable[[int, int], None] = lambda step, steps: None
    should_stop: Callable[[], bool] = lambda: False
    alive: Callable[[], None] = lambda: None


def run_trial(spec: TrialSpec, folder: Path, hooks: Hooks | None = None) -> TrialResult:
    """Trains, evaluates and checkpoints one trial under `folder`.

    Resumes from `folder/checkpoint/last.ckpt` where the same code left one, begun with the same weights. Returns an
    interrupted result when a hook asked for it; a loss that is not finite is a diverged result. A trial on several
    ranks gets a process for each; in such a process this is that rank's part of it.

    Raises:
        RankFailed, RankDied: see `on_ranks`.
        UserError: a corpus that differs from the spec's, a package that is not installed, or code that was edited
            meanwhile.
    """
    hooks = hooks or Hooks()
    if spec.config["train"].get("devices", 1) > ranks.count():
        found = on_ranks("train", spec, folder, hooks.progress, hooks.should_stop, hooks.alive)
        return TrialResult.from_dict(found)
    attempt = Attempt(spec, folder, hooks)
    with attempt.mirrors() as loggers:
        trainer = attempt.training.fit(resume=attempt.last, callbacks=[attempt.checkpointer], loggers=loggers)
    return attempt.result(trainer)


class Attempt:
    """A trial that is about to be trained under `folder`, alone or beside others, and what comes of it.

    Attributes:
        training: its parts.
        last: the checkpoint to go on from, if there is one.
        checkpointer: the callback that saves it.
    """

    def __init__(self, spec: TrialSpec, folder: Path, hooks: Hooks) -> None:
        self.spec, self.folder = spec, folder
        self.training = Training(spec, hooks.progress, hooks.alive)
        config, start = self.training.config, self.training.start_digest
        self.checkpoints = folder / "checkpoint"
        self.code = code_record(entry_modules(config), config.plugins)
        made_by = self.code["fingerprint"]
        self.checkpointer = Checkpointer(
            self.checkpoints, self.training.recorder, config.checkpoint, made_by, start, hooks.should_stop
        )
        self.last = resumable(self.checkpoints / LAST, made_by, start)

    def mirrors(self) -> AbstractContextManager[list[Logger]]:
        """The loggers that its config asks for; ranks after the first have none."""
        config = self.training.config.logger if ranks.rank() == 0 else SILENT
        return mirrors(config, self.folder, self.spec.id, self.spec.config)

    def result(self, trainer: L.Trainer, fused: dict[str, Any] | None = None) -> TrialResult:
        """Ends the attempt; `fused` says on its row how it was trained beside others.

        Raises:
            UserError: its code was edited meanwhile.
        """
        training, first = self.training, ranks.rank() == 0
        config, recorder = training.config, training.recorder
        status: Status = "interrupted" if self.checkpointer.interrupted else "diverged" if recorder.diverged else "done"
        if code_record(entry_modules(config), config.plugins) != self.code:
            raise UserError(
                f"trial {self.spec.id}: its code was edited while it ran, so nobody can say what made it; run it again"
            )
        if status == "done" and first:
            with evaluation_weights(trainer.optimizers[0]):
                finetune_of(config).save(training.module.model, self.checkpoints / ADAPTER)
        if status != "interrupted" and first:
            retention(self.checkpoints, config.checkpoint.keep)
        return TrialResult(
            status=status,
            steps=trainer.global_step,
            metrics=recorder.metrics,
            curve=recorder.curve,
            **asdict(size_of_model(config, training.corpus.vocab_size)),
            probes=recorder.probes(training.module),
            environment=trial_environment(self.spec) | ({"fused": fused} if fused else {}),
            code=self.code,
            start_digest=training.start_digest,
        )
