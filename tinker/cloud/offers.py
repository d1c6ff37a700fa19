"""What may be rented for a grid, best first, with the hours and dollars that it would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import Card
from tinker.cloud.lender import Placement
from tinker.cloud.market import SOLD_OUT, Market, market
from tinker.cloud.offer_table import lines
from tinker.cloud.workload import Basis, Workload
from tinker.grid.fleet import Fleet

if TYPE_CHECKING:
    from tinker.grid.expand import Plan


@dataclass(frozen=True)
class Offer:
    """A card for the fleet.

    Attributes:
        card: its id.
        usd_per_hour: of one pod, with `gpus_per_pod` cards.
        data_centers: allowed ones where it is free, best supplied first; of several pods each is one place for all.
        level: how free it is, as the catalog says.
        hours, usd: of the whole grid and all pods, from the order of the pods on; None where nobody can tell.
        why_not: why it cannot be ordered now.
        name: as people call it.
        memory_gb: of one card.
        basis: where the hours come from.
        misses: the limit of the fleet within which the grid would not be done.
    """

    card: str
    usd_per_hour: float
    data_centers: tuple[str, ...]
    level: str
    pods: int
    gpus_per_pod: int
    hours: float | None
    usd: float | None
    why_not: str | None
    name: str = ""
    memory_gb: int = 0
    basis: Basis = "unknown"
    misses: str | None = None

    @property
    def usable(self) -> bool:
        """Whether it can be ordered."""
        return self.why_not is None

    @property
    def sold_out(self) -> bool:
        """Whether it can be ordered later."""
        return self.why_not in SOLD_OUT


def offers(service: Api, fleet: Fleet, plan: Plan, results: Path) -> list[Offer]:
    """Best first: those that can be ordered in the fleet's order of preference, or without one those by which the grid
    is done within the limits, the cheapest first; then those that cannot.

    Raises:
        UserError: the fleet asks for what there is not.
    """
    return offered(market(service, fleet), Workload(plan, results))


def offered(found: Market, work: Workload) -> list[Offer]:
    """As `offers`, of a catalog that was read."""
    made = [_offer(found, card, work) for card in found.cards]
    ranked = made if found.fleet.cards else sorted(made, key=_worth)
    return sorted(ranked, key=lambda offer: not offer.usable)


def placements(offers: Sequence[Offer]) -> list[Placement]:
    """The orders to try, in this order. Several pods must be in one data center, so each is an order of its own."""
    found = []
    for offer in offers:
        if offer.usable:
            apart = [(place,) for place in offer.data_centers] if offer.pods > 1 else [offer.data_centers]
            found += [Placement(offer.card, offer.usd_per_hour, places) for places in apart]
    return found


def table(offers: Sequence[Offer]) -> str:
    """The offers for a person, at most 80 columns wide."""
    return "\n".join(lines(offers))


def _offer(found: Market, card: Card, work: Workload) -> Offer:
    fleet, price = found.fleet, found.price(card) or 0.0
    why_not = found.why_not(card)
    if why_not in (None, *SOLD_OUT) and work.limits.gpus > fleet.gpus_per_pod:
        why_not = f"a trial needs {work.limits.gpus:g} in one pod"
    time = work.time(card, fleet.pods, fleet.gpus_per_pod)
    usd = None if time.hours is None or not price else time.hours * fleet.pods * price
    misses = None
    if time.hours is not None and time.hours > fleet.max_hours:
        misses = "max_hours"
    elif usd is not None and usd > fleet.max_usd:
        misses = "max_usd"
    return Offer(
        card=card.id,
        usd_per_hour=price,
        data_centers=found.data_centers(card),
        level=card.level,
        pods=fleet.pods,
        gpus_per_pod=fleet.gpus_per_pod,
        hours=time.hours,
        usd=usd,
        why_not=why_not,
        name=card.name,
        memory_gb=card.memory_gb,
        basis=time.basis,
        misses=misses,
    )


def _worth(offer: Offer) -> tuple[int, float, float]:
    """Less is better. A grid that is cut off by a limit is worth less than one whose time nobody knows."""
    if offer.usd is None:
        return 1, offer.usd_per_hour, 0.0
    return 2 if offer.misses else 0, offer.usd, offer.usd_per_hour
