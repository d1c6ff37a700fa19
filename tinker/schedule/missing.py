"""What is left to do of a grid: the trials without a row, and the rows of other code or from other weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from tinker.config.schema import TrialConfig
from tinker.errors import UserError
from tinker.provenance.code import code_record
from tinker.provenance.environment import environment_class
from tinker.spec import Seeds, TrialSpec
from tinker.store.record import StoredTrial
from tinker.store.store import Store
from tinker.store.verdicts import accepted, supersede
from tinker.train.base import start_of
from tinker.train.entry import entry_modules
from tinker.train.environment import trial_environment
from tinker.train.whereabouts import relocated


@dataclass
class Missing:
    """The trials of a grid, sorted out. Each list keeps the grid's order.

    Those of `train` that are in `other_start` too have a row, of a trial that started from other weights than
    `init_from` gives now; `set_aside` moves it away.
    """

    done: list[TrialSpec] = field(default_factory=list)
    train: list[TrialSpec] = field(default_factory=list)
    probation: list[TrialSpec] = field(default_factory=list)
    other_start: list[TrialSpec] = field(default_factory=list)

    @property
    def todo(self) -> list[TrialSpec]:
        """Those that are not done."""
        return [*self.train, *self.probation]


def sort_out(specs: Iterable[TrialSpec], store: Store) -> Missing:
    """Which trials have a row of this machine's class and this code, which need probation, and which training."""
    missing, files = Missing(), FilesNow()
    listed = list({spec.id: spec for spec in specs}.values())
    rows = {(row.trial_id, row.environment_class): row for row in store.rows({spec.id for spec in listed})}
    for spec in listed:
        row = rows.get((spec.id, class_of(spec)))
        if row is None or row.result is None:
            missing.train.append(spec)
        elif _started_otherwise(row, relocated(spec, store.layout.results), files):
            missing.train.append(spec)
            missing.other_start.append(spec)
        elif files.code(spec) in {row.code_fingerprint, *accepted(row.folder)}:
            missing.done.append(spec)
        else:
            missing.probation.append(spec)
    return missing


def set_aside(missing: Missing, store: Store) -> None:
    """Supersedes the rows of `other_start`, so that no table has them beside those of the weights at hand."""
    for spec in missing.other_start:
        row = store.get(spec.id, class_of(spec))
        if row is not None:  # or else another driver was first
            supersede(row.folder, row.code_fingerprint or "unknown")


class FilesNow:
    """What the files say of trials, read once for each config: seeds change nothing in it.

    It grows as old as it is kept: make one for each question.
    """

    def __init__(self) -> None:
        self._code: dict[str, str] = {}
        self._start: dict[str, str | None] = {}

    def code(self, spec: TrialSpec) -> str:
        """As `code_of`."""
        if spec.config_json not in self._code:
            self._code[spec.config_json] = code_of(spec)
        return self._code[spec.config_json]

    def start(self, spec: TrialSpec) -> str | None:
        """The digest of the weights that the trial starts from; None where they are gone."""
        if spec.config_json not in self._start:
            try:
                self._start[spec.config_json] = start_of(TrialConfig.from_dict(spec.config)).digest()
            except UserError:
                self._start[spec.config_json] = None
        return self._start[spec.config_json]


def _started_otherwise(row: StoredTrial, spec: TrialSpec, files: FilesNow) -> bool:
    """Whether the row stands on other weights than there are now. The id cannot say: their trial may be done again.

    Where they are gone nothing contradicts the row, and a row from before digests were kept cannot say either.
    """
    assert row.result is not None
    then = row.result.get("start_digest")
    return then is not None and files.start(spec) not in (None, then)


def class_of(spec: TrialSpec) -> str:
    """The environment class that the trial has on this machine."""
    return _class_of(spec.config_json)


@lru_cache(maxsize=1024)
def _class_of(config_json: str) -> str:
    """What decides it does not change while a process lives."""
    return environment_class(trial_environment(TrialSpec(config_json, Seeds(0, 0), corpus="")))


def code_of(spec: TrialSpec) -> str:
    """The fingerprint of the code that would run the trial now."""
    config = TrialConfig.from_dict(spec.config)
    fingerprint: str = code_record(entry_modules(config), config.plugins)["fingerprint"]
    return fingerprint
