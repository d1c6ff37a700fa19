"""What is sent to RunPod for one pod: the fleet's wishes, and what lets us in and gets it deleted again."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tinker.cloud.api.wire import PodOrder
from tinker.cloud.lender import Placement
from tinker.cloud.owned import DEADLINE, FLEET, OWNER
from tinker.cloud.pod.order import command
from tinker.cloud.reach.keys import client_key, host_key, pin
from tinker.cloud.state import FleetFolder
from tinker.grid.fleet import Fleet

#: Where a network volume appears in a pod.
MOUNT = "/runpod-volume"


@dataclass(frozen=True)
class Orders:
    """Makes the orders of one fleet. Each pod's server gets a key of its own, noted here before the pod exists."""

    fleet: Fleet
    folder: FleetFolder
    owner: str

    def __call__(self, name: str, placement: Placement, deadline: float) -> PodOrder:
        """The order of the pod of that name."""
        fleet, server = self.fleet, host_key()
        pin(self.folder.keys / "known_hosts", name, server.public)
        env = {
            OWNER: self.owner,
            FLEET: self.folder.name,
            DEADLINE: str(int(deadline)),
            "TINKER_POD": name,
            "TINKER_IDLE": str(int(60 * fleet.idle_minutes)),
            "TINKER_HOST_KEY": server.secret,
            "PUBLIC_KEY": client_key(self.folder.keys).public,
        }
        if fleet.volume is not None:
            env["TINKER_RESULTS"] = f"{MOUNT}/tinker/{self.folder.name}/results"
        if "RUNPOD_API_BASE_URL" in os.environ:
            env["RUNPOD_API_BASE_URL"] = os.environ["RUNPOD_API_BASE_URL"]
        return PodOrder(
            name=name,
            image=fleet.image,
            card=placement.card,
            count=fleet.gpus_per_pod,
            cloud="SECURE" if fleet.cloud == "secure" else "COMMUNITY",
            disk_gb=fleet.disk,
            env=env,
            command=command(),
            data_centers=placement.data_centers,
            global_networking=fleet.pods > 1,
            volume=fleet.volume,
            mount=MOUNT,
            min_cuda=fleet.min_cuda,
        )
