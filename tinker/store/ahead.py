"""A look at the folders of all a grid's trials on another core, while this one imports what a report needs.

Ten thousand folders take as long as those imports. The other process is forked before anything is imported that has
threads, so it has to be begun first thing by a command of ours, and never by a library.
"""

from __future__ import annotations

import json
import marshal
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tinker.provenance.hardware import cores
from tinker.store.layout import Layout
from tinker.store.reading import TICK, Glance, glance

#: Trial id, environment class, path of the folder, and what it looks like.
Look = tuple[str, str, str, Glance]


def looks(layout: Layout, ids: Iterable[str]) -> Iterator[Look]:
    """Each folder of these trials, in the order of `Layout.every_place`."""
    for trial_id, environment_class, path in layout.every_place(ids):
        seen = glance(path)
        if seen is not None:
            yield trial_id, environment_class, path, seen


class LookAhead:
    """What another process sees. It is taken once, or not at all."""

    def __init__(self, process: int, answer: int, began: float) -> None:
        self._process, self._answer, self._began = process, answer, began

    def taken(self, ids: set[str], tables: Path) -> list[Look] | None:
        """As `looks`, of a moment since this was begun.

        None where it looked at other trials, as of a grid that has changed since; where it died; and where `tables`
        were written after it began, since whoever wrote them may have seen more: a report never goes back in time.
        """
        with os.fdopen(self._answer, "rb", closefd=False) as pipe:
            data = pipe.read()
        with suppress(FileNotFoundError):
            if tables.stat().st_mtime > self._began - TICK:
                return None
        try:
            seen_ids, seen = marshal.loads(data)
        except (EOFError, ValueError, TypeError):
            return None
        if set(seen_ids) != ids:
            return None
        return [(trial_id, kind, path, Glance(stamp, settled)) for trial_id, kind, path, stamp, settled in seen]

    def close(self) -> None:
        """Ends the other process, if it has not ended."""
        os.close(self._answer)
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        with suppress(ChildProcessError):  # where whoever started us has children reaped by themselves
            os.waitpid(self._process, 0)


@contextmanager
def look_ahead(results: Path, grid: str) -> Iterator[LookAhead | None]:
    """Begun with the block, ended with it. None where no process can be forked, or it would have no core."""
    if not hasattr(os, "fork") or threading.active_count() > 1 or cores() < 2:
        yield None
        return
    began = time.time()
    answer, told = os.pipe()
    try:
        process = os.fork()
    except OSError:  # a limit of processes or of memory
        os.close(answer)
        os.close(told)
        yield None
        return
    if not process:
        _look(results, grid, answer, told)
    os.close(told)
    ahead = LookAhead(process, answer, began)
    try:
        yield ahead
    finally:
        ahead.close()


def _look(results: Path, grid: str, answer: int, told: int) -> None:
    """The other process. Whatever goes wrong, it ends here, and its answer is no answer."""
    try:
        os.close(answer)  # else it would wait for ever where its parent is killed and nobody reads
        layout = Layout(results)
        cells = json.loads(layout.grid(grid).read_bytes())["cells"]
        ids = sorted({cell["trial_id"] for cell in cells})
        seen = [(trial_id, kind, path, s.stamp, s.settled) for trial_id, kind, path, s in looks(layout, ids)]
        with os.fdopen(told, "wb") as pipe:
            pipe.write(marshal.dumps((ids, seen)))
    finally:
        os._exit(0)
