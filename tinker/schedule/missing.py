"""What is left to do of a grid: the trials without a row, and the rows that other code has made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tinker.config.schema import TrialConfig
from tinker.provenance.code import code_record
from tinker.provenance.environment import environment_class
from tinker.spec import TrialSpec
from tinker.store.store import Store
from tinker.store.verdicts import accepted
from tinker.train.entry import entry_modules
from tinker.train.trial import trial_environment


@dataclass
class Missing:
    """The trials of a grid, sorted out. Each list keeps the grid's order."""

    done: list[TrialSpec] = field(default_factory=list)
    train: list[TrialSpec] = field(default_factory=list)
    probation: list[TrialSpec] = field(default_factory=list)

    @property
    def todo(self) -> list[TrialSpec]:
        """Those that are not done."""
        return [*self.train, *self.probation]


def sort_out(specs: Iterable[TrialSpec], store: Store) -> Missing:
    """Which trials have a row of this machine's class and this code, which need probation, and which training."""
    missing = Missing()
    listed = list({spec.id: spec for spec in specs}.values())
    rows = {(row.trial_id, row.environment_class): row for row in store.rows({spec.id for spec in listed})}
    for spec in listed:
        row = rows.get((spec.id, class_of(spec)))
        if row is None or row.result is None:
            missing.train.append(spec)
        elif code_of(spec) in {row.code_fingerprint, *accepted(row.folder)}:
            missing.done.append(spec)
        else:
            missing.probation.append(spec)
    return missing


def class_of(spec: TrialSpec) -> str:
    """The environment class that the trial has on this machine."""
    return environment_class(trial_environment(spec))


def code_of(spec: TrialSpec) -> str:
    """The fingerprint of the code that would run the trial now."""
    config = TrialConfig.from_dict(spec.config)
    fingerprint: str = code_record(entry_modules(config), config.plugins)["fingerprint"]
    return fingerprint
