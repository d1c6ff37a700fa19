"""A driver shows that it lives: `results/.drivers/<token>.json`, rewritten every few seconds by a thread of its own.

Beside it `<token>.stop` asks that driver to stop. Who watches a driver of another machine compares what the file holds
now with what it held at the last look, and measures the time between by his own monotonic clock: wall clocks jump, and
differ between machines.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from tinker.errors import UserError
from tinker.store.atomic import write_bytes
from tinker.store.drivers import Holder, presence_file, remove, stop_file, sweep
from tinker.store.process import birth, machine
from tinker.store.strict_json import encode

BEAT = 5.0  # seconds
ASK_EVERY = 1.0  # seconds


class Presence:
    """This process as a driver; `with` it, others see it. May be entered once.

    Attributes:
        token: names this driver, and nothing else ever.
        holder: what others are told of it.
        stop_file: when it appears, the driver and its workers save their state and end. An absolute path.
    """

    def __init__(self, results: Path, *, beat: float = BEAT) -> None:
        self.results = results.resolve()
        self.token = uuid.uuid4().hex
        self.path = presence_file(self.results, self.token)
        self.stop_file = stop_file(self.results, self.token)
        self._period, self._beats = beat, 0
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.holder = Holder(self.token, os.getpid(), platform.node(), now)
        self._about = {
            "token": self.token,
            "pid": self.holder.pid,
            "host": self.holder.host,
            "machine": machine(),
            "born": birth(self.holder.pid),
            "command": shlex.join(sys.argv),
            "started": now,
        }
        self._said: dict[str, Any] = {}
        self._asked, self._stop = float("-inf"), False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="tinker-presence", daemon=True)

    def say(self, what: Mapping[str, Any]) -> None:
        """What others are to know of this driver from its next beat on. Plain data, which is copied.

        Raises:
            TypeError: for what JSON cannot hold.
        """
        encode(what)  # here, where the caller sees the mistake, and not in the thread
        self._said = dict(what)

    def asked_to_stop(self) -> bool:
        """Whether somebody made the stop file. To be asked as often as one likes: the disk is, once a second."""
        if not self._stop and time.monotonic() - self._asked >= ASK_EVERY:
            self._asked, self._stop = time.monotonic(), self.stop_file.exists()
        return self._stop

    def __enter__(self) -> Presence:
        """
        Raises:
            UserError: the results folder cannot be written.
        """
        self._write()
        sweep(self.results)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(self._period)  # not for ever: a network file system may hang
        remove(self.results, self.token)

    def _beat(self) -> None:
        while not self._end.wait(self._period):
            try:
                self._write()
            except (OSError, UserError):
                # A disk without room for a file still takes a new time for an old one, which is a sign of life too.
                with suppress(OSError):
                    os.utime(self.path, ns=(time.time_ns(), time.time_ns()))

    def _write(self) -> None:
        self._beats += 1
        data = encode({**self._about, "beat": self._beats, "said": self._said})
        write_bytes(self.path, data, durable=False)
