"""What goes wrong at the fake, by script: each fault has a name and happens a counted number of times."""

from __future__ import annotations

import threading
from dataclasses import dataclass

FAULTS = {
    "created_but_500": "an order is carried out and answered with 500",
    "lost_answer": "an order is carried out, and the connection closed without an answer",
    "no_capacity": "an order is refused for want of cards",
    "no_funds": "an order is answered with 402",
    "forbidden": "an order is answered with 403",
    "never_ready": "a pod says RUNNING and never starts",
    "dies": "a pod ends `value` seconds after its order, with status EXITED",
    "dead_network": "a pod's address in the global network does not answer",
    "late_address": "a pod's address in the global network comes `value` seconds late",
    "lag": "a pod is neither listed nor found for `value` seconds after its order",
    "pod_key_refused": "a call with a pod's own key is answered with 403",
    "delete_fails": "DELETE is answered with 500",
    "terminate_fails": "the action `terminate` is answered with 500",
    "too_many": "any call is answered with 429 and a Retry-After of `value` seconds",
}


@dataclass
class _Planned:
    times: int | None
    value: float
    card: str | None


class Faults:
    """The script. Each plan is used up before the next one of its name."""

    def __init__(self) -> None:
        self._planned: dict[str, list[_Planned]] = {name: [] for name in FAULTS}
        self._lock = threading.Lock()

    def plan(self, name: str, times: int | None = 1, *, value: float = 0.0, card: str | None = None) -> None:
        """Lets a fault happen the next so many times (None: always); with `card` only to orders of that card."""
        self._planned[name].append(_Planned(times, value, card))

    def clear(self, name: str) -> None:
        """Forgets what is planned under a name."""
        self._planned[name].clear()

    def take(self, name: str, card: str | None = None) -> float | None:
        """The `value` of a fault that happens now, None where none does."""
        with self._lock:
            for planned in self._planned[name]:
                if planned.times != 0 and planned.card in (None, card):
                    planned.times = None if planned.times is None else planned.times - 1
                    return planned.value
        return None
