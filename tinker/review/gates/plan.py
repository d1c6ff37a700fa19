"""Are the trials of the grid those of its plan?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tinker.review.evidence import Evidence
from tinker.review.finding import Finding, listed
from tinker.stats.sample import labels

GATE = "plan"


def plan(evidence: Evidence) -> Iterator[Finding]:
    """The seeds of each arm's cells, and the arms, are those of the grid's `seeds` and of the latest plan on record.

    Of imports nobody declared a plan: each arm has the seeds that it has.
    """
    grid = evidence.grid
    history = grid.get("plan_history") or []
    if evidence.imported or (not history and grid.get("seeds") is None):
        why = "runs from elsewhere" if evidence.imported else "an older grid"
        yield Finding(GATE, "note", f"{why}: no plan of seeds to hold the trials against")
        return
    plans = [("grid", grid["seeds"])] if grid.get("seeds") is not None else []
    plans += [("plan on record", history[-1]["seeds"])] if history else []
    clean = True
    for place in evidence.places:
        for arm in place.runs:
            side = "control" if arm == place.control else "arms"
            cells = [(cell["seed_init"], cell["seed_data"]) for cell in evidence.cells(place, arm)]
            other = [name for name, seeds in plans if sorted(cells) != sorted(_pairs(seeds, side))]
            if other and cells:  # an arm with rows and no cell is the matter of another gate
                clean = False
                declared = labels(_pairs(dict(plans)[other[0]], side))
                text = f"{arm}: its trials are {labels(cells)}, and the {other[0]} declares {declared}"
                yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
    if history:
        said = set(history[-1]["arms"].values())
        have = {cell["arm"] for cell in grid["cells"]} - {grid["control"]}
        for names, text in ((said - have, "on record as planned, and without a trial"), (have - said, "not on record")):
            if names:
                clean = False
                # What was left out would have made the correction of all others stricter.
                concerned = None if names <= said else tuple(sorted(names))
                yield Finding(GATE, "FAILED", f"{listed(sorted(names))}: {text}", concerned)
    if clean:
        yield Finding(GATE, "ok", f"the {len(grid['cells'])} trials are those that the plan declares")


def _pairs(seeds: Mapping[str, Sequence[Sequence[int]]], side: str) -> list[tuple[int, int]]:
    return [(init, data) for init, data in seeds.get(side, ())]
