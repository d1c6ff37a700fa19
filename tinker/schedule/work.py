"""What crosses the border to a worker and back: plain data, so that neither side needs the other's classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from tinker.spec import TrialSpec
from tinker.train.result import TrialResult

Task = Literal["train", "pilot", "probation"]


@dataclass(frozen=True)
class WorkItem:
    """What Ray executes: trials that are done together (one, or seeds of one arm), and what to do with them.

    Attributes:
        specs: the trials.
        task: `train` to run them; `pilot` for a short timed piece of each; `probation` to ask whether their stored rows
            still hold under the code at hand.
        results: the results folder, absolute.
        folder: the one that `tinker run` was called in: relative paths in a config mean that one.
        stop_file: when this file appears, the worker saves its state and returns.
        code: the fingerprint of each trial's code when the run began. A worker that finds another one has imported what
            nobody can tell any more, since files were edited meanwhile.
    """

    specs: tuple[TrialSpec, ...]
    task: Task
    results: str
    folder: str
    stop_file: str
    code: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For a Ray config."""
        return {
            "specs": [spec.as_dict() for spec in self.specs],
            "task": self.task,
            "results": self.results,
            "folder": self.folder,
            "stop_file": self.stop_file,
            "code": list(self.code),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> WorkItem:
        """The inverse of `as_dict`."""
        specs = tuple(TrialSpec.from_dict(s) for s in data["specs"])
        return cls(specs, data["task"], data["results"], data["folder"], data["stop_file"], tuple(data["code"]))


def driver_of(item: WorkItem) -> str:
    """The token of the driver that gave it out, after which its stop files are named."""
    return PurePath(item.stop_file).name.partition(".")[0]


@dataclass(frozen=True)
class Outcome:
    """What became of one trial of a work item.

    One of the three is set: `result` of a training, `probation` as `tinker.train.probation.probe` gives it, or `error`,
    a traceback. None is, where the run was stopped before the trial began.
    """

    trial_id: str
    environment_class: str
    result: TrialResult | None = None
    probation: dict[str, Any] | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For a Ray result."""
        return {
            "trial_id": self.trial_id,
            "environment_class": self.environment_class,
            "result": self.result.as_dict() if self.result else None,
            "probation": self.probation,
            "error": self.error,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """The inverse of `as_dict`."""
        result = TrialResult.from_dict(data["result"]) if data["result"] else None
        return cls(data["trial_id"], data["environment_class"], result, data["probation"], data["error"])
