"""Who works in a results folder, and whether it really does."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from tinker.store.drivers import Driver, drivers, presence_file

#: A driver writes every 5 s: one that has not for so long is busy with something else than living.
SILENT = 30.0  # seconds

Life = Literal["working", "silent", "stopped", "dead"]


@dataclass(frozen=True)
class Working:
    """A driver; `silence` is the seconds since it wrote last, by this machine's clock.

    silent: it does not write, and nobody here can tell why. stopped: its process is held (SIGSTOP). dead: it is gone.
    """

    driver: Driver
    life: Life
    silence: float

    @property
    def grids(self) -> list[str]:
        """Names of those that it runs."""
        return [str(grid["name"]) for grid in self.said_grids if grid.get("name")]

    @property
    def said_grids(self) -> list[dict[str, Any]]:
        """What it says of each."""
        return self._said("grids", "name")

    @property
    def said_running(self) -> list[dict[str, Any]]:
        """What it says of the trials that its workers have."""
        return self._said("running", "trial")

    def _said(self, what: str, key: str) -> list[dict[str, Any]]:
        """Another version of tinker may say other things."""
        found = self.driver.said.get(what)
        return [one for one in found if isinstance(one, dict) and key in one] if isinstance(found, list) else []

    @property
    def who(self) -> str:
        """`process 4711 on node-1`."""
        return f"process {self.driver.pid} on {self.driver.host}"

    @property
    def trouble(self) -> str:
        """What is to be known of one that does not work; empty of one that does."""
        match self.life:
            case "stopped":
                return f"is held (SIGSTOP), and goes on with: kill -CONT {self.driver.pid}"
            case "silent":
                return f"has given no sign of life for {self.silence:.0f} s"
            case "dead":
                return "has died; what it had running goes on with the next `tinker run`"
        return ""


def working(results: Path) -> list[Working]:
    """Every driver that there is a trace of, the earliest first."""
    return [_seen(results, driver) for driver in drivers(results)]


def _seen(results: Path, driver: Driver) -> Working:
    silence = 0.0
    with suppress(OSError):
        silence = max(0.0, time.time() - presence_file(results, driver.token).stat().st_mtime)
    if driver.dead:
        return Working(driver, "dead", silence)
    if driver.here:
        with suppress(psutil.Error):
            if psutil.Process(driver.pid).status() == psutil.STATUS_STOPPED:
                return Working(driver, "stopped", silence)
    return Working(driver, "silent" if silence > SILENT else "working", silence)
