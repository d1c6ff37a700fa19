"""The section of a report on the tuning: what every arm got, and what won."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinker.report.layout import PLUS_MINUS
from tinker.report.numbers import NONE, decimals, fixed, magnitude
from tinker.report.tuning.effort import efforts
from tinker.report.tuning.tried import assigned, flat, won
from tinker.report.tuning.words import facts, summary, warnings
from tinker.report.view import Column, Table, Tuning

Grid = Mapping[str, Any]


def tuning_section(grid: Grid) -> Tuning | None:
    """None where the grid tunes nothing."""
    tuning = grid.get("tuning")
    if tuning is None:
        return None
    tables = [effort_table(tuning)]
    if any(arm["winner"] is not None for arm in tuning["arms"]):
        tables.insert(0, winner_table(grid))
    return Tuning(summary(tuning), tuple(facts(grid)), tuple(warnings(tuning)), tuple(tables))


def effort_table(tuning: Mapping[str, Any]) -> Table:
    """What each arm really got."""
    columns = (
        Column("arm", number=False),
        *map(Column, ("configurations", "ended", "seeds", "trials", "steps", "FLOPs", "seconds")),
        Column("lost"),
        Column("stopped"),
    )
    cells = tuple(
        (
            each.arm,
            *map(str, (each.configurations, each.ended, len(each.seeds), each.trials)),
            magnitude(each.steps),
            magnitude(each.flops),
            magnitude(each.seconds),
            str(each.lost),
            str(each.stopped),
        )
        for each in efforts(tuning)
    )
    note = (
        "trials: a configuration with a seed, as far as it went; steps, FLOPs and seconds: of all of them; lost:"
        " configurations of which a seed diverged or failed; stopped: by pruning"
    )
    return Table("What each arm's tuning got", columns, cells, (None,) * len(cells), note)


def winner_table(grid: Grid) -> Table:
    """The values that each arm is compared with, beside what it was declared to change."""
    tuning = grid["tuning"]
    arms = [(arm, won(arm, tuning)) for arm in tuning["arms"]]
    changes = declared_changes(grid)
    places = decimals(found.tried["sd"] for _, found in arms if found is not None)
    columns = (
        Column("arm", number=False),
        Column("changes", number=False),
        Column("tuned to", number=False),
        Column(f"mean {PLUS_MINUS} sd"),
        Column("next best"),
        Column("edge", number=False),
    )
    cells = []
    for arm, found in arms:
        tried = None if found is None else found.tried
        spread = "" if tried is None or tried["sd"] is None else f" {PLUS_MINUS} {fixed(tried['sd'], places)}"
        cells.append(
            (
                arm["name"],
                changes.get(arm["name"], NONE),
                NONE if tried is None else assigned(tried["params"]),
                NONE if tried is None else f"{fixed(tried['mean'], places)}{spread}",
                NONE if found is None else fixed(found.behind, places, sign=True),
                ", ".join(f"{edge['key']} {edge['end']}" for edge in arm["edges"]) or "no",
            )
        )
    note = (
        f"{tuning['metric']} of the tuning split over the tuning seeds, which is not tested; next best: how much worse"
        " the best other configuration is at the same budget; edge: the winner lies at an end of what was tried"
    )
    return Table("What won the tuning of each arm", columns, tuple(cells), (None,) * len(cells), note)


def declared_changes(grid: Grid) -> dict[str, str]:
    """By arm its declared diff in words; the control has none."""
    return {
        arm["name"]: "(the control)" if arm["is_control"] else assigned(flat(arm.get("diff") or {}))
        for arm in grid["arms"]
    }
