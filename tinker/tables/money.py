"""What rented fleets cost, shared out among the trials that ran on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def share_out(rows: Iterable[dict[str, Any]], fleets: Iterable[Mapping[str, Any]]) -> None:
    """Sets each row's `usd`: all that its fleet cost, in parts as large as the rows' seconds on their cards.

    `fleets` are `Rented.as_dict()`. A row of a fleet that is not among them keeps what it has.
    """
    listed = list(rows)
    for fleet in fleets:
        own = [row for row in listed if row.get("fleet") == fleet["fleet"]]
        total = sum(map(card_seconds, own))
        for row in own:
            row["usd"] = fleet["usd"] * card_seconds(row) / total if total else None


def card_seconds(row: Mapping[str, Any]) -> float:
    """Seconds of a trial times the cards that it had; replicates that were one program share them."""
    return (row.get("seconds") or 0.0) * len(row.get("places") or ["one"]) / (row.get("fused") or 1)
