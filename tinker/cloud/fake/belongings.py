"""Which processes are a pod's, however far they have gone from the one that began them; and their end."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil


def belonging(pod_id: str, folder: str, keeper: int | None = None) -> list[psutil.Process]:
    """Those that carry the pod's id in their environment, name its folder, or descend from process `keeper`."""
    found: dict[int, psutil.Process] = {}
    if keeper is not None:
        with suppress(psutil.Error):
            found = {child.pid: child for child in psutil.Process(keeper).children(recursive=True)}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get("RUNPOD_POD_ID") == pod_id or any(folder in word for word in process.cmdline()):
                found[process.pid] = process
    return [process for process in found.values() if process.pid not in (os.getpid(), keeper)]


def end_all(pod_id: str, folder: str, keeper: int | None = None, seconds: float = 10.0) -> None:
    """Kills them, those that they begin meanwhile included."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        alive = []
        for process in belonging(pod_id, folder, keeper):
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    process.kill()
                    alive.append(process)
        if not alive:
            return
        psutil.wait_procs(alive, timeout=1.0)
