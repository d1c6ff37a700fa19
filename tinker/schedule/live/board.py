"""The run as people see it, kept up to date event by event: nothing is read again that is known."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinker.schedule.job import Job, Phase, Stage
from tinker.schedule.live.effect import Effects
from tinker.schedule.live.pace import Pace, Running
from tinker.schedule.live.sheet import Cell, Sheet
from tinker.schedule.live.shown import Shown, Verdict
from tinker.schedule.live.source import Source, Stored
from tinker.schedule.live.words import ENDED, State
from tinker.schedule.work import Task

#: Seconds between two looks at how far running trials are.
LOOK_EVERY = 1.0
#: Failures that are kept in view.
FAILURES = 3
#: It comes again, or goes on later: it waits.
WAITS = ("retry", "superseded", "interrupted")


@dataclass(frozen=True)
class Failure:
    """A trial that was given up: its id, its name, why, and where its log lies."""

    trial: str
    label: str
    cause: str
    log: Path | None


@dataclass
class GridState:
    """One grid: what it is at, and a sheet for each phase that it has come to."""

    name: str
    shown: Shown | None
    phase: Phase = "comparing"
    words: str = ""
    sheets: dict[Phase, Sheet] = field(default_factory=dict)
    effects: Effects | None = None
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def sheet(self) -> Sheet:
        """Of the phase at hand."""
        return self.sheets.setdefault(self.phase, Sheet())

    @property
    def counts(self) -> Counter[State]:
        """Over all phases but pilots, whose trials come again."""
        total: Counter[State] = Counter()
        for phase, sheet in self.sheets.items():
            if phase != "pilot":
                total.update(sheet.counts)
        return total


@dataclass
class AtWork:
    """A trial that a worker has."""

    job: Job
    task: Task
    pace: Running
    cells: list[Cell]

    def look(self, source: Source) -> None:
        """Sees how far it is."""
        self.pace.first, self.pace.now = source.progress(self.job.spec)
        for cell in self.cells:
            cell.fraction = self.pace.now


class Board:
    """All grids of a run.

    Args:
        clock: seconds that only ever grow.
    """

    def __init__(self, source: Source, grids: Mapping[str, Shown], clock: Callable[[], float] = time.monotonic) -> None:
        self.source, self.clock = source, clock
        self.pace = Pace()
        self.running: dict[str, AtWork] = {}
        self.failures: deque[Failure] = deque(maxlen=FAILURES)
        self.grids = {name: _planned(name, shown) for name, shown in grids.items()}
        self._places: dict[str, list[tuple[GridState, Phase, Cell]]] = {}
        self._looked = float("-inf")

    def stage(self, grid: str, stage: Stage, done: Collection[str]) -> None:
        """As `View.stage`. Results of it that were stored before are read here, once."""
        state = self.grids.setdefault(grid, GridState(grid, None))
        state.phase, state.words = stage.phase, stage.words
        cells = {job.spec.id: self._cell(state, job) for job in stage.jobs}
        state.sheet.stage(list(cells.values()))
        new = [job.spec for job in stage.jobs if job.spec.id in done and cells[job.spec.id].state not in ENDED]
        stored = self.source.results(new)
        for job in stage.jobs:
            trial, cell = job.spec.id, cells[job.spec.id]
            if trial not in done:
                if cell.state in ENDED:
                    cell.become("waiting")
            elif cell.state not in ("done", "diverged"):
                known = stored.get(trial)
                cell.become(known.state if known else "done", self._value(state, known))
        if state.shown is not None:
            state.verdicts = state.shown.verdicts()

    def started(self, job: Job, task: Task) -> None:
        """As `View.started`."""
        now = self.clock()
        self.pace.began = now if self.pace.began is None else self.pace.began
        places = self._places.get(job.spec.id, [])
        cells = [cell for _, _, cell in places if cell.state not in ("done", "diverged")]
        for cell in cells:
            cell.become("running")
            cell.fraction = 0.0
        self.running[job.spec.id] = AtWork(job, task, Running(self._kind(job), now), cells)

    def finished(self, job: Job, status: str, note: str) -> float:
        """As `View.finished`. Returns the seconds for which a worker had it."""
        now, trial = self.clock(), job.spec.id
        at_work = self.running.pop(trial, None)
        if at_work is not None and at_work.task != "probation":
            at_work.look(self.source)
            whole = status == "done"
            self.pace.end(at_work.pace, now, whole=whole, lost=status in ("retry", "failed", "elsewhere"))
            self.pace.ended += status in ("done", "diverged", "failed")
        stored = self.source.result(job.spec) if status in ("done", "diverged", "held", "elsewhere") else None
        for state, phase, cell in self._places.get(trial, []):
            if status in WAITS:
                cell.become("waiting")
            elif status == "timed":
                cell.become("done" if phase == "pilot" else "waiting")
            elif status == "failed":
                cell.become("failed")
            elif stored is not None:
                cell.become(stored.state, self._value(state, stored))
            else:
                cell.become("diverged" if status == "diverged" else "done")
        if status == "failed":
            self.failures.append(Failure(trial, job.label, note, self.source.log(job.spec)))
        return 0.0 if at_work is None else now - at_work.pace.since

    def look(self) -> None:
        """Sees how far running trials are, at most once a second."""
        now = self.clock()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        for at_work in self.running.values():
            at_work.look(self.source)

    @property
    def counts(self) -> Counter[State]:
        """Over all grids."""
        total: Counter[State] = Counter()
        for state in self.grids.values():
            total.update(state.counts)
        return total

    @property
    def left(self) -> float | None:
        """Seconds until all that is known of is done."""
        waiting: Counter[str] = Counter()
        for state in self.grids.values():
            for phase, sheet in state.sheets.items():
                if phase != "pilot":
                    for row in sheet.rows.values():
                        waiting[_kind(state.name, phase, row.arm)] += row.counts["waiting"]
        return self.pace.left(self.clock(), [one.pace for one in self.running.values()], waiting)

    @property
    def spent(self) -> float | None:
        """Dollars, of the grids whose price is known."""
        known = [amount for s in self.grids.values() if s.shown and (amount := s.shown.spent()) is not None]
        return sum(known) if known else None

    def grid_of(self, trial: str) -> str:
        """The grid that asked for it, or the first of several."""
        return next((state.name for state, _, _ in self._places.get(trial, [])), "")

    def _cell(self, state: GridState, job: Job) -> Cell:
        key = job.seed if state.phase in ("comparing", "pilot") else job.spec.id
        cell = state.sheet.cell(job.arm, key)
        places = self._places.setdefault(job.spec.id, [])
        if not any(cell is other for _, _, other in places):
            places.append((state, state.phase, cell))
        return cell

    def _kind(self, job: Job) -> str:
        for state, phase, _ in self._places.get(job.spec.id, []):
            return _kind(state.name, phase, job.arm)
        return job.arm

    @staticmethod
    def _value(state: GridState, stored: Stored | None) -> float | None:
        return stored.value(state.shown.metric) if stored and state.shown else None


def _planned(name: str, shown: Shown) -> GridState:
    """A grid before its first stage: every trial that may be compared waits."""
    sheet = Sheet()
    for arm, seed in shown.cells:
        sheet.cell(arm, seed)
    return GridState(name, shown, sheets={"comparing": sheet}, effects=Effects(shown))


def _kind(grid: str, phase: Phase, arm: str) -> str:
    """Trials of one kind take about equally long; a pilot is a piece of what is compared."""
    return f"{grid}\n{'comparing' if phase == 'pilot' else phase}\n{arm}"
