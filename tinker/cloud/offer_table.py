"""Offers as a table of at most 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tinker.cloud.throughput import SHARE
from tinker.cloud.workload import BOOT

if TYPE_CHECKING:
    from tinker.cloud.offers import Offer

WIDTH = 80
ROW = "{:<1} {:<15.15} {:>4} {:>4} {:>7} {:<6.6} {:>7} {:>8}  {}"


def lines(found: Sequence[Offer]) -> list[str]:
    """One line for each offer, the first choice marked, and what the figures stand on."""
    if not found:
        return ["RunPod has no card in its catalog"]
    said = [
        "what the grid would take; $/h is of all pods together",
        ROW.format("", "card", "GB", "pods", "$/h", "free", "hours", "$", "").rstrip(),
    ]
    first = next((offer for offer in found if offer.usable), None)
    for offer in found:
        row, note = _row(offer, offer is first), _note(offer)
        apart = len(row) + len(note) > WIDTH
        said += [row.rstrip(), f"      {note}"] if apart else [(row + note).rstrip()]
    return [*said, *_basis(found), *_doubts(first)]


def _row(offer: Offer, first: bool) -> str:
    about = "~" if offer.basis == "guessed" else ""
    return ROW.format(
        ">" if first else "",
        offer.name,
        offer.memory_gb,
        offer.pods,
        f"{offer.pods * offer.usd_per_hour:.2f}",
        offer.level.lower(),
        "?" if offer.hours is None else f"{about}{offer.hours:.2f}",
        "?" if offer.usd is None else f"{about}{offer.usd:.2f}",
        "",
    )


def _note(offer: Offer) -> str:
    return offer.why_not or (f"above {offer.misses}" if offer.misses else "")


def _basis(found: Sequence[Offer]) -> list[str]:
    said = (
        [f"{60 * BOOT:.0f} minutes to boot are assumed, and paid for"]
        if any(offer.hours is not None for offer in found)
        else []
    )
    if any(offer.basis == "guessed" for offer in found):
        said.append(f"~ a guess within a factor of three: {SHARE:.0%} of what the card's maker publishes")
    if any(offer.hours is None for offer in found):
        said.append("? nobody can tell: no figures for the card, or trials that use no GPU")
    return said


def _doubts(first: Offer | None) -> list[str]:
    if first is None:
        return ["nothing of it can be ordered now"]
    return [f"> would be cut off by fleet.{first.misses}: raise it, or plan less"] if first.misses else []
