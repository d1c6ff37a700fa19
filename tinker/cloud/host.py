"""A machine as the launcher at home sees it, whatever the way there: a rented pod, a host of one's own, a stand-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tinker.errors import FAILED, UserError

Say = Callable[[str], None]


class Unreachable(UserError):  # noqa: N818
    """The machine did not answer: asleep, gone, or the way there is broken. Asking again may help."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, exit_code=FAILED)


@dataclass(frozen=True)
class GpuFound:
    """One card, as nvidia-smi names it."""

    name: str
    memory_gb: float


@dataclass(frozen=True)
class Facts:
    """What a machine has.

    Attributes:
        python: version of the interpreter that tinker would use.
        cuda: highest version that the driver can do; None without a driver.
        shm_gb: of /dev/shm, which Ray and data loading share.
        disk_gb: free, where tinker's folder is.
        can_delete: whether the pod's own key may delete it; None where nobody rents it.
    """

    python: str
    cpus: int
    memory_gb: float
    cards: tuple[GpuFound, ...]
    driver: str | None
    cuda: str | None
    shm_gb: float
    disk_gb: float
    can_delete: bool | None


@dataclass(frozen=True)
class Signs:
    """What a machine answers to a heartbeat.

    Attributes:
        job: of the run: `none`, `running`, `ended`.
        code: exit code of the run, once it has ended.
        log_bytes: how long the run's output is by now.
        busy_seconds: since a trial was last at work there; None if never.
        refused: why the machine could not give itself back, if it tried.
    """

    job: str = "none"
    code: int | None = None
    log_bytes: int = 0
    busy_seconds: float | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Node:
    """How a machine takes part in the Ray cluster.

    Attributes:
        address: its own, as the other machines reach it; 127.0.0.1 where it is alone.
        cpus, gpus: what it offers.
        head: `address:port` of the head; None for the head itself.
    """

    address: str
    cpus: int
    gpus: int
    head: str | None = None


@dataclass(frozen=True)
class Command:
    """The run, as the head machine does it.

    Attributes:
        words: arguments of `tinker`, such as `run grids/a.yaml seeds=3`; `--results` is added there.
        id: of the job: asked for twice, it is started once.
    """

    words: tuple[str, ...]
    id: str


class Host(Protocol):
    """One machine. Every call may raise `Unreachable`; what was asked for then may have happened, and may be asked
    for again."""

    def facts(self) -> Facts:
        """What it has."""

    def unpack(self, bundle: bytes) -> None:
        """Puts code, grid files and earlier results there (`tinker.cloud.reach.bundle`)."""

    def fingerprint(self) -> str:
        """Of the code that lies there: `tinker.cloud.pod.tree.fingerprint`."""

    def mark(self, rented: dict[str, object]) -> None:
        """Leaves word there of what was rented, for the rows of the trials (`tinker.provenance.rented`)."""

    def install(self, lock: str, say: Say) -> None:
        """Makes the environment that the lock pins.

        Raises:
            UserError: it cannot be made; with the installer's last words.
        """

    def can_reach(self, address: str, port: int) -> bool:
        """Whether it gets through to another machine."""

    def listen(self, address: str, port: int) -> None:
        """Answers on that port for a minute, so that others can try."""

    def start_ray(self, node: Node, token: str) -> str:
        """Starts its part of the cluster, or finds it running; returns the head's `address:port`.

        Where it runs as part of another cluster, under another head, that part is ended first.

        Raises:
            UserError: Ray does not start; with its last words.
        """

    def submit(self, command: Command) -> None:
        """Starts the run as a Ray job, through the Jobs API of the head."""

    def beat(self) -> Signs:
        """A sign of life from home, and one from there."""

    def log(self, start: int) -> bytes:
        """The run's output from that byte on."""

    def fetch(self, say: Say) -> int:
        """Brings home what is new in the results there; returns how many trials have got a result by it."""

    def push_stops(self) -> None:
        """Hands over what `tinker stop` has asked for at home."""

    def all_home(self) -> None:
        """Tells the machine that nothing of worth is left on it."""

    def stop(self) -> None:
        """Asks the run to save itself and end, as Ctrl-C would."""

    def close(self) -> None:
        """Ends the connection; the machine goes on."""
