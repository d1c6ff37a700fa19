"""The process that runs Ray Tune, as the driver sees it: items in, events out, and a new one when it is lost.

Ray stays out of the driver's process, which holds the leases and writes the results: a Ray that is killed, hangs or
eats the machine's memory takes no more with it than the trials that were running.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from tinker.errors import FAILED, UserError
from tinker.schedule.cluster import Capacity, guard
from tinker.schedule.events import Crashed, Ended, Event, Lost, Over, Started, Up
from tinker.schedule.undisturbed import deaf, undisturbed
from tinker.schedule.work import Outcome, WorkItem

#: Seconds without a sign of life after which the process is taken for hung; while Ray starts, and from then on.
STARTING, SILENT = 300.0, 90.0
#: Of what it said last, so many characters are worth repeating; Ray's own lines begin with a time and a place.
WORDS = 160
_STAMP = re.compile(r"^\[[^]]*\]( \S+:\d+:)?")
#: Seconds that it gets to leave a cluster in peace before it is killed.
CLOSING = 20.0
#: What the process and Ray say, in its scratch folder.
LOG = "said.log"


class Executor:
    """One process at a time. A context: Ray is up until it exits, whatever number of sessions it serves.

    Attributes:
        capacity: what Ray has by now, since machines come and go; None until it is up.
    """

    def __init__(self) -> None:
        self.capacity: Capacity | None = None
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._heard = 0.0
        self._in_session = False
        self._scratch, self._was_up = "", False

    def __enter__(self) -> Executor:
        try:
            self._start()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        at_once = self.capacity is None or (kind is not None and issubclass(kind, KeyboardInterrupt))
        if self._process is not None and not at_once and "RAY_ADDRESS" in os.environ:  # ours can go as it is
            self._send("end")
            self._send("close")
            self._process.join(CLOSING)
        with undisturbed():
            self._kill()

    def begin(self) -> None:
        """Opens a session: items may be submitted."""
        self._in_session = True
        self._heard = time.monotonic()
        self._send("begin")

    def end(self) -> None:
        """Closes the session; items that are running are cut off, and `Over` follows."""
        self._in_session = False
        self._send("end")

    def submit(self, number: int, item: WorkItem, resources: Mapping[str, float], line: str, width: int) -> None:
        """Queues an item, which takes a worker with these resources (`CPU`, `GPU`); a line runs `width` at once."""
        self._send("item", number, json.dumps(item.as_dict()), dict(resources), line, width)

    def kill(self, number: int) -> None:
        """Kills the worker that has the item, which then counts as crashed."""
        self._send("kill", number)

    def poll(self, timeout: float) -> list[Event]:
        """What has happened; waits up to `timeout` seconds for the first event.

        Raises:
            UserError: Ray does not start.
        """
        assert self._process is not None
        assert self._pipe is not None
        wait([self._pipe, self._process.sentinel], timeout)
        events = list(self._read(self._pipe))
        if events:
            return events
        silent = time.monotonic() - self._heard
        if not self._process.is_alive():
            return [Lost(f"its process ended ({_how(self._process.exitcode)}){self._last_words()}")]
        if silent > (SILENT if self.capacity else STARTING) and (self._in_session or self.capacity is None):
            return [Lost(f"it gave no sign of life for {silent:.0f} s")]
        return []

    def restart(self) -> None:
        """Another Ray in the place of one that was lost, in the same session."""
        self._kill()
        self._start()
        if self._in_session:
            self._send("begin")

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.capacity = None
        self._pipe, theirs = context.Pipe()
        self._scratch = tempfile.mkdtemp(prefix="tinker-ray-")
        self._process = context.Process(target=_serve, args=(theirs, self._scratch), name="tinker-ray")
        resource_tracker.ensure_running()  # or else `start` does it, and lets Ctrl-C through
        with undisturbed():
            self._process.start()
        theirs.close()
        self._heard = time.monotonic()

    def _read(self, pipe: Connection) -> Iterator[Event]:
        try:
            while pipe.poll():
                event = self._event(*pipe.recv())
                self._heard = time.monotonic()
                if event is not None:
                    yield event
        except (EOFError, OSError):
            return  # that it ended is seen next

    def _event(self, word: str, *rest: Any) -> Event | None:
        match word:
            case "up":
                self.capacity, self._was_up = Capacity.from_dict(rest[0]), True
                return Up(self.capacity)
            case "capacity":
                self.capacity = Capacity.from_dict(rest[0])
            case "started":
                return Started(rest[0])
            case "ended":
                return Ended(rest[0], tuple(Outcome.from_dict(outcome) for outcome in rest[1]))
            case "crashed":
                return Crashed(rest[0], rest[1])
            case "over":
                return Over()
            case "broken" if self._was_up:
                return Lost(rest[0])
            case "broken":
                raise UserError(rest[0], exit_code=FAILED)
        return None  # a sign of life

    def _send(self, *message: Any) -> None:
        try:
            if self._pipe is not None:
                self._pipe.send(message)
        except OSError:
            pass  # it is dead, which `poll` says

    def _last_words(self) -> str:
        log = Path(self._scratch, LOG)
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        said = _STAMP.sub("", lines[-1]).partition(". ")[0].strip() if lines else ""
        return f": {said[:WORDS]}" if said else ""

    def _kill(self) -> None:
        """Everything that the process has started: its own Ray, but not a cluster that it joined."""
        process, self._process = self._process, None
        if process is None or process.pid is None:  # no number means this very process to psutil
            return
        family: list[psutil.Process] = []
        try:
            root = psutil.Process(process.pid)
            family = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            pass
        for member in family:
            try:
                member.kill()
            except psutil.Error:  # gone, or not ours
                continue
        process.join()
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        shutil.rmtree(self._scratch, ignore_errors=True)


def _serve(pipe: Connection, scratch: str) -> None:
    deaf()
    guard()
    from tinker.schedule.pool import serve  # Ray is imported there, and nowhere in the driver's process

    serve(pipe, Path(scratch))


def _how(code: int | None) -> str:
    return f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
