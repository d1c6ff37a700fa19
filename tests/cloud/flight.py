"""A launcher in this process over light pods: machines that a test scripts, a clock that only its waiting moves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2
import pytest

from tests.cloud.light import TRIALS
from tests.cloud.machine import Machine
from tinker.cloud.api.client import Api
from tinker.cloud.api.clock import ServerClock
from tinker.cloud.api.wire import Endpoint, Pod, PodOrder
from tinker.cloud.books import Patience
from tinker.cloud.caps import Caps
from tinker.cloud.cluster import THREADS, Freight
from tinker.cloud.crew import Errand
from tinker.cloud.fake.clock import VirtualClock
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.launch import Launch
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Placement
from tinker.cloud.owned import DEADLINE, FLEET, OWNER
from tinker.cloud.renting import Renting
from tinker.cloud.state import State
from tinker.cloud.watch import Rhythm
from tinker.grid.fleet import Fleet

__all__ = ["L4", "RTX", "Answers", "Flight", "Machine", "Scripted"]

L4, RTX = Placement("NVIDIA L4", 0.43, ("EU-RO-1",)), Placement("NVIDIA GeForce RTX 4090", 0.69, ("EU-RO-1",))
Answers = Callable[[httpx2.Request], httpx2.Response | None]


class Scripted(httpx2.HTTPTransport):
    """The line to the fake. `says` may answer in place of it."""

    def __init__(self, says: Answers) -> None:
        super().__init__(verify=False)
        self.says = says

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self.says(request) or super().handle_request(request)


class Flight:
    """One fleet at a fake of its own: `with Flight(folder) as flight: flight.run()`.

    Attributes:
        on: what happens when a machine is asked for something, by the name of the call.
        ordering: happens before each order, with its number from 1.
        sleeping: happens at each wait.
        answers: in place of the fake's; None lets the fake answer.
        said, printed: lines of the launcher, and of the run.
        asked: what machines were asked for: call and pod.
    """

    def __init__(
        self,
        folder: Path,
        *,
        pods: int = 1,
        fleet: Fleet | None = None,
        market: Callable[[], Sequence[Placement]] = lambda: (L4, RTX),
        patient: bool = False,
        beats: int = 1,
        look: float = 1.0,
        boot: float = 300.0,
        most: int = 100,
    ) -> None:
        self.folder, self.home, self.beats = folder, folder / "home", beats
        self.home.mkdir(parents=True, exist_ok=True)
        self.clock = VirtualClock()
        self.fake = FakeRunPod(folder / "service", clock=self.clock, start=20, pull=40, most=most)
        self.on: dict[str, list[Callable[[Machine], None]]] = {}
        self.ordering: Callable[[int], None] = lambda number: None
        self.sleeping: Callable[[], None] = lambda: None
        self.answers: Answers = lambda request: None
        self.said: list[str] = []
        self.printed: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.ordered = 0
        self.api = self.client(self.fake.key)
        self.state = State(folder / "state")
        self.owner = self.state.owner()
        self.fleet_folder = self.state.new_fleet()
        assert self.fleet_folder.hold()
        self.ledger = Ledger(self.fleet_folder.ledger)
        name, begun = self.fleet_folder.name, self.clock.now()
        self.ledger.write("fleet", name=name, on="runpod", grid="g", results=str(self.home), begun=begun)
        self.fleet = fleet or Fleet(max_usd=2.0, max_hours=2.0)
        self.renting = Renting(
            self.api,
            self.ledger,
            Caps(self.fleet, self.ledger.account),
            self.owner,
            self._order,
            self._reach,
            self.said.append,
            patience=Patience(boot=boot),
        )
        self.pods = pods
        freight = Freight(lambda: json.dumps([path.name for path in self.home.iterdir()]).encode(), "code", "")
        self.launch = Launch(
            self.renting,
            self.ledger,
            Errand(("run", "g.yaml"), pods, None, market, freight, patient),
            "t" * 64,
            self.said.append,
            self.printed.append,
            keep_account=lambda: None,
            rhythm=Rhythm(look, 0.0, 0.0, 0.0, 60.0),
            wait=self.sleep,
        )
        self.renting.use(self.launch.wait)

    def client(self, key: str) -> Api:
        """Of the account, by the fake's clock to the second fraction that its dates tell."""
        api = Api(key, self.fake.url, transport=Scripted(lambda request: self.answers(request)), sleep=self.sleep)
        api._wires.clock = ServerClock(self.clock.now)
        return api

    def __enter__(self) -> Flight:
        self.fake.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.fleet_folder.let_go()
        self.fake.__exit__()

    def run(self, *, detach: bool = False) -> int:
        return self.launch.run(detach=detach)

    def sleep(self, seconds: float) -> None:
        """While machines are made ready, which is done by other threads, time stands still."""
        self.sleeping()
        if any(thread.name.startswith(THREADS) for thread in threading.enumerate()):
            time.sleep(0.001)
        else:
            self.clock.advance(seconds)

    def lives(self, pod: str) -> bool:
        return any(each.name == pod and each.status is None for each in self.fake.pods)

    def address(self, pod: str) -> str | None:
        return next(each.dead_address for each in self.fake.pods if each.name == pod)

    def die(self, pod: str) -> None:
        """Lets the pod of that name end by itself."""
        self.fake.die(next(each.id for each in self.fake.living if each.name == pod))

    def name(self, number: int) -> str:
        """Of the pod that was ordered as that one, from 1."""
        return f"{self.fleet_folder.name}-{number}"

    def calls(self, method: str, path: str = "/v2/pods") -> int:
        """So many of these were made by the account's key."""
        made = [call for call in self.fake.calls if call.by is None and call.method == method]
        return sum(call.path == path or (path.endswith("/") and call.path.startswith(path)) for call in made)

    def did(self, what: str) -> list[str]:
        """The pods that were asked for that, in order."""
        return [pod for asked, pod in self.asked if asked == what]

    def words(self) -> str:
        """All that was said."""
        return "\n".join(self.said)

    def trials(self) -> list[str]:
        """At home."""
        return sorted(path.name for path in self.home.iterdir())

    def check_over(self, *, trials: Sequence[str] = TRIALS) -> None:
        """Nothing of it is left, nothing of others was touched, the account is right, and these trials are at home."""
        assert self.fake.living == []
        assert len(self.fake.foreign) == 3
        assert not [call for call in self.fake.calls if call.pod_id and call.pod_id.startswith("foreign")]
        assert self.trials() == sorted(trials)
        self.check_cents()
        assert self.fake.meter.total() <= self.fleet.max_usd
        assert self.ledger.account.closed
        assert Ledger(self.ledger.path).account == self.ledger.account

    def check_cents(self) -> None:
        """The ledger agrees with the meter, pod by pod, by the clock as well as by the bill."""
        counted = {pod.pod_id: pod for pod in self.ledger.account.pods.values() if pod.pod_id is not None}
        assert set(counted) == set(self.fake.meter.pods)
        for id, pod in counted.items():
            assert pod.usd(self.clock.now()) == pytest.approx(self.fake.meter.usd(id), abs=0.005)
            assert pod.cost(self.clock.now()) == pytest.approx(self.fake.meter.usd(id), abs=0.005)

    def _order(self, name: str, placement: Placement, deadline: float) -> PodOrder:
        self.ordered += 1
        self.ordering(self.ordered)
        env = {OWNER: self.owner, FLEET: self.fleet_folder.name, DEADLINE: str(int(deadline))}
        places, network = placement.data_centers, self.pods > 1
        return PodOrder(name, "image", placement.card, 1, "SECURE", 40, env, ("sleep", "1"), places, network)

    def _reach(self, pod: Pod, endpoint: Endpoint) -> Machine:
        return Machine(self, pod.name)
