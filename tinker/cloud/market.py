"""What RunPod has for a fleet: cards with their prices, and the data centers in which they may be ordered."""

from __future__ import annotations

from dataclasses import dataclass

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import LEVELS, Card
from tinker.cloud.caps import LEAST, MARGIN
from tinker.config.suggest import unknown
from tinker.errors import UserError
from tinker.grid.fleet import Fleet

#: Reasons that pass with time.
SOLD_OUT = ("none free now", "none free in the data centers that are allowed")


@dataclass(frozen=True)
class Market:
    """The catalog as a fleet sees it.

    Attributes:
        cards: those that it may have, in its order of preference; without one in the catalog's.
        places: data centers that it may be in; None is any, those of hosts that name none too.
    """

    fleet: Fleet
    cards: tuple[Card, ...]
    places: frozenset[str] | None

    def price(self, card: Card) -> float | None:
        """USD for an hour of one pod; None where the cloud does not have the card."""
        each = card.price.get(self.fleet.cloud)
        return None if each is None else each * self.fleet.gpus_per_pod

    def data_centers(self, card: Card) -> tuple[str, ...]:
        """Those where it is free now, the best supplied first."""
        stock = [each for each in card.stock if each.level != LEVELS[0]]
        allowed = [each for each in stock if self.places is None or each.data_center in self.places]
        allowed.sort(key=lambda each: -LEVELS.index(each.level) if each.level in LEVELS else 0)
        return tuple(each.data_center for each in allowed)

    def why_not(self, card: Card) -> str | None:
        """Why it cannot be ordered now; None where it can."""
        fleet, price = self.fleet, self.price(card)
        if card.id.startswith("AMD"):
            return "no CUDA"
        if price is None:
            return f"not in the {fleet.cloud} cloud"
        if card.most.get(fleet.cloud, 0) < fleet.gpus_per_pod:
            return f"at most {card.most.get(fleet.cloud, 0)} in one pod"
        if fleet.pods * price > fleet.max_usd_per_hour + 1e-9:
            return "above max_usd_per_hour"
        if price and fleet.max_usd / (fleet.pods * price) * 3600 < LEAST + MARGIN:
            return "max_usd does not even pay for its start"
        if card.level == LEVELS[0]:
            return SOLD_OUT[0]
        if self.places is not None and not self.data_centers(card):
            return SOLD_OUT[1]
        return None


def market(service: Api, fleet: Fleet) -> Market:
    """
    Raises:
        UserError: a card, a data center or a volume that there is not, or that does not go with the rest of the fleet.
    """
    if fleet.strict_card and not fleet.cards:
        raise UserError("fleet.strict_card: no card is named that alone will do; name it in fleet.cards")
    if fleet.cloud == "community" and (fleet.pods > 1 or fleet.volume is not None):
        given = f"fleet.pods {fleet.pods}" if fleet.pods > 1 else f"fleet.volume {fleet.volume!r}"
        raise UserError(
            f"{given}: hosts of the community cloud have no private network and no volumes; choose fleet.cloud=secure, "
            "or one pod without a volume"
        )
    return Market(fleet, _wanted(service, fleet), _places(service, fleet))


def _wanted(service: Api, fleet: Fleet) -> tuple[Card, ...]:
    cards = service.cards(fleet.gpus_per_pod, "SECURE" if fleet.cloud == "secure" else "COMMUNITY")
    if not fleet.cards:
        return tuple(cards)
    names = {name.casefold(): card for card in cards for name in (card.name, card.id)}
    found: dict[str, Card] = {}
    for given in fleet.cards:
        card = names.get(given.casefold())
        if card is None:
            raise UserError(f"fleet.cards: {unknown('card', given, [each.name for each in cards])}")
        found.setdefault(card.id, card)
    return tuple(found.values())[: 1 if fleet.strict_card else None]


def _places(service: Api, fleet: Fleet) -> frozenset[str] | None:
    wanted = frozenset(fleet.data_centers)
    if fleet.volume is not None:
        volumes = {volume.id: volume for volume in service.volumes()}
        if fleet.volume not in volumes:
            raise UserError(f"fleet.volume: {unknown('volume', fleet.volume, volumes)}")
        home = volumes[fleet.volume].data_center
        if wanted and home not in wanted:
            raise UserError(
                f"fleet.volume: {fleet.volume!r} is in {home}, which fleet.data_centers leaves out: "
                f"{', '.join(sorted(wanted))}; allow it, or take another volume"
            )
        wanted = frozenset({home})
    if fleet.pods == 1 and not fleet.data_centers:
        return wanted or None
    there = {each.id: each for each in service.data_centers()}
    for given in fleet.data_centers:
        if given not in there:
            raise UserError(f"fleet.data_centers: {unknown('data center', given, there)}")
    if fleet.pods == 1:
        return wanted
    networked = frozenset(each.id for each in there.values() if each.global_networking)
    if wanted and not wanted & networked:
        raise UserError(
            f"fleet.pods {fleet.pods}: several pods need a data center with global networking, and {_these(wanted)} "
            f"has none; those that have it: {_these(networked)}"
        )
    return wanted & networked if wanted else networked


def _these(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
