"""What a run shows while it goes on: bars in a terminal, a line per event in a pipe; on stderr."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from tinker.schedule.job import Job, Stage
from tinker.schedule.work import Task
from tinker.spec import TrialSpec

#: Seconds between two signs of life in a pipe, and between two drawings in a terminal.
QUIET_FOR, DRAW_EVERY = 60.0, 0.5
#: Not the end of a trial: it comes again.
COMES_AGAIN = ("retry", "superseded")


class Live:
    """A `View` for people.

    Args:
        fraction: how far a running trial is, 0 to 1.
    """

    def __init__(self, console: Console, fraction: Callable[[TrialSpec], float]) -> None:
        self.console, self.fraction = console, fraction
        self.total = 0
        self.ended: Counter[str] = Counter()
        self._note = ""
        self._running: dict[str, tuple[TrialSpec, float]] = {}
        self._began: float | None = None
        self._told = self._drawn = time.monotonic()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        if console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[note]}"),
                console=console,
                transient=True,
                auto_refresh=False,
            )
            self._all = self._progress.add_task("", total=self.total, note="starting workers")
            self._progress.start()

    def close(self) -> None:
        """Takes the bars away."""
        if self._progress:
            self._progress.stop()

    def stage(self, grid: str, stage: Stage, done: Collection[str]) -> None:
        self.total += sum(job.spec.id not in done for job in stage.jobs)
        if self._progress:
            self._progress.update(self._all, total=self.total)

    def note(self, text: str) -> None:
        if text != self._note:
            self._note = text
            self._say(text)

    def started(self, job: Job, task: Task) -> None:
        spec, now = job.spec, time.monotonic()
        self._began = self._began or now
        self._running[spec.id] = (spec, now)
        if self._progress:
            name = job.label + (" (probation)" if task == "probation" else "")
            self._tasks[spec.id] = self._progress.add_task(name, total=1.0, note="")

    def finished(self, job: Job, status: str, note: str) -> None:
        spec = job.spec
        _, since = self._running.pop(spec.id, (spec, time.monotonic()))
        if self._progress and spec.id in self._tasks:
            self._progress.remove_task(self._tasks.pop(spec.id))
        if status not in COMES_AGAIN:
            self.ended[status] += 1
        seconds = time.monotonic() - since
        count = f"[{sum(self.ended.values())}/{self.total}]"
        line = f"{count} {job.label}: {status} in {duration(seconds)}" + (f", {note}" if note else "")
        self._say(line if self._progress else f"{line}{self._left(', about {} left')}")

    def refresh(self) -> None:
        now = time.monotonic()
        if self._progress and now - self._drawn >= DRAW_EVERY:
            self._drawn = now
            for trial_id, (spec, _) in self._running.items():
                done = self.fraction(spec)
                self._progress.update(self._tasks[trial_id], completed=done, note=f"{done:.0%}")
            self._progress.update(self._all, completed=self._units(), description="all trials", note=self._counts())
            self._progress.refresh()
        elif not self._progress and now - self._told >= QUIET_FOR:
            self._say(f"{self._counts()}")

    def _say(self, text: str) -> None:
        self._told = time.monotonic()
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _units(self) -> float:
        return sum(self.ended.values()) + sum(self.fraction(spec) for spec, _ in self._running.values())

    def _counts(self) -> str:
        done = sum(self.ended.values())
        failed = f", {self.ended['failed']} failed" if self.ended["failed"] else ""
        return f"{done} of {self.total} done{failed}, {len(self._running)} running{self._left(', about {} left')}"

    def _left(self, sentence: str) -> str:
        units = self._units()
        if self._began is None or units < 0.05 or units >= self.total:
            return ""
        elapsed = time.monotonic() - self._began
        return sentence.format(duration(elapsed / units * (self.total - units)))


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.4 h`: two digits are enough for a person."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
