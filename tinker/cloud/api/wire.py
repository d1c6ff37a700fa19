"""What RunPod's API v2 says and is told, as values. Field names are ours; `read.py` and `PodOrder.body` translate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Cloud = Literal["SECURE", "COMMUNITY"]
#: In order: the first is none at all.
LEVELS = ("NONE", "LOW", "MEDIUM", "HIGH")
#: A pod in one of these neither runs nor will; only a terminated one bills nothing.
OVER = ("EXITED", "ERROR", "TERMINATED")


@dataclass(frozen=True)
class Stock:
    """Of one card in one data center: `level` is one of `LEVELS`."""

    data_center: str
    level: str


@dataclass(frozen=True)
class Card:
    """A GPU type in the catalog.

    Attributes:
        id: as orders name it (`NVIDIA H100 80GB HBM3`).
        name: as people do (`H100 SXM`).
        memory_gb: of one card.
        price: USD for an hour of one card, by cloud; a cloud that has none of them is missing.
        most: how many of them one pod may have, by cloud: a ceiling, no stock.
        level: availability in the cloud and number that were asked for.
        stock: the same by data center.
    """

    id: str
    name: str
    memory_gb: int
    price: Mapping[str, float]
    most: Mapping[str, int]
    level: str
    stock: tuple[Stock, ...] = ()


@dataclass(frozen=True)
class DataCenter:
    """`global_networking`: pods there can reach each other by private addresses."""

    id: str
    name: str
    global_networking: bool


@dataclass(frozen=True)
class PodOrder:
    """What is asked for with a new pod.

    Attributes:
        name: unique for each attempt, so that a lost answer can be looked up.
        count: cards.
        data_centers: where it may be; empty is anywhere.
        disk_gb: of the container.
        env: echoed in clear by the API: nothing secret but the host key of this very pod.
        command: the container's entrypoint and its arguments.
        volume: id of a network volume, and `mount` where it appears; its data center must be the only one above.
        min_cuda: lowest CUDA version of the host (`13.0`).
    """

    name: str
    image: str
    card: str
    count: int
    cloud: Cloud
    disk_gb: int
    env: Mapping[str, str] = field(repr=False)
    command: tuple[str, ...] = field(repr=False)
    data_centers: tuple[str, ...] = ()
    global_networking: bool = False
    volume: str | None = None
    mount: str = "/runpod-volume"
    min_cuda: str | None = None
    ports: tuple[str, ...] = ("22/tcp",)

    def body(self) -> dict[str, Any]:
        """As `POST /v2/pods` takes it. The cloud is always said: the default costs about double."""
        gpu: dict[str, Any] = {"id": self.card, "count": self.count}
        if self.min_cuda is not None:
            gpu["minCudaVersion"] = self.min_cuda
        body: dict[str, Any] = {
            "name": self.name,
            "image": self.image,
            "gpu": gpu,
            "cloud": self.cloud,
            "globalNetworking": self.global_networking,
            "disk": self.disk_gb,
            "ports": list(self.ports),
            "env": dict(self.env),
            "entrypoint": list(self.command[:1]),
            "cmd": list(self.command[1:]),
        }
        if self.data_centers:
            body["dataCenterIds"] = list(self.data_centers)
        if self.volume is not None:
            body["mounts"] = {"network": [{"volumeId": self.volume, "path": self.mount}]}
        return body


@dataclass(frozen=True)
class Endpoint:
    """Where a pod's SSH server answers."""

    host: str
    port: int
    user: str


@dataclass(frozen=True)
class Pod:
    """A pod as the API shows it.

    Attributes:
        status: RUNNING is said from the moment of renting, while the image is still on its way.
        started: whether its container runs, as far as the API knows.
        ssh: None until a port is given to it.
        usd_per_hour: of the whole pod, now.
        address: in the global network; None without one, or not yet.
        created: by the server's clock, seconds since 1970.
        env: what it was ordered with, in clear.
    """

    id: str
    name: str
    status: str
    started: bool
    ssh: Endpoint | None
    usd_per_hour: float
    card: str
    count: int
    image: str
    cloud: str
    data_center: str | None
    cuda: str | None
    address: str | None
    created: float
    env: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Volume:
    """A network volume."""

    id: str
    name: str
    size_gb: int
    data_center: str
