"""The overview as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tinker.schedule.live.words import dollars, duration, per_hour
from tinker.status.overview import GridStatus, Overview
from tinker.status.working import Working

#: Running trials of a grid that are told one by one.
MOST = 8
#: In this order, those there are of.
STATES = ("done", "diverged", "failed", "running", "waiting", "not needed", "imported", "only in its tables")


def show(overview: Overview) -> Iterator[str]:
    """Line by line."""
    living = [one for one in overview.drivers if one.life != "dead"]
    if not living:
        yield "nothing runs"
    for one in overview.drivers:
        yield from _driver(one)
    for grid in overview.grids:
        yield ""
        yield from _grid(grid)
    if not overview.grids:
        yield "no grid has been run here"


def _driver(one: Working) -> Iterator[str]:
    since = datetime.fromisoformat(one.driver.started).astimezone()
    yield f"{one.who}, since {since:%Y-%m-%d %H:%M:%S}: {one.driver.command}"
    if one.trouble:
        yield f"    {one.trouble}"
    if one.life == "dead":
        return
    said = one.driver.said
    parts = [
        per_hour(said["rate"]) if _number(said, "rate") else "",
        f"about {duration(said['left'])} left" if _number(said, "left") else "",
        f"{dollars(said['spent'])} spent" if _number(said, "spent") else "",
    ]
    if any(parts):
        yield "    " + ", ".join(filter(None, parts))


def _grid(grid: GridStatus) -> Iterator[str]:
    said = grid.said or {}
    phase = ", ".join(str(said[key]) for key in ("phase", "words") if said.get(key))
    # The driver counts trials of a tuning too, whose names are in no grid.json until it has ended.
    trials = said["counts"] if phase and isinstance(said.get("counts"), dict) else grid.trials
    total = sum(trials.values()) - trials.get("not needed", 0)
    parts = ", ".join(f"{trials[state]:,} {state}" for state in STATES if trials.get(state))
    if grid.problem:
        yield f"{grid.name}: {grid.problem}"
        return
    yield f"{grid.name}: {f'{phase}: ' if phase else ''}{parts or 'nothing'} of {total:,} trials"
    for one in grid.running[:MOST]:
        yield f"    {one['label']}: {_how_far(one)}"
    if len(grid.running) > MOST:
        yield f"    and {len(grid.running) - MOST} more at work"
    for one in grid.failures:
        tries = f" in {one['attempts']} attempts" if one["attempts"] > 1 else ""
        yield f"    {one['label']}: failed{tries}: {one['cause'] or 'no cause is known'}"
        if one["log"]:
            yield f"        {one['log']}"


def _how_far(one: Mapping[str, Any]) -> str:
    if one["step"] is None or not one["steps"]:
        return "before its first step"
    return f"step {one['step']:,} of {one['steps']:,} ({one['step'] / one['steps']:.0%})"


def _number(said: Mapping[str, Any], key: str) -> bool:
    return isinstance(said.get(key), (int, float)) and said[key] > 0
