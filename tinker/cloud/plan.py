"""`tinker cloud plan`: what a grid would cost on which card, before anything is rented."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tinker.cloud.account import api
from tinker.cloud.api.client import Api
from tinker.cloud.fleet import Fleet, apart, fleet_of
from tinker.cloud.market import Market, market
from tinker.cloud.offers import Offer, offered, table
from tinker.cloud.workload import Workload
from tinker.config.accelerator import on_cards

#: Numbers of pods that are held against each other, besides the fleet's own.
PODS = (1, 2, 4)
#: Letters of a card's name, and of the figures for one number of pods.
NAME, FIGURES = 22, 14


def planned(
    grid: str,
    overrides: Sequence[str],
    results: Path,
    *,
    as_json: bool,
    file: Path | None = None,
    service: Api | None = None,
) -> str:
    """What there is for a grid, as text or JSON; `file` has a fleet in place of the grid's.

    Raises:
        UserError: anything wrong with the grid or the fleet, or RunPod does not answer.
    """
    from tinker.grid.expand import expand
    from tinker.grid.find import find_grid
    from tinker.grid.load import load_grid

    found = find_grid(grid, overrides, results)
    _, others = apart(found.overrides)
    with on_cards():
        plan = expand(load_grid(found.file, others), results=results)
    fleet = fleet_of(found.file, found.overrides, file)
    made = cloud_plan(service or api(), fleet, Workload(plan, results))
    return json.dumps(made.as_dict(), indent=2) if as_json else made.as_text()


@dataclass(frozen=True)
class CloudPlan:
    """What there is for a grid.

    Attributes:
        trials: of the grid.
        together: how many of them run at once on one pod.
        offers: best first, of the fleet as it is declared.
        by_pods: of the cards that can be ordered, by id, the offers for several numbers of pods.
        notes: what the user should know first.
    """

    fleet: Fleet
    trials: int
    together: int
    offers: tuple[Offer, ...]
    by_pods: dict[str, dict[int, Offer]]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        by_pods = {
            card: {str(pods): {"hours": each.hours, "usd": each.usd} for pods, each in found.items()}
            for card, found in self.by_pods.items()
        }
        return {
            "fleet": asdict(self.fleet),
            "trials": self.trials,
            "trials_per_pod": self.together,
            "offers": [asdict(offer) for offer in self.offers],
            "by_pods": by_pods,
            "notes": list(self.notes),
        }

    def as_text(self) -> str:
        """For a person, at most 80 columns wide."""
        parts = [f"note: {note}" for note in self.notes]
        if self.trials:
            parts.append(f"{self.trials} trials{f', {self.together} at once on a pod' if self.together else ''}")
        parts.append(table(self.offers))
        known = [found for found in self.by_pods.values() if any(each.hours is not None for each in found.values())]
        if known:
            parts += ["", "hours and cost by fleet.pods:", *_compared(known)]
        return "\n".join(parts)


def cloud_plan(service: Api, fleet: Fleet, work: Workload) -> CloudPlan:
    """The plan of a fleet, by the live catalog."""
    there = market(service, fleet)
    here = offered(there, work)
    numbers = [1] if fleet.cloud == "community" else sorted({*PODS, fleet.pods})
    by_number = {pods: _by_card(replace(there, fleet=replace(fleet, pods=pods)), work) for pods in numbers}
    usable = [offer.card for offer in here if offer.usable]
    by_pods = {card: {pods: found[card] for pods, found in by_number.items()} for card in usable}
    together = work.together(fleet.gpus_per_pod)
    return CloudPlan(fleet, len(work.plan.cells), together, tuple(here), by_pods, tuple(work.notes()))


def _by_card(found: Market, work: Workload) -> dict[str, Offer]:
    return {offer.card: offer for offer in offered(found, work)}


def _compared(known: Sequence[dict[int, Offer]]) -> list[str]:
    """Cards against numbers of pods."""
    lines = [f"{'':{NAME}}" + "".join(f"{number:>{FIGURES}}" for number in known[0])]
    for found in known:
        cells = [_figures(each) for each in found.values()]
        name = next(iter(found.values())).name
        lines.append(f"{name[:NAME]:{NAME}}" + "".join(f"{cell:>{FIGURES}}" for cell in cells))
    return lines


def _figures(offer: Offer) -> str:
    """`~3.1 ~$4.20`, with the sign of a guess."""
    if offer.hours is None or offer.usd is None:
        return "?"
    about = "~" if offer.basis == "guessed" else ""
    usd = f"{offer.usd:.2f}" if offer.usd < 99.995 else f"{offer.usd:,.0f}"
    return f"{about}{offer.hours:.{1 if offer.hours < 99.95 else 0}f} {about}${usd}"
