"""Where things lie below a results folder. Every path of the store is made here.

results/trials/<trial id>/<environment class>/
    spec.json                       what was asked for
    status.json                     pending, running, done, failed or diverged; attempts; times (derived)
    result.json                     the truth: the trial has a result exactly when this file is there
    curve.<token>.parquet           the three files that result.json names; the token is drawn for each commit,
    environment.<token>.json        so that the files of two processes never mix
    code.<token>.json
    log.txt, checkpoint/            written while the trial runs
    progress.json, pilot.json       how far it is; and how long a short piece of it took, if it began with one
    lease.json                      which driver works on it just now
results/trials/index.sqlite         a cache for listing, made from the files
results/trials/.rows-<grid>.arrow   a cache of what a grid's tables say of them (tinker/tables/remembered.py)
results/<grid>/grid.json            and the grid's tables
results/<grid>/measured.json        what the grid left to a measurement (`auto`), and what that came to
results/<grid>/spent/<token>.json   what each run of the grid has spent
results/<grid>/rented/<fleet>.json  what each fleet of machines rented for the grid has cost
results/.drivers/<token>.json       the drivers that work here just now; <token>.stop asks one to stop
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinker.errors import UserError

TRIAL_ID = re.compile(r"[0-9a-f]{16}")
#: Also the rule for grid names: a folder name that needs no quoting in a shell and hides from no listing.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
#: Beside a result: under which other code it was found to hold.
ACCEPTED = "probation.json"
PARTS = {"curve": "parquet", "environment": "json", "code": "json"}


@dataclass(frozen=True)
class TrialFolder:
    """The files of one trial in one environment class."""

    path: Path

    @property
    def trial_id(self) -> str:
        """The trial's id, 16 hex digits."""
        return self.path.parent.name

    @property
    def environment_class(self) -> str:
        """The environment class, as `tinker.provenance.environment.environment_class` gives it."""
        return self.path.name

    @property
    def results(self) -> Path:
        """The results folder that it lies in."""
        return self.path.absolute().parents[2]

    @property
    def spec(self) -> Path:
        """What was asked for, as `TrialSpec.as_dict` gives it."""
        return self.path / "spec.json"

    @property
    def status(self) -> Path:
        """Where the trial stands; worth less than `result`."""
        return self.path / "status.json"

    @property
    def result(self) -> Path:
        """The committed result: appears once, whole, and is never rewritten."""
        return self.path / "result.json"

    @property
    def log(self) -> Path:
        """Text for people: what a failed attempt said."""
        return self.path / "log.txt"

    @property
    def lease(self) -> Path:
        """Which driver works on the trial just now."""
        return self.path / "lease.json"

    @property
    def pilot(self) -> Path:
        """How long a short piece of the trial took."""
        return self.path / "pilot.json"

    @property
    def checkpoint(self) -> Path:
        """The folder of `last.ckpt`, `best.ckpt` and `tail.ckpt`."""
        return self.path / "checkpoint"

    def part(self, name: str, token: str) -> Path:
        """A file that belongs to the commit of that token; `name` is curve, environment or code."""
        return self.path / f"{name}.{token}.{PARTS[name]}"


@dataclass(frozen=True)
class Layout:
    """The paths below one results folder."""

    results: Path

    @property
    def trials(self) -> Path:
        """The folder of all trials, shared by all grids."""
        return self.results / "trials"

    @property
    def index(self) -> Path:
        """The cache that makes listing quick."""
        return self.trials / "index.sqlite"

    def trial(self, trial_id: str, environment_class: str) -> TrialFolder:
        """The folder of a trial, whether it exists or not.

        Raises:
            ValueError: where an id or class could not be found again by `every_trial`.
        """
        if not TRIAL_ID.fullmatch(trial_id):
            raise ValueError(f"{trial_id!r} is not a trial id (16 hex digits)")
        if not NAME.fullmatch(environment_class):
            raise ValueError(f"{environment_class!r} is not an environment class (letters, digits, '.', '_', '-')")
        return TrialFolder(self.trials / trial_id / environment_class)

    def every_trial(self, ids: Iterable[str] | None = None, *, but: Container[str] = ()) -> Iterator[TrialFolder]:
        """The trial folders that exist (of these ids, and not of those in `but`), sorted by id and class."""
        for _, _, path in self.every_place(ids, but=but):
            yield TrialFolder(Path(path))

    def every_place(
        self, ids: Iterable[str] | None = None, *, but: Container[str] = ()
    ) -> Iterator[tuple[str, str, str]]:
        """Trial id, environment class and path of each of `every_trial`: of thousands, a Path of each takes long."""
        root = str(self.trials)
        for trial in sorted(set(ids)) if ids is not None else _folders(root, TRIAL_ID):
            if trial not in but:
                parent = f"{root}{os.sep}{trial}"
                for environment in _folders(parent, NAME):
                    yield trial, environment, f"{parent}{os.sep}{environment}"

    def grid(self, name: str) -> Path:
        """`grid.json` of that grid; its tables lie beside it.

        Raises:
            UserError: for a name that cannot be a folder here.
        """
        if not NAME.fullmatch(name) or name == self.trials.name:
            raise UserError(
                f"grid name: {name!r} cannot be a folder in {self.results}; allowed: letters, digits, '.', '_' and "
                f"'-', not starting with a dot or dash, and not {self.trials.name!r}; rename the grid"
            )
        return self.results / name / "grid.json"

    def measured(self, name: str) -> Path:
        """What was decided for that grid by a measurement."""
        return self.grid(name).parent / "measured.json"

    def spent(self, name: str) -> Path:
        """The folder with what each run of that grid has spent."""
        return self.grid(name).parent / "spent"

    def rented(self, name: str) -> Path:
        """The folder with what each fleet that was rented for that grid has cost."""
        return self.grid(name).parent / "rented"


def _folders(parent: str, name: re.Pattern[str]) -> list[str]:
    """Names. The listing says what is a folder: thousands of trials are listed without a look at each."""
    try:
        with os.scandir(parent) as entries:
            return sorted(entry.name for entry in entries if name.fullmatch(entry.name) and entry.is_dir())
    except FileNotFoundError:  # not made yet, or removed since its parent was listed
        return []
