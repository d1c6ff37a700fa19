"""The configurations of an arm: which had the whole budget, which won, and how far behind the next one is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Tried = Mapping[str, Any]


@dataclass(frozen=True)
class Won:
    """An arm's winner; `behind` is how much worse the best other configuration is, at equal budget."""

    tried: Tried
    second: Tried | None
    behind: float | None


def won(arm: Mapping[str, Any], tuning: Mapping[str, Any]) -> Won | None:
    """Of an entry of `tuning["arms"]`; None where nothing has won."""
    best = next((each for each in arm["configurations"] if each["number"] == arm["winner"]), None)
    if best is None:
        return None
    sign = -1 if tuning["direction"] == "higher" else 1
    others = [each for each in whole(arm, tuning) if each is not best]
    if best["mean"] is None or not others:
        return Won(best, None, None)
    second = min(others, key=lambda each: (sign * each["mean"], each["number"]))
    return Won(best, second, sign * (second["mean"] - best["mean"]))


def whole(arm: Mapping[str, Any], tuning: Mapping[str, Any]) -> list[Tried]:
    """Configurations that had the whole budget and have a mean: these can be compared."""
    return [each for each in arm["configurations"] if each["rung"] == tuning["steps"] and each["mean"] is not None]


def values_of(tried: Tried) -> list[float]:
    """Of its seeds, at its last rung."""
    at_rung = (trial["value"] for trial in tried["trials"] if trial["rung"] == tried["rung"])
    return [value for value in at_rung if value is not None]


def assigned(params: Mapping[str, Any]) -> str:
    """`optimizer.lr = 0.001, optimizer.weight_decay = 0.1`; sorted, since committed tables keep no other order."""
    return ", ".join(f"{key} = {brief(params[key])}" for key in sorted(params, key=_type_first))


def _type_first(key: str) -> tuple[bool, str]:
    return not key.endswith(".type"), key


def brief(value: Any) -> str:
    """A value as one would type it: `window(size=8)`."""
    if isinstance(value, Mapping):
        rest = ", ".join(f"{key}={brief(inner)}" for key, inner in sorted(value.items()) if key != "type")
        return f"{brief(value['type'])}({rest})" if "type" in value and rest else brief(value.get("type", rest))
    if isinstance(value, list):
        return f"[{', '.join(map(brief, value))}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value)


def flat(diff: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """A diff by dotted key, as deep as its objects go: `{"optimizer.type": "lion"}`."""
    found: dict[str, Any] = {}
    for key, value in diff.items():
        inside = f"{path}{key}"
        found |= flat(value, f"{inside}.") if isinstance(value, Mapping) and value else {inside: value}
    return found


def searched_in_words(space: Mapping[str, Mapping[str, Any]]) -> str:
    """`optimizer.lr from 1e-05 to 0.001 (log), model.dropout in [0, 0.1]`."""
    return ", ".join(f"{key} {_knob(knob)}" for key, knob in sorted(space.items()))


def _knob(knob: Mapping[str, Any]) -> str:
    if knob["kind"] == "range":
        return f"from {brief(knob['low'])} to {brief(knob['high'])}{' (log)' if knob['log'] else ''}"
    if knob["kind"] == "follows":
        return f"always {brief(knob['times'])} times {knob['of']}"
    return f"in {brief(list(_each(knob['values'])))}"


def _each(values: Sequence[Any], most: int = 8) -> Sequence[Any]:
    return values if len(values) <= most else [*values[:most], f"{len(values) - most} more"]
