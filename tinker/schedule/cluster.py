"""Ray itself: a private one on this machine, or the one that RAY_ADDRESS names; and whether a request can ever fit."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinker
from tinker.errors import FAILED, UserError
from tinker.provenance.hardware import cores

MEBIBYTE = 1024 * 1024
#: Work items and results are small; Ray's default takes 30 % of the machine's memory.
OBJECT_STORE_BYTES = 128 * MEBIBYTE


@dataclass(frozen=True)
class Capacity:
    """What a machine has, or a cluster.

    A cluster's `machines` are what each of its machines has: a trial runs on one.
    """

    cpus: float
    gpus: float
    machines: tuple[Capacity, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Capacity:
        """The inverse of `asdict`."""
        return cls(data["cpus"], data["gpus"], tuple(cls.from_dict(machine) for machine in data["machines"]))

    def fits(self, cpus: float, gpus: float) -> int:
        """How many requests of that size run at once."""
        if self.machines:
            return sum(machine.fits(cpus, gpus) for machine in self.machines)
        by_cpu = self.cpus / cpus if cpus else float("inf")
        by_gpu = self.gpus / gpus if gpus else float("inf")
        if 0 < gpus < 1:  # a trial is on one card
            by_gpu = int(self.gpus) * int(1 / gpus + 1e-9)
        return int(min(by_cpu, by_gpu) + 1e-9)


def guard() -> None:
    """Makes a Ray of our own ask for a token that nobody else has; to be called before Ray is imported.

    Its ports are open to the network whatever address it is given.
    """
    if "RAY_ADDRESS" not in os.environ and "RAY_AUTH_MODE" not in os.environ:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", "15")  # here it lives or is dead
        os.environ.setdefault("RAY_prestart_worker_first_driver", "0")  # Tune's workers are others, with an environment


@contextmanager
def ray_cluster() -> Iterator[Capacity]:
    """Ray, started here without its dashboard, or joined where RAY_ADDRESS is set; only ours is shut down."""
    joined = "RAY_ADDRESS" in os.environ
    _demand_a_node()
    guard()
    from tinker.schedule.pool import ray
    from tinker.schedule.small_ray import small

    if ray.is_initialized():
        yield capacity_now()
        return
    logging.getLogger("ray").setLevel(logging.ERROR)
    private: dict[str, Any] = (
        {} if joined else {"address": "local", "num_cpus": cores(), "object_store_memory": OBJECT_STORE_BYTES}
    )
    try:
        if joined:
            _knock(os.environ["RAY_ADDRESS"])
        # Ray puts the current folder first on the workers' path, where a model.py of the user would hide `model`.
        with chdir(Path(tinker.__file__).parents[1]), nullcontext() if joined else small():
            ray.init(
                include_dashboard=None if joined else False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=False,
                **private,
            )
    except Exception as error:  # Ray raises whatever its start-up raised
        where = f"the cluster at RAY_ADDRESS={os.environ['RAY_ADDRESS']}" if joined else "a private Ray"
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{where} did not answer: {reason}; a busy machine may just need another try, `tinker doctor` says more",
            exit_code=FAILED,
        ) from error
    try:
        yield capacity_now()
    finally:
        ray.shutdown()


def _demand_a_node() -> None:
    """Raises UserError for an address at which this process would be a mere client of the cluster: Ray Tune would run
    over there, without the items that come in through a pipe here.
    """
    address = os.environ.get("RAY_ADDRESS")
    if address == "" or (address or "").startswith("ray://"):
        raise UserError(
            f"RAY_ADDRESS={address}: tinker's driver has to run on a machine of the cluster; allowed: host:port of a "
            "cluster that this machine is in, auto, or unset it for a Ray of its own. From outside use "
            f"`tinker run GRID --on {address or 'ray://HOST'}`"
        )


def _knock(address: str) -> None:
    """Raises OSError where nobody listens, which Ray takes minutes to say; `auto` is left to it."""
    host, _, port = address.rpartition(":")
    if port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


def capacity_now() -> Capacity:
    """What the machines have that Ray can use at this moment."""
    from tinker.schedule.pool import ray

    alive = [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    machines = tuple(Capacity(has.get("CPU", 0.0), has.get("GPU", 0.0)) for has in alive)
    return Capacity(sum(m.cpus for m in machines), sum(m.gpus for m in machines), machines)


def concurrency(capacity: Capacity, cpus: float, gpus: float, wanted: int | None) -> int:
    """How many trials run at once; refuses at once what would wait for ever.

    Raises:
        UserError: when not even one fits.
    """
    fits = capacity.fits(cpus, gpus)
    if fits < 1:
        raise UserError(
            f"resources: a trial asks for {cpus:g} CPUs and {gpus:g} GPUs, the cluster has {capacity.cpus:g} and "
            f"{capacity.gpus:g}{' on several machines' if len(capacity.machines) > 1 else ''}; lower resources.cpus or "
            "resources.gpus (train.threads or train.devices, which they follow), or run it where they are"
        )
    return min(fits, wanted) if wanted else fits
