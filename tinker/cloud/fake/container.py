"""Stands for a pod's container: runs its command, starts it again when it exits, and ends all of it with the fake.

It is a process of its own, told on its standard input (JSON, one line) what to run. When that input ends, because the
pod is deleted or the fake is dead, it kills what belongs to the pod and removes the pod's folder.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinker.cloud.fake.belongings import end_all

#: From linux/prctl.h: what loses its parent becomes a child of this process, so that it can be found.
SUBREAPER = 36
#: Between two starts of a command that exits, seconds.
PAUSE = 0.2


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    told: dict[str, Any] = json.loads(_line())
    child: int | None = None
    start = 0.0
    with open(told["log"], "ab") as log:  # noqa: PTH123 - from a string, as it came
        while not select.select([0], [], [], 0.05)[0]:
            if child is None and time.monotonic() >= start:
                child = _start(told, log)
                start = time.monotonic() + PAUSE  # where it could not be started
            with suppress(ChildProcessError):
                while ended := os.waitpid(-1, os.WNOHANG)[0]:
                    if ended == child:  # its other processes end with it, as in any container
                        end_all(told["pod"], told["folder"], os.getpid())
                        child, start = None, time.monotonic() + PAUSE
    end_all(told["pod"], told["folder"], os.getpid())
    with suppress(OSError, ValueError, KeyError):  # Ray's own files, which a machine that is gone takes with it
        shutil.rmtree(json.loads(Path(told["folder"], "ray.json").read_text())["temp"], ignore_errors=True)
    shutil.rmtree(told["folder"], ignore_errors=True)


def _line() -> bytes:
    """Read byte by byte: what is buffered, `select` does not see."""
    found = b""
    while not found.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        found += byte
    return found


def _start(told: dict[str, Any], log: Any) -> int | None:
    try:
        return subprocess.Popen(
            told["command"],
            env=told["env"],
            cwd=told["folder"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ).pid
    except OSError as error:
        log.write(f"container: {error}\n".encode())
        log.flush()
        return None


if __name__ == "__main__":
    main()
