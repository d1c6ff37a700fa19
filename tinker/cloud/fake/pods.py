"""A pod of the fake, and how the API shows it as time goes by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from tinker.cloud.fake.answers import Json
from tinker.cloud.fake.catalog import CUDA
from tinker.cloud.fake.machines import Machine


@dataclass
class FakePod:
    """Times are seconds since 1970 by the fake's clock.

    Attributes:
        running: from when on its status is RUNNING.
        ready: from when on its container runs; None is never.
        seen: from when on the API knows of it.
        networked: from when on its global address is shown.
        dies: when it ends by a fault.
        status: EXITED or ERROR once it has ended by itself, TERMINATED once it is deleted.
        foreign: somebody else's: nothing may change it.
    """

    id: str
    order: Json = field(repr=False)
    key: str = field(repr=False)
    machine: Machine
    data_center: str
    usd_per_hour: float
    created: float
    running: float
    ready: float | None
    seen: float
    networked: float
    dead_address: str | None = None
    dies: float | None = None
    status: str | None = None
    foreign: bool = False

    @property
    def name(self) -> str:
        return str(self.order["name"])

    def status_at(self, now: float) -> str:
        return self.status or ("RUNNING" if now >= self.running else "PROVISIONING")

    def shown(self, now: float) -> Json:
        """As `GET /v2/pods/{id}` answers."""
        status = self.status_at(now)
        up = status == "RUNNING" and self.ready is not None and now >= self.ready
        machine, order = self.machine, self.order
        direct = {
            "host": machine.address,
            "port": machine.port,
            "username": machine.user,
            "command": f"ssh -p {machine.port} {machine.user}@{machine.address}",
        }
        network: Json = {"enabled": False}
        if order.get("globalNetworking") and now >= self.networked:
            address = self.dead_address or machine.address
            network = {"enabled": True, "ip": address, "internalDns": f"{self.id}.runpod.internal"}
        return {
            "id": self.id,
            "name": self.name,
            "status": status,
            "actions": ["terminate"],
            "image": order["image"],
            "args": "",
            "disk": order["disk"],
            "mounts": order.get("mounts", {}),
            "ports": order["ports"],
            "env": order["env"],
            "registry": None,
            "gpu": {"id": order["gpu"]["id"], "count": order["gpu"]["count"]},
            "cloud": order["cloud"],
            "dataCenterId": self.data_center,
            "cudaVersion": CUDA,
            "ssh": {"proxy": None, "direct": direct if up and "22/tcp" in order["ports"] else None},
            "template": None,
            "cost": self.usd_per_hour,  # of one that has ended by itself, too: only its deletion ends the bill
            "locked": False,
            "globalNetworking": network,
            "runtime": {"uptime": int(now - (self.ready or now)), "gpus": [], "ports": []} if up else None,
            "createdAt": _iso(self.created),
            "startedAt": _iso(self.ready) if up and self.ready is not None else None,
        }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
