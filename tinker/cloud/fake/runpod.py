"""The fake RunPod: `with FakeRunPod(folder) as fake` gives `fake.url` and `fake.key` for the client."""

from __future__ import annotations

import secrets
import sys
import threading
from pathlib import Path
from typing import Literal

from tinker.cloud.fake.account import Account
from tinker.cloud.fake.clock import Clock, RealClock
from tinker.cloud.fake.machines import LightMachine, Machine, RealMachine
from tinker.cloud.fake.meter import Meter
from tinker.cloud.fake.pods import FakePod
from tinker.cloud.fake.server import Call, Server


class FakeRunPod:
    """An account with nothing but other people's pods in it.

    Args:
        folder: for the pods' folders and logs, and for volumes.
        pods: `light` ones are only kept books of, `real` ones are processes.
        start: seconds until a pod is RUNNING; `pull`: seconds from then until its container runs.
        most: pods at a time; another order finds no capacity.
    """

    def __init__(
        self,
        folder: Path,
        pods: Literal["light", "real"] = "light",
        clock: Clock | None = None,
        *,
        port: int = 0,
        start: float = 0.0,
        pull: float = 0.0,
        most: int = 100,
    ) -> None:
        self.clock: Clock = clock or RealClock()
        self.key = f"rpa_account_{secrets.token_hex(16)}"
        # Other fakes on this computer need addresses of their own: Ray's ports are the same in every pod.
        self._folder, self._kind, self._net, self._built = folder.resolve(), pods, secrets.randbelow(200) + 1, 0
        self._folder.mkdir(parents=True, exist_ok=True)
        self.account = Account(self._folder, self.clock, self._build, start, pull, most)
        self.faults, self.catalog = self.account.faults, self.account.catalog
        self._server = Server(self.account, self.key, port)
        self.account.url = self.url

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def meter(self) -> Meter:
        """What it would have cost by now."""
        self._tick()
        return self.account.meter

    @property
    def pods(self) -> list[FakePod]:
        """Those that have been ordered here, deleted ones included."""
        self._tick()
        return [pod for pod in self.account.pods.values() if not pod.foreign]

    @property
    def living(self) -> list[FakePod]:
        """Those of them that are not deleted."""
        self._tick()
        return [pod for pod in self.account.living() if not pod.foreign]

    @property
    def foreign(self) -> list[FakePod]:
        """Other people's pods that are still there: always as many as at the start, or somebody has touched them."""
        return [pod for pod in self.account.living() if pod.foreign]

    @property
    def calls(self) -> list[Call]:
        """Every request so far, in order."""
        return list(self._server.calls)

    def die(self, pod_id: str, status: str = "EXITED") -> None:
        """Lets a pod die; it bills until it is deleted."""
        with self._server.lock:
            self.account.die(pod_id, status)

    def __enter__(self) -> FakeRunPod:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.closing = True
        self._server.shutdown()
        self._server.server_close()
        with self._server.lock:
            self.account.close()

    def _tick(self) -> None:
        """Lets happen what has been due since the last call."""
        with self._server.lock:
            self.account.tick()

    def _build(self, pod_id: str) -> Machine:
        self._built += 1
        # A Mac has 127.0.0.1 only.
        address = f"127.0.{self._net}.{10 + self._built % 240}" if sys.platform == "linux" else "127.0.0.1"
        return RealMachine(pod_id, self._folder, address) if self._kind == "real" else LightMachine(address)
