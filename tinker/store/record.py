"""The values that the store gives back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from tinker.errors import FAILED, UserError
from tinker.spec import TrialSpec
from tinker.store.layout import TrialFolder
from tinker.store.sealed import Damaged, read_part

State = Literal["pending", "running", "done", "failed", "diverged"]


@dataclass(frozen=True)
class TrialStatus:
    """Where a trial stands.

    Attributes:
        attempts: how often it was begun.
        cause: why it failed, in a few words (`out of memory`), else None.
        owner: who runs it or ran it last, as given to `Store.begin`.
        started, finished: of the last attempt, ISO 8601 in UTC.
    """

    state: State = "pending"
    attempts: int = 0
    cause: str | None = None
    owner: str | None = None
    started: str | None = None
    finished: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For `status.json`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TrialStatus:
        """The inverse of `as_dict`.

        Raises:
            ValueError: for what `as_dict` does not write.
        """
        try:
            status = cls(**data)
        except TypeError as error:
            raise ValueError(f"not a trial's status: {error}") from None
        if status.state not in get_args(State) or not isinstance(status.attempts, int):
            raise ValueError(f"not a trial's status: {data}")
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
            raise self._damage(Damaged(self.folder.spec, "is missing"))
        return TrialSpec.from_dict(json.loads(self.spec_json))

    def curve(self) -> Any:
        """The learning curve as a pyarrow Table: step (int64), metric (string), value (float64).

        Raises:
            UserError: there is no result, or the file is damaged. So do `environment` and `code`.
        """
        import pyarrow
        import pyarrow.parquet

        return pyarrow.parquet.read_table(pyarrow.BufferReader(self._part("curve")))

    def environment(self) -> dict[str, Any]:
        """What `tinker.provenance.environment.environment` said when the trial ran."""
        found: dict[str, Any] = json.loads(self._part("environment"))
        return found

    def code(self) -> dict[str, Any]:
        """What `tinker.provenance.code.fingerprint` said: `fingerprint` and `modules`."""
        found: dict[str, Any] = json.loads(self._part("code"))
        return found

    def _part(self, name: str) -> bytes:
        if self.result is None:
            raise UserError(f"{self.folder.path}: the trial is {self.status.state} and has no result yet; run its grid")
        try:
            return read_part(self.folder, self.result, name)
        except Damaged as damage:
            raise self._damage(damage) from None

    @staticmethod
    def _damage(damage: Damaged) -> UserError:
        return UserError(f"{damage}; run `tinker doctor --store`, then run the grid again", exit_code=FAILED)
