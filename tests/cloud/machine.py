"""Machines that a test scripts, for `tests.cloud.flight`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cloud.light import LightHost
from tinker.cloud.fake.account import DEAD
from tinker.cloud.host import Command, Facts, Node, Say, Signs, Unreachable

if TYPE_CHECKING:
    from tests.cloud.flight import Flight


class Machine(LightHost):
    """As `LightHost`; each call is noted in the flight first, where a test may let something happen, and one whose pod
    is dead does not answer. A trial takes `flight.beats` signs of life."""

    def __init__(self, flight: Flight, pod: str) -> None:
        super().__init__(flight.folder / "machines", pod, flight.home)
        self.flight, self.beaten = flight, 0

    def _asked(self, what: str) -> None:
        self.flight.asked.append((what, self.pod))
        for happens in self.flight.on.get(what, ()):
            happens(self)
        if not self.flight.lives(self.pod):
            raise Unreachable(f"{self.pod} does not answer")

    def facts(self) -> Facts:
        self._asked("facts")
        return super().facts()

    def unpack(self, bundle: bytes) -> None:
        self._asked("unpack")
        super().unpack(bundle)

    def install(self, lock: str, say: Say) -> None:
        self._asked("install")

    def can_reach(self, address: str, port: int) -> bool:
        self._asked("can_reach")
        return DEAD not in (address, self.flight.address(self.pod))

    def start_ray(self, node: Node, token: str) -> str:
        self._asked("start_ray")
        return super().start_ray(node, token)

    def submit(self, command: Command) -> None:
        self._asked("submit")
        super().submit(command)

    def beat(self) -> Signs:
        self._asked("beat")
        self.beaten += 1
        if self.beaten % self.flight.beats:
            return Signs("running" if (self.folder / "job").exists() else "none")
        return super().beat()

    def log(self, start: int) -> bytes:
        self._asked("log")
        return super().log(start)

    def fetch(self, say: Say) -> int:
        self._asked("fetch")
        return super().fetch(say)

    def all_home(self) -> None:
        self._asked("all_home")

    def stop(self) -> None:
        self._asked("stop")
        super().stop()

    def close(self) -> None:
        self.flight.asked.append(("close", self.pod))
