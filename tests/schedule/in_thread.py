"""The driver with one worker in a thread of this process, where what Ray does is not what a test is about."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from tinker.schedule.cluster import Capacity
from tinker.schedule.events import Ended, Event, Started
from tinker.schedule.executor import Executor
from tinker.schedule.grid_run import run_grids
from tinker.schedule.work import WorkItem
from tinker.schedule.worker import execute


class InThread(Executor):
    """Does items one after another; `begun` has the trials with their tasks."""

    def __init__(self) -> None:
        super().__init__()
        self.capacity = Capacity(1.0, 0.0)
        self.begun: list[tuple[str, str]] = []
        self._items: queue.Queue[tuple[int, WorkItem] | None] = queue.Queue()
        self._events: queue.Queue[Event] = queue.Queue()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        self._items, self._events = queue.Queue(), queue.Queue()
        self._thread = threading.Thread(target=self._work, args=(self._items, self._events), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._items.put(None)
        if self._thread is not None:
            self._thread.join()

    def submit(self, number: int, item: WorkItem, resources: Mapping[str, float], line: str, width: int) -> None:
        self._items.put((number, item))

    def poll(self, timeout: float) -> list[Event]:
        try:
            return [self._events.get(timeout=timeout)]
        except queue.Empty:
            return []

    def _work(self, items: queue.Queue[tuple[int, WorkItem] | None], events: queue.Queue[Event]) -> None:
        while (taken := items.get()) is not None:
            number, item = taken
            self.begun += [(spec.id, item.task) for spec in item.specs]
            events.put(Started(number))
            events.put(Ended(number, tuple(execute(item))))


def run_here(grids: Path | Sequence[Path], results: Path, *overrides: str) -> tuple[int, str, list[tuple[str, str]]]:
    """`tinker run` without Ray: exit code, what it said, and what was begun: trials with their tasks."""
    said, executor = io.StringIO(), InThread()
    named = [grids] if isinstance(grids, Path) else grids
    console = Console(file=said, width=300)
    code = run_grids([str(grid) for grid in named], list(overrides), results, console, executor=executor)
    return code, said.getvalue(), executor.begun
