"""A trial from its spec to its result. A trial that was cut off goes on from its last checkpoint, and ends the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

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
    training = Training(spec, hooks.progress, hooks.alive)
    config, checkpoints = training.config, folder / "checkpoint"
    code = code_record(entry_modules(config), config.plugins)
    made_by = code["fingerprint"]
    start = training.start_digest
    checkpointer = Checkpointer(checkpoints, training.recorder, config.checkpoint, made_by, start, hooks.should_stop)
    last = resumable(checkpoints / LAST, made_by, start)
    first = ranks.rank() == 0
    with mirrors(config.logger if first else SILENT, folder, spec.id, spec.config) as loggers:
        trainer = training.fit(resume=last, callbacks=[checkpointer], loggers=loggers)
    recorder = training.recorder
    status: Status = "interrupted" if checkpointer.interrupted else "diverged" if recorder.diverged else "done"
    if code_record(entry_modules(config), config.plugins) != code:
        raise UserError(
            f"trial {spec.id}: its code was edited while it ran, so nobody can say what made it; run it again"
        )
    if status == "done" and first:
        with evaluation_weights(trainer.optimizers[0]):
            finetune_of(config).save(training.module.model, checkpoints / ADAPTER)
    if status != "interrupted" and first:
        retention(checkpoints, config.checkpoint.keep)
    return TrialResult(
        status=status,
        steps=trainer.global_step,
        metrics=recorder.metrics,
        curve=recorder.curve,
        **asdict(size_of_model(config, training.corpus.vocab_size)),
        probes=recorder.probes(training.module),
        environment=trial_environment(spec),
        code=code,
        start_digest=start,
    )
