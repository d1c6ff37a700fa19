"""How long a short piece of a trial took, and what memory it needed, as `pilot.json` in its folder says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from tinker.config.schema import TrialConfig
from tinker.spec import TrialSpec
from tinker.store.atomic import write_json
from tinker.store.layout import TrialFolder


@dataclass(frozen=True)
class Timing:
    """A timed piece of a trial.

    Attributes:
        steps: how many were timed, the first one left out: it pays for lazy initialisation and compilation.
        seconds_per_step: of these.
        seconds_before: until the first step was done.
        seconds_per_evaluation: of those that fell into the piece; reckoned where none did.
        evaluations: how many did.
        peak_mem_bytes: of the GPU's memory, where the trial has one that the worker could ask.
        rss_bytes: of the machine's memory, by the worker's process.
    """

    steps: int
    seconds_per_step: float
    seconds_before: float
    seconds_per_evaluation: float
    evaluations: int
    peak_mem_bytes: int | None
    rss_bytes: int | None

    def seconds(self, spec: TrialSpec) -> float:
        """Of the whole trial, when nothing else happens."""
        train = TrialConfig.from_dict(spec.config).train
        evaluations = -(-train.end // train.eval_every)
        return self.seconds_before + train.end * self.seconds_per_step + evaluations * self.seconds_per_evaluation


def write_timing(folder: TrialFolder, timing: Timing) -> None:
    """Not synced: a pilot whose timing was lost is run once more."""
    write_json(folder.pilot, asdict(timing), durable=False)


def read_timing(folder: TrialFolder) -> Timing | None:
    """What the trial's pilot took; None where it had none, or none that can be read."""
    try:
        return Timing(**json.loads(folder.pilot.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
