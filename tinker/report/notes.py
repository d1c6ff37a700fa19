"""What to know of a grid's results before reading them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tinker.grid.measured_words import measured_in_words
from tinker.grid.switches import switches_in_words
from tinker.stats.declared import added
from tinker.stats.rule import Rule

Row = Mapping[str, Any]


def of_grid(grid: Mapping[str, Any], rule: Rule) -> list[str]:
    """From `grid.json`: late declarations, where runs come from, what they started from, what was not run."""
    overrides = grid.get("source", {}).get("overrides", [])
    return [
        *([f"{rule.edited}: every verdict is exploratory"] if rule.edited else []),
        *_imported(grid),
        *_added(grid),
        *([f"run with {' '.join(overrides)}"] if overrides else []),
        *switches_in_words(grid.get("switches", ())),
        *measured_in_words(grid.get("measured", {})),
        *([f"every arm starts from trial {grid['pretrained']} (pretrain)"] if grid.get("pretrained") else []),
        *(f"not run: {reason}" for reason in grid["skipped"]),
    ]


def _added(grid: Mapping[str, Any]) -> list[str]:
    names = added(grid.get("plan_history", ()))
    if not names:
        return []
    return [
        f"added when other arms had results: {', '.join(names)}; each is tested fairly, but whoever adds arms until one"
        " comes out better errs more often than alpha"
    ]


def of_devices(trials: Sequence[Row]) -> list[str]:
    """Whether there are runs of several cards or processors: their speeds have no common mean."""
    counts = Counter(row["device"] for row in trials if row["device"] is not None)
    if len(counts) < 2:
        return []
    said = ", ".join(f"{device} ({count} trials)" for device, count in sorted(counts.items()))
    return [f"runs of {len(counts)} kinds of device: {said}; speeds and times of an arm are means over them"]


def of_fusing(trials: Sequence[Row]) -> list[str]:
    """Whether seeds were trained as one program, and which arms' were not."""
    ways: dict[str, set[int]] = {}
    for row in trials:
        if row.get("seconds") is not None:
            ways.setdefault(row["arm"], set()).add(row.get("fused") or 1)
    if not any(most > 1 for way in ways.values() for most in way):
        return []
    alone = sorted(arm for arm, way in ways.items() if way == {1})
    largest = max(most for way in ways.values() for most in way)
    said = f"up to {largest} seeds of an arm were trained as one program (resources.fused), equal but for rounding"
    if alone:
        said += f"; those of {', '.join(alone)} alone, so speeds and times do not compare between these and the others"
    return [said]


def of_looks(looks: Sequence[Row]) -> list[str]:
    """From looks.parquet: how often results were seen before they counted."""
    times = sorted({row["time"] for row in looks if row["kind"] == "peek"})
    if not times:
        return []
    often = "once" if len(times) == 1 else f"{len(times)} times"
    first = f"{times[0]:%Y-%m-%d %H:%M}"
    return [f"looked at {often} before it was time (first on {first} UTC): no verdict was given there, so it cost none"]


def _imported(grid: Mapping[str, Any]) -> list[str]:
    """Of runs from elsewhere: what nobody here has seen."""
    if not grid.get("imported"):
        return []
    history = grid["import_history"]
    counts = ", then ".join(str(entry["runs"]) for entry in history)
    since = f"imported {len(history)} times since {history[0]['time']}, {counts} runs"
    again = f"{since}: a look between them raises the error rate"
    return [
        f"imported from {grid['imported']}: tinker cannot know whether the rule was declared before the runs, nor"
        " whether all runs are here",
        *([again] if len(history) > 1 else []),
        *grid["import_notes"],
    ]
