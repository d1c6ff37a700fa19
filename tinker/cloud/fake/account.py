"""The fake's account: its pods, its volumes, what it pays; orders become pods here."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from tinker.cloud.fake.answers import Json, Refused
from tinker.cloud.fake.catalog import CENTERS, CUDA, Catalog, nvidia_smi
from tinker.cloud.fake.clock import Clock
from tinker.cloud.fake.faults import Faults
from tinker.cloud.fake.machines import LightMachine, Machine
from tinker.cloud.fake.meter import Meter
from tinker.cloud.fake.pods import FakePod
from tinker.cloud.owned import DEADLINE

FULL = "There are no longer any instances available with the requested specifications."
#: Of multicast: a pod can listen there, and the system refuses at once to connect. Any 127.* would let others through.
DEAD = "239.255.77.1"
#: Pods that are none of tinker's, or another user's.
FOREIGN: tuple[tuple[str, dict[str, str]], ...] = (
    ("web-ui", {}),
    ("tinker-notes", {}),
    ("tinker-0badcafe-1", {"TINKER_OWNER": "somebody-else"}),
)


class Account:
    """State, and what changes it. `build` makes a machine from a pod's id; `start` and `pull` are seconds."""

    def __init__(
        self, folder: Path, clock: Clock, build: Callable[[str], Machine], start: float, pull: float, most: int
    ) -> None:
        self.folder, self.clock, self.build, self.start, self.pull, self.most = folder, clock, build, start, pull, most
        self.faults, self.meter, self.catalog = Faults(), Meter(clock), Catalog()
        self.pods: dict[str, FakePod] = {}
        self.volumes: dict[str, Json] = {}
        self.url = ""  # of the service; known once it listens
        now = clock.now()
        for number, (name, env) in enumerate(FOREIGN):
            order: Json = {"name": name, "image": "nginx", "disk": 10, "ports": [], "env": env, "cloud": "SECURE"}
            order["gpu"] = {"id": "NVIDIA L4", "count": 1}
            key, machine = secrets.token_hex(16), LightMachine("127.0.0.2")
            pod = FakePod(f"foreign{number}", order, key, machine, "US-TX-3", 0.43, now, now, now, now, now)
            pod.foreign = True
            self.pods[pod.id] = pod

    def tick(self) -> None:
        """Lets happen what is due."""
        for pod in list(self.pods.values()):
            if pod.dies is not None and pod.status is None and self.clock.now() >= pod.dies:
                self.die(pod.id)
            self._keep(pod)

    def _keep(self, pod: FakePod) -> None:
        """Ends a light pod at its deadline, as the keeper of a real one does: where its key lets it."""
        deadline = pod.order["env"].get(DEADLINE, "")
        if not isinstance(pod.machine, LightMachine) or pod.foreign or pod.status is not None or not deadline.isdigit():
            return
        if pod.ready is None:  # nor has it a keeper
            return
        end = max(float(deadline), pod.ready)
        if self.clock.now() >= end and self.faults.take("pod_key_refused") is None:
            pod.status = "TERMINATED"
            self.meter.end(pod.id, end)

    def living(self) -> list[FakePod]:
        """Pods that are not deleted, foreign ones included, whether or not they run."""
        return [pod for pod in self.pods.values() if pod.status != "TERMINATED"]

    def visible(self) -> list[FakePod]:
        """Those that the API knows of by now."""
        return [pod for pod in self.living() if self.clock.now() >= pod.seen]

    def order(self, order: Json) -> FakePod:
        """A new pod.

        Raises:
            Refused: no such card, place or volume, or nothing is free.
        """
        card, count, cloud = order["gpu"]["id"], order["gpu"]["count"], order["cloud"]
        kind = self.catalog.kinds.get(card)
        if kind is None:
            raise Refused(400, f"unknown GPU type {card!r}")
        center = self._place(order)
        wanted = tuple(map(int, order["gpu"].get("minCudaVersion", "0.0").split(".")))
        ours = [pod for pod in self.living() if not pod.foreign]
        full = len(ours) >= self.most or wanted > tuple(map(int, CUDA.split(".")))
        if full or not self.catalog.free(card, count, cloud) or self.faults.take("no_capacity", card) is not None:
            raise Refused(400, FULL)
        id = secrets.token_hex(7)
        machine, now = self.build(id), self.clock.now()
        ready = None if self.faults.take("never_ready", card) is not None else now + self.start + self.pull
        dies, lag = self.faults.take("dies", card), self.faults.take("lag", card)
        pod = FakePod(
            id=id,
            order=order,
            key=f"rpa_pod_{secrets.token_hex(16)}",
            machine=machine,
            data_center=center,
            usd_per_hour=(kind.secure if cloud == "SECURE" else kind.community) * count,
            created=now,
            running=now + self.start,
            ready=ready,
            seen=now + (lag or 0.0),
            networked=now + (self.faults.take("late_address", card) or 0.0),
            dead_address=DEAD if self.faults.take("dead_network", card) is not None else None,
            dies=None if dies is None else now + dies,
        )
        self.pods[id] = pod
        self.meter.begin(id, pod.usd_per_hour)
        if ready is not None:
            machine.start([*order["entrypoint"], *order["cmd"]], self._env(pod), nvidia_smi(card, count))
        return pod

    def delete(self, pod_id: str) -> None:
        pod = self.pods[pod_id]
        pod.machine.kill()
        pod.status = "TERMINATED"
        if not pod.foreign:
            self.meter.end(pod_id)

    def die(self, pod_id: str, status: str = "EXITED") -> None:
        """Ends a pod's processes; it stays in the account until it is deleted, and bills."""
        self.pods[pod_id].machine.kill()
        self.pods[pod_id].status = status

    def close(self) -> None:
        """Deletes what is not foreign."""
        for pod in self.living():
            if not pod.foreign:
                self.delete(pod.id)

    def volume_folder(self, id: str) -> Path:
        return self.folder / "volumes" / id

    def _place(self, order: Json) -> str:
        centers = order.get("dataCenterIds") or list(CENTERS)
        if unknown := [center for center in centers if center not in CENTERS]:
            raise Refused(400, f"unknown data center {unknown[0]!r}")
        for mount in order.get("mounts", {}).get("network", ()):
            volume = self.volumes.get(mount["volumeId"])
            if volume is None or volume["dataCenter"] not in centers:
                raise Refused(400, f"no network volume {mount['volumeId']} in {', '.join(centers)}")
            centers = [volume["dataCenter"]]
        if order["globalNetworking"]:
            centers = [center for center in centers if CENTERS[center]]
            if order["cloud"] != "SECURE" or not centers:
                raise Refused(400, "global networking is not available there")
        return str(centers[0])

    def _env(self, pod: FakePod) -> dict[str, str]:
        """Of the container; a volume's mount is its folder here."""
        env = dict(pod.order["env"])
        for mount in pod.order.get("mounts", {}).get("network", ()):
            for name, value in env.items():
                if value == mount["path"] or value.startswith(mount["path"].rstrip("/") + "/"):
                    env[name] = str(self.volume_folder(mount["volumeId"])) + value[len(mount["path"].rstrip("/")) :]
        own = {
            "RUNPOD_POD_ID": pod.id,
            "RUNPOD_API_KEY": pod.key,
            "RUNPOD_GPU_COUNT": str(pod.order["gpu"]["count"]),
            "RUNPOD_DC_ID": pod.data_center,
            "RUNPOD_API_BASE_URL": self.url,
        }
        return {"LANG": "C.UTF-8", **env, **own}
