"""A launcher over pods that are only bookkeeping: fast enough to be killed after each of its steps."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import Endpoint, Pod, PodOrder
from tinker.cloud.books import Patience
from tinker.cloud.caps import Caps
from tinker.cloud.cluster import Freight
from tinker.cloud.crew import Errand
from tinker.cloud.host import Command, Facts, GpuFound, Node, Say, Signs
from tinker.cloud.launch import Launch
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Placement
from tinker.cloud.owned import DEADLINE, FLEET, OWNER
from tinker.cloud.reap import Found, look, reap, release, settle
from tinker.cloud.renting import Renting
from tinker.cloud.state import State
from tinker.cloud.watch import Rhythm
from tinker.grid.fleet import Fleet

TRIALS = ("control-1", "control-2", "linear-1", "linear-2")
CARD = "NVIDIA L4"
FLEET_ASKED = Fleet(max_usd=2.0, max_hours=2.0)


class LightHost:
    """A `Host` whose machine is a folder. Each sign of life finishes one trial more."""

    def __init__(self, machines: Path, pod: str, home: Path) -> None:
        self.pod, self.home = pod, home
        self.folder = machines / pod
        self.results = self.folder / "results"
        self.results.mkdir(parents=True, exist_ok=True)

    def facts(self) -> Facts:
        return Facts("3.12.3", 8, 64.0, (GpuFound(CARD, 24.0),), "580.1", "13.0", 8.0, 40.0, True)

    def unpack(self, bundle: bytes) -> None:
        for trial in json.loads(bundle):
            (self.results / trial).touch()

    def fingerprint(self) -> str:
        return "code"

    def mark(self, rented: dict[str, object]) -> None:
        assert rented["pod"] == self.pod

    def install(self, lock: str, say: Say) -> None:
        say("nothing to install")

    def can_reach(self, address: str, port: int) -> bool:
        return True

    def listen(self, address: str, port: int) -> None:
        pass

    def start_ray(self, node: Node, token: str) -> str:
        return node.head or f"{node.address}:6379"

    def submit(self, command: Command) -> None:
        (self.folder / "job").write_text(command.id)

    def beat(self) -> Signs:
        if not (self.folder / "job").exists():
            return Signs()
        todo = [trial for trial in TRIALS if not (self.results / trial).exists()]
        if todo:
            (self.results / todo[0]).touch()
            with (self.folder.parent / "trained").open("a") as file:
                file.write(f"{todo[0]}\n")
        return Signs("running" if todo[1:] else "ended", None if todo[1:] else 0)

    def log(self, start: int) -> bytes:
        return b""

    def fetch(self, say: Say) -> int:
        new = [trial for trial in TRIALS if (self.results / trial).exists() and not (self.home / trial).exists()]
        for trial in new:
            (self.home / trial).touch(exist_ok=False)
        return len(new)

    def push_stops(self) -> None:
        pass

    def all_home(self) -> None:
        pass

    def stop(self) -> None:
        (self.folder / "job").unlink(missing_ok=True)

    def close(self) -> None:
        pass


class Counted(httpx2.HTTPTransport):
    """Counts each call once its answer is there."""

    def __init__(self, step: Step) -> None:
        super().__init__(verify=False)  # or each process would read all certificates, for plain http
        self.step = step

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = super().handle_request(request)
        answer.read()
        self.step(f"{request.method} {request.url.path}")
        return answer


class Step:
    """Kills this process with the step of that number (1 is the first); 0 never does. Each is noted in `file`."""

    def __init__(self, file: Path, kill_at: int) -> None:
        self.file, self.kill_at, self.number = file, kill_at, 0

    def __call__(self, what: str) -> None:
        self.number += 1
        with self.file.open("a") as file:
            file.write(f"{what}\n")
        if self.number == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class CountedLedger(Ledger):
    """Counts each line once it is written."""

    step: Step

    def write(self, kind: Any, **facts: Any) -> None:
        super().write(kind, **facts)
        self.step(f"ledger {kind}")


def launch(url: str, key: str, folder: Path, kill_at: int = 0, pods: int = 1) -> int:
    """A whole life of a fleet, as a process that may be killed; returns the exit code of its run."""
    step = Step(folder / "steps", kill_at)
    api = Api(key, url, transport=Counted(step), sleep=lambda seconds: None)
    state, home = State(folder / "state"), folder / "home"
    home.mkdir(exist_ok=True)
    fleet_folder = state.new_fleet()
    assert fleet_folder.hold()
    ledger = CountedLedger(fleet_folder.ledger)
    ledger.step = step
    ledger.write("fleet", name=fleet_folder.name, grid="g", results=str(home), begun=api.now())
    owner = state.owner()

    def order(name: str, placement: Placement, deadline: float) -> PodOrder:
        env = {OWNER: owner, FLEET: fleet_folder.name, DEADLINE: str(int(deadline))}
        network = pods > 1
        return PodOrder(
            name, "image", placement.card, 1, "SECURE", 40, env, ("sleep", "1"), placement.data_centers, network
        )

    def reach(pod: Pod, endpoint: Endpoint) -> LightHost:
        return LightHost(folder / "machines", pod.name, home)

    renting = Renting(
        api,
        ledger,
        Caps(FLEET_ASKED, ledger.account),
        owner,
        order,
        reach,
        lambda line: None,
        patience=Patience(boot=3600.0, poll=0.0, appear=60.0),
        wait=lambda seconds: None,
    )
    market = [Placement(CARD, 0.5, ("EU-RO-1",))]
    errand = Errand(
        ("run", "g.yaml"),
        pods,
        None,
        lambda: market,
        Freight(lambda: json.dumps([path.name for path in home.iterdir()]).encode(), "code", ""),
    )
    life = Launch(
        renting,
        ledger,
        errand,
        "t" * 64,
        lambda line: None,
        lambda line: None,
        keep_account=lambda: None,
        rhythm=Rhythm(0.0, 0.0, 0.0, 0.0, 60.0),
        wait=lambda seconds: None,
    )
    return life.run()


def process(url: str, key: str, folder: str, kill_at: int, pods: int) -> None:
    """`launch` as the main function of a process."""
    raise SystemExit(launch(url, key, Path(folder), kill_at, pods))


def reap_all(url: str, key: str, folder: Path) -> Sequence[Found]:
    """As `tinker cloud reap`; what it found."""
    plain = httpx2.HTTPTransport(verify=False)
    api, state = Api(key, url, transport=plain, sleep=lambda seconds: None), State(folder / "state")
    found = look(api, state)

    def rescue(each: Found) -> None:
        LightHost(folder / "machines", each.mine.pod.name, folder / "home").fetch(lambda line: None)

    try:
        assert reap(api, found, lambda line: None, rescue=rescue, wait=lambda seconds: None) == []
    finally:
        release(found)
    settle(api, state)
    return found
