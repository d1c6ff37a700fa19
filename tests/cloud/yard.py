"""An account with pods in every standing, and the state of one user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import httpx2

from tests.cloud.flight import Scripted
from tinker.cloud.account import reap_now
from tinker.cloud.api.client import Api
from tinker.cloud.api.clock import ServerClock
from tinker.cloud.api.wire import Pod, PodOrder
from tinker.cloud.fake.clock import VirtualClock
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.ledger import Ledger
from tinker.cloud.owned import DEADLINE, FLEET, OWNER
from tinker.cloud.reap import Found, Standing, look, reap, release
from tinker.cloud.state import FleetFolder, State
from tinker.grid.fleet import Fleet

HOUR = 3600.0
Rescue = Callable[[Found], None]


class Yard:
    """An account with pods in every standing, and this user's state."""

    def __init__(self, folder: Path, fake: FakeRunPod, clock: VirtualClock) -> None:
        self.folder, self.fake, self.clock, self.state = folder, fake, clock, State(folder / "state")
        self.silent = False
        self.said: list[str] = []
        line = Scripted(lambda request: httpx2.Response(503) if self.silent else None)
        self.api = Api(fake.key, fake.url, transport=line, sleep=lambda seconds: None)
        self.api._wires.clock = ServerClock(clock.now)

    def fleet(self) -> FleetFolder:
        """A fleet of this user's, whose launcher is dead."""
        folder = self.state.new_fleet()
        about = {"grid": "g", "results": str(self.folder / "results"), "fleet": asdict(Fleet())}
        Ledger(folder.ledger).write("fleet", name=folder.name, on="runpod", **about)
        return folder

    def order(self, name: str, fleet: str, owner: str | None = None, hours: float = 2.0) -> Pod:
        env = {OWNER: owner or self.state.owner(), FLEET: fleet, DEADLINE: str(int(self.clock.now() + hours * HOUR))}
        return self.api.create_pod(PodOrder(name, "image", "NVIDIA L4", 1, "SECURE", 40, env, ("sleep", "1")))

    def pod(self, folder: FleetFolder, number: int = 1, *, noted: bool = True, hours: float = 2.0) -> Pod:
        """A pod of that fleet; without `noted` its launcher died before it had an answer."""
        name, now, ledger = f"{folder.name}-{number}", self.clock.now(), Ledger(folder.ledger)
        ledger.write("intent", name=name, card="NVIDIA L4", usd_per_hour=0.43, since=now, deadline=now + hours * HOUR)
        pod = self.order(name, folder.name, hours=hours)
        if noted:
            facts = {"pod_id": pod.id, "usd_per_hour": 0.43, "since": pod.created, "data_center": "EU", "image": "i"}
            ledger.write("created", name=name, **facts)
        return pod

    def reap(self, *, everything: bool = False, rescue: Rescue = lambda found: None) -> dict[str, Standing]:
        """What was found, by name; those that were to go are gone."""
        found = look(self.api, self.state)
        try:
            left = reap(
                self.api, found, self.said.append, everything=everything, rescue=rescue, wait=self.clock.advance
            )
        finally:
            release(found)
        assert left == []
        return {each.mine.pod.name: each.standing for each in found}

    def reap_now(self, *, everything: bool = False, quiet: bool = False) -> bool:
        """As the command does it; what it says is kept alone."""
        self.said.clear()
        asked = {"everything": everything, "quiet": quiet}
        return reap_now(self.said.append, self.api, self.state, wait=self.clock.advance, **asked)

    def living(self) -> set[str]:
        return {pod.name for pod in self.fake.living}
