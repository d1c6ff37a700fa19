"""A trial from its spec to its result. A trial that was cut off goes on from its last checkpoint, and ends the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.count import flops_per_token, parameter_count
from tinker.config.schema import TrialConfig
from tinker.errors import UserError
from tinker.provenance.code import code_record
from tinker.provenance.environment import environment
from tinker.spec import TrialSpec, canonical
from tinker.store.checkpoints import retention
from tinker.train.checkpoint import LAST, Checkpointer, resumable
from tinker.train.entry import entry_modules
from tinker.train.loggers import mirrors
from tinker.train.result import Status, TrialResult
from tinker.train.training import Training


@dataclass(frozen=True)
class Hooks:
    """How a running trial talks to whoever started it.

    `progress(step, steps)` is told every step; `should_stop()` is asked every step, and when it says yes the trial
    saves its state and returns. Both are called in the training loop and must be quick.
    """

    progress: Callable[[int, int], None] = lambda step, steps: None
    should_stop: Callable[[], bool] = lambda: False


def run_trial(spec: TrialSpec, folder: Path, hooks: Hooks | None = None) -> TrialResult:
    """Trains, evaluates and checkpoints one trial under `folder`.

    Resumes from `folder/checkpoint/last.ckpt` where the same code left one. Returns an interrupted result when a hook
    asked for it; a loss that is not finite is a diverged result.

    Raises:
        UserError: a corpus that differs from the spec's, a package that is not installed, or code that was edited
            meanwhile.
    """
    hooks = hooks or Hooks()
    training = Training(spec, hooks.progress)
    config, checkpoints = training.config, folder / "checkpoint"
    code = code_record(entry_modules(config), config.plugins)
    made_by = code["fingerprint"]
    checkpointer = Checkpointer(checkpoints, training.recorder, config.checkpoint, made_by, hooks.should_stop)
    last = resumable(checkpoints / LAST, made_by)
    with mirrors(config.logger, folder, spec.id, spec.config) as loggers:
        trainer = training.fit(resume=last, callbacks=[checkpointer], loggers=loggers)
    recorder = training.recorder
    status: Status = "interrupted" if checkpointer.interrupted else "diverged" if recorder.diverged else "done"
    if code_record(entry_modules(config), config.plugins) != code:
        raise UserError(
            f"trial {spec.id}: its code was edited while it ran, so nobody can say what made it; run it again"
        )
    if status != "interrupted":
        retention(checkpoints, config.checkpoint.keep)
    return TrialResult(
        status=status,
        steps=trainer.global_step,
        metrics=recorder.metrics,
        curve=recorder.curve,
        params=parameter_count(training.module.model),
        flops_per_token=_flops(config, training.corpus.vocab_size),
        probes=recorder.probes(training.module),
        environment=trial_environment(spec),
        code=code,
    )


#: FLOPs a token by the model's config: counting takes as long as all else of an empty trial, and seeds share a model.
_FLOPS: dict[str, float] = {}


def _flops(config: TrialConfig, vocab_size: int) -> float:
    key = canonical([config.as_dict()["model"], vocab_size])
    if key not in _FLOPS:
        _FLOPS[key] = flops_per_token(config.gpt(vocab_size))
    return _FLOPS[key]


def trial_environment(spec: TrialSpec) -> dict[str, Any]:
    """The environment that a trial of that spec has in this process."""
    train, backend = spec.config["train"], spec.config["model"]["backend"]["type"]
    return environment(
        accelerator=train["accelerator"], threads=train["threads"], precision=train["precision"], backend=backend
    )
