"""What was rented for a grid, and what it cost in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tinker.tables.money import card_seconds

Row = Mapping[str, Any]


def of_rented(grid: Mapping[str, Any], trials: Sequence[Row]) -> list[str]:
    """From `grid.json` and trials.parquet: a line for each fleet, and their sum; nothing of a grid without one."""
    fleets = grid.get("rented") or []
    lines = [_said(fleet, trials, bool(grid.get("tuning"))) for fleet in fleets]
    return [
        *lines,
        *([f"rented in all: {dollars(sum(fleet['usd'] for fleet in fleets))}"] if len(fleets) > 1 else []),
    ]


def dollars(usd: float | None) -> str:
    """`$3.42`; a dash where nothing was paid."""
    return "-" if usd is None else f"${usd:.2f}"


def _said(fleet: Mapping[str, Any], trials: Sequence[Row], tunes: bool) -> str:
    pods = fleet["pods"]
    where = f"{len(pods)} x {fleet['gpus']} {fleet['card']} (fleet {fleet['fleet']})"
    billed = "billed by RunPod" if fleet["billed"] else "estimated, not billed yet"
    parts = [f"rented: {dollars(fleet['usd'])} on {where}{''.join(_apart(fleet, trials, tunes))}", billed]
    return "; ".join([*parts, *(["still rented"] if fleet["until"] is None else [])])


def _apart(fleet: Mapping[str, Any], trials: Sequence[Row], tunes: bool) -> Iterator[str]:
    """What the trials' seconds do not explain. Of trials that shared a card nobody can tell."""
    own = [row for row in trials if row.get("fleet") == fleet["fleet"]]
    had = sum(pod["seconds"] for pod in fleet["pods"]) * fleet["gpus"]
    if not had or any(row["packed"] for row in own):
        return
    rest = fleet["usd"] * max(0.0, 1.0 - sum(map(card_seconds, own)) / had)
    yield f", of which {dollars(rest)} boot and idle" + (", or tuning" if tunes else "")
