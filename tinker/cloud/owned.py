"""Which pods are ours. Nothing is ever deleted that has not both a name of ours and the mark of this very user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tinker.cloud.api.wire import Pod
from tinker.cloud.state import PREFIX

OWNER, FLEET, DEADLINE = "TINKER_OWNER", "TINKER_FLEET", "TINKER_DEADLINE"


@dataclass(frozen=True)
class Owned:
    """A pod that this user has rented with tinker.

    Attributes:
        fleet: the name of its fleet.
        deadline: when it gives itself back, by the server's clock; None where that cannot be read.
    """

    pod: Pod
    fleet: str
    deadline: float | None


def owned(pods: Iterable[Pod], owner: str) -> list[Owned]:
    """Those of the pods that are this user's, whatever fleet they belong to."""
    found = []
    for pod in pods:
        if pod.name.startswith(PREFIX) and owner and pod.env.get(OWNER) == owner and pod.status != "TERMINATED":
            deadline = pod.env.get(DEADLINE, "")
            found.append(Owned(pod, pod.env.get(FLEET, ""), float(deadline) if deadline.isdigit() else None))
    return found
