"""`tinker run` as a user starts it, and what the faults are aimed at: its processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

import tinker

RUN = "import sys; from tinker.cli.entry import main; sys.argv[0] = 'tinker'; main()"


class Runs:
    """The drivers that are at work on one grid."""

    def __init__(self, grid: Path, results: Path, log: Path) -> None:
        self.grid, self.results, self.log = grid, results, log
        self.drivers: list[subprocess.Popen[bytes]] = []
        self.codes: list[int] = []
        self.started: dict[int, psutil.Process] = {}

    def start(self) -> None:
        """One more driver."""
        environment = {**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
        with self.log.open("ab") as said:
            command = [sys.executable, "-c", RUN, "run", str(self.grid), "--results", str(self.results)]
            process = subprocess.Popen(command, env=environment, stdout=said, stderr=said, start_new_session=True)
        self.drivers.append(process)

    def living(self) -> list[subprocess.Popen[bytes]]:
        """Those that run; the others' exit codes are noted."""
        for driver in [driver for driver in self.drivers if driver.poll() is not None]:
            self.drivers.remove(driver)
            self.codes.append(driver.returncode)
        return self.drivers

    def processes(self, kind: str) -> list[psutil.Process]:
        """Of one kind: `driver`; `pool`, which runs Ray Tune; `worker`; `raylet`; `gcs`."""
        found = []
        for driver in self.living():
            try:
                family = [psutil.Process(driver.pid), *psutil.Process(driver.pid).children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
            self.started |= {process.pid: process for process in family}
            found += [process for process in family if kind_of(process, driver.pid) == kind]
        return found

    def progress(self) -> int:
        """Results so far."""
        return len(list(self.results.glob("trials/*/*/result.json")))

    def wait(self, seconds: float) -> bool:
        """Until every driver has ended; whether they have."""
        end = time.monotonic() + seconds
        while self.living() and time.monotonic() < end:
            time.sleep(0.1)
        return not self.drivers

    def close(self) -> list[psutil.Process]:
        """Kills what is left of the drivers; returns what they had started and what has outlived them for long."""
        for driver in self.living():
            self.processes("driver")
            driver.kill()
            driver.wait()
        _, left = psutil.wait_procs(self.started.values(), timeout=40)
        for process in left:
            process.kill()
        return left


def kind_of(process: psutil.Process, driver: int) -> str:
    """What the process is to its driver."""
    try:
        name, command = process.name(), " ".join(process.cmdline())
    except psutil.Error:
        return "gone"
    if process.pid == driver:
        return "driver"
    if "ResourceTrainable" in command or "TrialActor" in command:  # Tune's wrapper of the actor's class
        return "worker"
    if name.startswith("raylet"):
        return "raylet"
    if name.startswith("gcs_server"):
        return "gcs"
    return "pool" if "spawn_main" in command else "other"
