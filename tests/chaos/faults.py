"""What may happen to a run. Each fault is done to real processes and real files, at a moment that chance picks."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from tests.chaos.runs import RUN, Runs

Fault = Callable[[Runs, random.Random], None]

#: Files of a store that a power cut may leave torn.
TEARABLE = (
    "trials/*/*/status.json",
    "trials/*/*/spec.json",
    "trials/*/*/result.json",
    "trials/*/*/curve.*.parquet",
    "trials/*/*/environment.*.json",
    "trials/*/*/code.*.json",
    "trials/*/*/progress.json",
    "trials/*/*/lease.json",
    "trials/*/*/checkpoint/*.ckpt",
    "trials/index.sqlite",
)


def kill(kind: str) -> Fault:
    """SIGKILL of one process of that kind."""

    def fault(runs: Runs, chance: random.Random) -> None:
        process = _one(runs, kind, chance)
        if process is not None:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    return fault


def stop(kind: str, longest: float) -> Fault:
    """SIGSTOP of one process of that kind for up to so many seconds, as when a laptop's lid is closed."""

    def fault(runs: Runs, chance: random.Random) -> None:
        process = _one(runs, kind, chance)
        if process is None:
            return
        with suppress(psutil.NoSuchProcess):
            process.suspend()
            time.sleep(chance.uniform(0.5, longest))
            process.resume()

    return fault


def kill_node(runs: Runs, chance: random.Random) -> None:
    """Everything that runs trials goes at once: workers, raylet, and Ray's own server."""
    for kind in ("raylet", "gcs", "worker"):
        for process in runs.processes(kind):
            with suppress(psutil.NoSuchProcess):
                process.kill()


def two_drivers(runs: Runs, chance: random.Random) -> None:
    """Somebody starts the same grid once more."""
    if len(runs.living()) < 2:
        runs.start()


def interrupt(runs: Runs, chance: random.Random) -> None:
    """Ctrl-C."""
    driver = _one(runs, "driver", chance)
    if driver is not None:
        with suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGINT)


def full_disk(runs: Runs, chance: random.Random) -> None:
    """The disk has no room for some seconds."""
    filler = runs.results.parent / "filler"
    with suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(b"\0" * 65536)
            file.flush()
    time.sleep(chance.uniform(1.0, 4.0))
    filler.unlink()


def torn_file(runs: Runs, chance: random.Random) -> None:
    """The power is cut: every driver dies, and a file is left cut short or with other bytes. Then `doctor --store`."""
    for driver in runs.living():
        runs.processes("driver")
        with suppress(ProcessLookupError):
            driver.kill()
        driver.wait()
    pattern = chance.choice(TEARABLE)
    files = sorted(runs.results.glob(pattern))
    if files:
        tear(chance.choice(files), chance)
    command = [sys.executable, "-c", RUN, "doctor", "--store", "--results", str(runs.results)]
    with runs.log.open("ab") as said:
        subprocess.run(command, stdout=said, stderr=said, check=False, timeout=120)


def tear(path: Path, chance: random.Random) -> None:
    """Cuts the file short, empties it, or turns bytes over."""
    data = bytearray(path.read_bytes())
    how = chance.choice(("cut", "empty", "turn"))
    if how == "turn" and data:
        for _ in range(8):
            data[chance.randrange(len(data))] ^= 0xFF
    path.write_bytes(b"" if how == "empty" else bytes(data[: len(data) // 2]) if how == "cut" else bytes(data))


def _one(runs: Runs, kind: str, chance: random.Random) -> psutil.Process | None:
    found = runs.processes(kind)
    return chance.choice(found) if found else None


FAULTS: dict[str, Fault] = {
    "kill driver": kill("driver"),
    "kill worker": kill("worker"),
    "kill raylet": kill("raylet"),
    "kill Ray Tune": kill("pool"),
    "kill node": kill_node,
    "stop driver": stop("driver", 6.0),
    "stop worker": stop("worker", 6.0),
    "stop raylet": stop("raylet", 6.0),
    "Ctrl-C": interrupt,
    "two drivers": two_drivers,
    "torn file": torn_file,
    "full disk": full_disk,
}
