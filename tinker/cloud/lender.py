"""Where machines come from, as the launcher sees it: a service that rents them out, or the user, who has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tinker.cloud.caps import Caps
from tinker.cloud.host import Host


@dataclass
class Member:
    """A machine of the fleet that answers.

    Attributes:
        name: of the pod, or of the host.
        cards: how many it was ordered with; None where what it has is as it is.
        kind: the card that was ordered.
        place: its data center.
        pod_id: at the service; None of a machine that is not rented.
        rented: what its rows are to say of it; None of a machine that is not rented.
        unreached: so often it and another one did not reach each other.
    """

    name: str
    host: Host
    cards: int | None = None
    kind: str = ""
    place: str | None = None
    pod_id: str | None = None
    rented: dict[str, object] | None = None
    unreached: int = 0


@dataclass(frozen=True)
class Placement:
    """One order that may be tried: a card, and where; `usd_per_hour` of the whole pod."""

    card: str
    usd_per_hour: float
    data_centers: tuple[str, ...] = ()


class Lender(Protocol):
    """
    Attributes:
        fleet: the fleet's name.
        caps: what it may cost.
    """

    fleet: str
    caps: Caps

    def now(self) -> float:
        """The time by which is paid, seconds since 1970."""

    def rent(self, placements: Sequence[Placement], number: int) -> list[Member]:
        """So many machines of one kind in one place; those of them that answer, one at least.

        Raises:
            NoCapacity: there are none; later there may be.
            UserError: they may not be paid for, or cannot be had at all.
        """

    def addresses(self) -> dict[str, str]:
        """Those that are known by now of the machines in the network that they share, by name."""

    def lost(self, members: Sequence[Member]) -> list[Member]:
        """Those that are gone or will not come back."""

    def give_back(self, names: Sequence[str]) -> bool:
        """Ends machines and makes sure that they are gone; says loudly where one is not. Whether all are."""
