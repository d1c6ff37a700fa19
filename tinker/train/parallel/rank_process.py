"""A rank's process, from its birth in the nursery to its end.

It reads its job, one line of JSON, from stdin and answers with lines of JSON on stdout. When stdin ends, so has the
process that asked for it, and this one ends too: no rank outlives its trial, however that was killed.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from tinker.errors import UserError
from tinker.spec import TrialSpec
from tinker.store.layout import TrialFolder
from tinker.train.parallel import ranks
from tinker.train.probation import probe
from tinker.train.trial import Hooks, run_trial

#: Seconds between two reports of progress, and between two signs of life.
PROGRESS_EVERY = 0.1


def be_a_rank() -> NoReturn:
    """One job, from start to end; its result or its error is the last line."""
    say, stop = _Mouth(), threading.Event()
    line, _, rest = _read_line().partition(b"\n")
    if rest:
        stop.set()
    threading.Thread(target=_listen, args=(stop,), daemon=True).start()
    try:
        say("result", result=_do(json.loads(line), say, stop))
    except UserError as error:
        say("error", text=str(error), mendable=True)
        os._exit(1)  # an orderly end would wait for the other ranks
    except BaseException:
        say("error", text=traceback.format_exc(), mendable=False)
        os._exit(1)
    os._exit(0)  # whatever else is at an end of a process belongs to the nursery


def _do(job: dict[str, Any], say: _Mouth, stop: threading.Event) -> dict[str, Any] | None:
    """What rank 0 found; None on the others."""
    os.environ.clear()
    os.environ.update(job["environment"], LOCAL_RANK=str(job["rank"]), NODE_RANK="0")
    os.chdir(job["cwd"])
    spec, folder, first = TrialSpec.from_dict(job["spec"]), Path(job["folder"]), job["rank"] == 0
    if first:
        logging.getLogger().addHandler(_Told(say))
        logging.captureWarnings(True)
    told = 0.0

    def progress(step: int, steps: int) -> None:
        nonlocal told
        if first and (time.monotonic() - told >= PROGRESS_EVERY or step == steps):
            told = time.monotonic()
            say("progress", step=step, steps=steps)

    lived = 0.0

    def alive() -> None:
        nonlocal lived
        if first and time.monotonic() - lived >= PROGRESS_EVERY:
            lived = time.monotonic()
            say("alive")

    accelerator = spec.config["train"]["accelerator"]
    with ranks.joined(job["rank"], job["ranks"], accelerator, Path(job["meeting"])):
        if job["task"] == "probation":
            found = probe(spec, TrialFolder(folder), alive)
        else:
            found = run_trial(spec, folder, Hooks(progress, stop.is_set, alive)).as_dict()
    return found if first else None


class _Mouth:
    """Says lines of JSON on what was stdout; what libraries print goes to stderr from now on."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def __call__(self, kind: str, **content: Any) -> None:
        with self._lock:
            self._file.write(json.dumps({"kind": kind, "time": time.monotonic(), **content}) + "\n")
            self._file.flush()


class _Told(logging.Handler):
    """Hands log records to the process that asked for this one."""

    def __init__(self, say: _Mouth) -> None:
        super().__init__()
        self.say = say

    def emit(self, record: logging.LogRecord) -> None:
        self.say("log", name=record.name, level=record.levelno, text=record.getMessage())


def _read_line() -> bytes:
    """At least one line of stdin."""
    read = b""
    while b"\n" not in read:
        more = os.read(0, 1 << 16)
        if not more:
            os._exit(1)
        read += more
    return read


def _listen(stop: threading.Event) -> None:
    while os.read(0, 64):  # the only further word is to stop
        stop.set()
    os._exit(1)
