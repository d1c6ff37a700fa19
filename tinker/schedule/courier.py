"""`depot.py` across machines: an actor on the driver's, made by the first worker that does not see the results.

It belongs to nobody, since that worker may end long before the run; it ends itself when the driver has.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, ActorUnschedulableError, RayActorError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from tinker.schedule.depot import Depot, Stamp
from tinker.schedule.far import Unreached
from tinker.store.drivers import Watch

#: Seconds between two looks at the driver; for which an actor that cannot be reached is asked again; between two tries.
LOOK, PATIENCE, PAUSE = 2.0, 60.0, 1.0


class Courier(Depot):
    """The actor."""

    def __init__(self, results: str, driver: str) -> None:
        super().__init__(Path(results))
        threading.Thread(target=_end_with, args=(Watch(Path(results)), driver), daemon=True).start()


def _end_with(watch: Watch, driver: str) -> None:
    while not watch.gone(driver):
        time.sleep(LOOK)
    os._exit(0)


class Reached:
    """The actor as a worker asks it: a `tinker.schedule.far.Far`.

    Args:
        results: the folder, as the driver names it.
        driver: its token.
        home: its node.
    """

    def __init__(self, results: str, driver: str, home: str) -> None:
        self._actor: Any = (
            ray.remote(Courier)
            .options(
                name=f"tinker-courier-{driver}",
                namespace="tinker",
                lifetime="detached",
                get_if_exists=True,
                num_cpus=0,
                scheduling_strategy=NodeAffinitySchedulingStrategy(home, soft=False),
            )
            .remote(results, driver)
        )

    def open(self, trial: str) -> int:
        return int(self._ask(lambda: self._actor.open.remote(trial)))

    def listing(self, trials: list[str]) -> dict[str, dict[str, Stamp]]:
        found: dict[str, dict[str, Stamp]] = self._ask(lambda: self._actor.listing.remote(trials))
        return found

    def read(self, trial: str, name: str, stamp: Stamp, offset: int) -> bytes | None:
        piece: bytes | None = self._ask(lambda: self._actor.read.remote(trial, name, stamp, offset))
        return piece

    def write(self, trial: str, turn: int, name: str, offset: int, data: bytes, changed: int | None) -> None:
        self._ask(lambda: self._actor.write.remote(trial, turn, name, offset, data, changed))

    def remove(self, trial: str, turn: int, name: str) -> None:
        self._ask(lambda: self._actor.remove.remote(trial, turn, name))

    def stopped(self, name: str) -> bool:
        return bool(self._ask(lambda: self._actor.stopped.remote(name)))

    def _ask(self, call: Callable[[], Any]) -> Any:
        """A network that is away for a moment costs no trial: every call may be made twice."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return ray.get(call())
            except (RayActorError, ActorUnschedulableError) as error:
                if not isinstance(error, ActorUnavailableError) or time.monotonic() > end:
                    raise Unreached(str(error).strip().partition("\n")[0]) from error
                time.sleep(PAUSE)


__all__ = ["Courier", "Reached"]
