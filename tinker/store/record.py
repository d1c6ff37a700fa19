"""The values that the store gives back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

from tinker.errors import FAILED, UserError
from tinker.spec import TrialSpec
from tinker.store.layout import TrialFolder
from tinker.store.reading import Snapshot
from tinker.store.sealed import DamageError, read_part
from tinker.store.strict_json import decode

State = Literal["pending", "running", "done", "failed", "diverged"]
#: What a trial's result may say of itself; both are results, and neither is run again.
FINISHED: tuple[State, ...] = ("done", "diverged")


@dataclass(frozen=True)
class TrialStatus:
    """Where a trial stands.

    Attributes:
        attempts: how often it was begun.
        cause: why it failed, in a few words (`out of memory`), else None.
        owner: who runs it or ran it last, as given to `Store.begin`.
        started, finished: of the last attempt, ISO 8601 in UTC.
        causes: why each attempt that failed did: `attempt`, `time`, `kind` (`tinker.schedule.retry.Kind`) and `cause`.
            Those of a trial that ended well in the end stay.
    """

    state: State = "pending"
    attempts: int = 0
    cause: str | None = None
    owner: str | None = None
    started: str | None = None
    finished: str | None = None
    causes: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For `status.json`."""
        return asdict(self)

    @classmethod
    def parse(cls, text: str | bytes) -> TrialStatus:
        """The inverse of `as_dict`, from JSON.

        Raises:
            ValueError: for what is not a status.
        """
        try:
            status = cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"not a trial's status: {error}") from None
        if status.state not in get_args(State) or not isinstance(status.attempts, int):
            raise ValueError(f"not a trial's status: state {status.state!r}, attempts {status.attempts!r}")
        if not isinstance(status.causes, list) or not all(isinstance(cause, dict) for cause in status.causes):
            raise ValueError(f"not a trial's status: causes {status.causes!r}")
        return status


@dataclass(frozen=True)
class StoredTrial:
    """A trial of the store: what was asked for, where it stands, and the committed result if there is one.

    Attributes:
        result: the TrialResult as a dict (without curve, environment and code, which have methods of their own), with
            `trial_id`, `environment_class`, `seeds`, `corpus`, `code_fingerprint` and the store's own `record`.
    """

    folder: TrialFolder
    status: TrialStatus
    spec_json: str | None
    result: dict[str, Any] | None

    @classmethod
    def of(cls, folder: TrialFolder, snapshot: Snapshot) -> StoredTrial | None:
        """From the texts of its files; None where there are none. A result outranks what `status.json` says."""
        if snapshot == Snapshot(None, None, None):
            return None
        try:
            status = TrialStatus.parse(snapshot.status or "{}")
        except ValueError:  # worth less than what else is known; `Store.heal` reports it
            status = TrialStatus()
        result = None if snapshot.result is None else decode(snapshot.result)
        if result is not None:
            attempts, finished = max(1, status.attempts), result["record"]["committed"]
            status = replace(status, state=result["status"], attempts=attempts, cause=None, finished=finished)
        elif status.state in FINISHED:  # the record was lost or moved aside
            status = replace(status, state="pending")
        return cls(folder, status, snapshot.spec, result)

    @property
    def trial_id(self) -> str:
        """16 hex digits."""
        return self.folder.trial_id

    @property
    def environment_class(self) -> str:
        """The environment class of this row."""
        return self.folder.environment_class

    @property
    def code_fingerprint(self) -> str | None:
        """Of the code that made the result; None without a result."""
        return None if self.result is None else str(self.result["code_fingerprint"])

    @property
    def spec(self) -> TrialSpec:
        """What was asked for.

        Raises:
            UserError: where `spec.json` was lost.
        """
        if self.spec_json is None:
            raise self._damage(DamageError(self.folder.spec, "is missing"))
        return TrialSpec.from_dict(json.loads(self.spec_json))

    def curve(self) -> Any:
        """The learning curve as a pyarrow Table: step (int64), metric (string), value (float64).

        Raises:
            UserError: there is no result, or the file is damaged. So do `environment` and `code`.
        """
        import pyarrow
        import pyarrow.parquet

        # One thread: a curve is small, and to hand its columns to others takes longer than to read them.
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(self._part("curve")))
        return file.read(use_threads=False)

    def environment(self) -> dict[str, Any]:
        """What `tinker.provenance.environment.environment` said when the trial ran."""
        return self._environment

    def code(self) -> dict[str, Any]:
        """What `tinker.provenance.code.fingerprint` said: `fingerprint` and `modules`."""
        return self._code

    @cached_property
    def _environment(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._part("environment"))
        return found

    @cached_property
    def _code(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._part("code"))
        return found

    def uncommitted(self) -> bool | None:
        """Whether the code that made the result differs from its commit; None where it was no working tree.

        A file that git does not know counts if it is in the packages or a plugin of the trial; others change nothing.
        """
        git = self.environment()["git"]
        return None if git is None else bool(git["diff"]) or self._unknown_to_git(git)

    def reproducible(self) -> bool | None:
        """Whether commit and stored diff make the trial's code again: nothing was cut, and git knew every file of it.

        None where it was no working tree.
        """
        git = self.environment()["git"]
        return None if git is None else not git["diff_cut"] and not self._unknown_to_git(git)

    def _unknown_to_git(self, git: dict[str, Any]) -> bool:
        modules, own = self.code().get("modules", {}), ("model/", "tinker/")
        return any(path.startswith(own) or f"plugin:{PurePosixPath(path).name}" in modules for path in git["untracked"])

    def _part(self, name: str) -> bytes:
        if self.result is None:
            raise UserError(f"{self.folder.path}: the trial is {self.status.state} and has no result yet; run its grid")
        try:
            return read_part(self.folder, self.result, name)
        except DamageError as damage:
            raise self._damage(damage) from None

    @staticmethod
    def _damage(damage: DamageError) -> UserError:
        return UserError(f"{damage}; run `tinker doctor --store`, then run the grid again", exit_code=FAILED)
