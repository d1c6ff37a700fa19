"""A catalog in place of RunPod's, for offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import Card, Cloud, DataCenter, Stock, Volume


def card(id: str, name: str, price: float, level: str = "HIGH", **more: Any) -> Card:
    """A card of both clouds, in two data centers."""
    stock = tuple(Stock(place, level) for place in ("EU-1", "US-1")) if level != "NONE" else ()
    fields: dict[str, Any] = {
        "memory_gb": 24,
        "price": {"secure": price, "community": price / 2},
        "most": {"secure": 8, "community": 4},
        "level": level,
        "stock": stock,
    }
    return Card(id=id, name=name, **{**fields, **more})


H100 = card("NVIDIA H100 80GB HBM3", "H100 SXM", 2.5, memory_gb=80)
RTX = card("NVIDIA GeForce RTX 4090", "RTX 4090", 0.7, "LOW")
L4 = card("NVIDIA L4", "L4", 0.4)
ODD = card("NVIDIA Odd 9000", "Odd 9000", 0.2)


@dataclass
class Catalog:
    """What the account's API would say."""

    gpus: list[Card] = field(default_factory=lambda: [H100, RTX, L4])
    asked: list[tuple[int, Cloud]] = field(default_factory=list)

    def cards(self, count: int, cloud: Cloud) -> list[Card]:
        self.asked.append((count, cloud))
        return self.gpus

    def data_centers(self) -> list[DataCenter]:
        return [DataCenter("EU-1", "Europe", True), DataCenter("US-1", "States", False)]

    def volumes(self) -> list[Volume]:
        return [Volume("vol1", "mine", 50, "US-1")]

    @property
    def api(self) -> Api:
        """As what it stands for."""
        return cast(Api, self)
