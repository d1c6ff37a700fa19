"""What a `grid.json` looks like to those who read it: checked once, so that no reader meets something else later.

Only what readers use is asked for. Which words a rule may use is for `tinker.stats.rule` to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinker.errors import UserError

#: Of a value that is not what it should be, so many characters are shown.
SHOWN = 60


@dataclass(frozen=True)
class Kind:
    """Values that something holds for, and what they are called."""

    words: str
    holds: Callable[[Any], bool]


#: A kind, a list of one shape, or an object: its keys with their shapes; one that ends with `?` may be left out.
Shape = Kind | Sequence["Shape"] | Mapping[str, "Shape"]


def _text(value: Any) -> bool:
    """Half of a surrogate pair, which JSON can spell, is no text: no file can hold it."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _whole(value: Any) -> bool:
    """As Parquet's columns hold them."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _or_null(kind: Kind) -> Kind:
    return Kind(f"{kind.words} or null", lambda value: value is None or kind.holds(value))


TEXT = Kind("text", _text)
NUMBER, WHOLE = Kind("a number", _number), Kind("a whole number", _whole)
POSITIVE = Kind("a number above 0", lambda value: _number(value) and value > 0)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
RATE = Kind("a number between 0 and 1", lambda value: _number(value) and 0 < value < 1)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
LOOKS = Kind(
    "null, 'anytime' or a list of rising numbers of seeds",
    lambda value: (
        value in (None, "anytime")
        or (isinstance(value, list) and all(map(_whole, value)) and value != [] and sorted({*value}) == value)
    ),
)
PAIR = Kind(
    "a pair of seeds", lambda value: isinstance(value, list) and len(value) == 2 and all(map(_whole, value))
)  # fmt: skip
NAMES = Kind("an object of texts", lambda value: isinstance(value, dict) and all(map(_text, value.values())))
RUNS = Kind(
    "an object of lists of pairs of seeds",
    lambda value: (
        isinstance(value, dict)
        and all(isinstance(pairs, list) and all(map(PAIR.holds, pairs)) for pairs in value.values())
    ),
)
DECLARED: dict[str, Shape] = {"time": TEXT, "results_existed": _or_null(FLAG)}


def _plain(value: Any) -> bool:
    """Whether it can be written again: JSON's readers let pass what is no number and no text."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return isinstance(value, dict)


def _space(value: Any) -> bool:
    return _plain(value) and all(isinstance(knob, dict) and _knob(knob) for knob in value.values())


def _knob(knob: Mapping[str, Any]) -> bool:
    if knob.get("kind") == "range":
        return all(_number(knob.get(end)) for end in ("low", "high")) and isinstance(knob.get("log"), bool)
    if knob.get("kind") == "follows":
        return _text(knob.get("of")) and _number(knob.get("times"))
    return knob.get("kind") == "list" and isinstance(knob.get("values"), list)


def _pruning(value: Mapping[str, Any]) -> bool:
    return _text(value.get("type")) and isinstance(value.get("rungs"), list) and all(map(_whole, value["rungs"]))


PLAIN = Kind("an object of plain values", _plain)
SPACE = Kind("an object of ranges, lists and what follows them", _space)
PRUNE = Kind("an object with type and rungs", lambda value: _plain(value) and _pruning(value))
STATE = Kind("done, diverged, failed or missing", lambda value: value in ("done", "diverged", "failed", "missing"))
TUNING: dict[str, Shape] = {
    "complete": FLAG, "metric": TEXT, "direction": TEXT, "rule": TEXT, "trials": WHOLE, "seeds": [PAIR],
    "steps": WHOLE, "declared": TEXT, "prune": _or_null(PRUNE),
    "search": {"type": TEXT, "seed": _or_null(WHOLE), "batch": _or_null(WHOLE), "arguments": PLAIN},
    "arms": [
        {"name": TEXT, "space": SPACE, "winner": _or_null(WHOLE), "tuned": _or_null(PLAIN), "ties": [WHOLE],
         "edges": [{"key": TEXT, "value": NUMBER, "end": TEXT, "said": TEXT}],
         "compute": {"configurations": WHOLE, "trials": WHOLE, "steps": WHOLE, "seconds": NUMBER, "flops": NUMBER},
         "configurations": [
             {"number": WHOLE, "batch": WHOLE, "params": PLAIN, "rung": WHOLE, "stopped": FLAG,
              "n": WHOLE, "mean": _or_null(NUMBER), "sd": _or_null(NUMBER),
              "trials": [
                  {"rung": WHOLE, "seed_init": WHOLE, "seed_data": WHOLE, "trial_id": TEXT, "state": STATE,
                   "value": _or_null(NUMBER), "steps": _or_null(WHOLE), "seconds": _or_null(NUMBER),
                   "flops": _or_null(NUMBER)}
              ]}
         ]}
    ],
}  # fmt: skip

BUDGET: dict[str, Shape] = {
    **{f"{key}?": POSITIVE for key in ("hours", "usd", "usd_per_hour", "flops")}, "trials?": WHOLE,
}  # fmt: skip

_DECIDED: dict[str, Shape] = {
    **dict.fromkeys(("environment_class", "device", "torch", "time"), TEXT), "threads": WHOLE, "why": TEXT,
}  # fmt: skip
_RATIO: dict[str, Shape] = {"ratio": NUMBER, "low": NUMBER, "high": NUMBER, "n": WHOLE}
MEASURED: dict[str, Shape] = {
    "compile?": {**_DECIDED, "on": FLAG, "figures?": {
        **_RATIO, "block": WHOLE, "steps": WHOLE,
        **dict.fromkeys(("step_s", "cold_s", "compile_s", "plain_s", "compiled_s"), NUMBER)}},
    "fused?": {**_DECIDED, "seeds": WHOLE, "figures?": {**_RATIO, "tried": WHOLE, "peak_mem_bytes": _or_null(WHOLE)}},
}  # fmt: skip

GRID: dict[str, Shape] = {
    "name": TEXT,
    "question?": _or_null(TEXT),
    "hypothesis?": _or_null(TEXT),
    "control": TEXT,
    "decide": {
        **dict.fromkeys(("metric", "direction", "correction", "diverged"), TEXT),
        **{f"{key}?": TEXT for key in ("test", "pairing", "blocks", "accept")},
        "min_effect": POSITIVE, "alpha": RATE, "looks?": LOOKS, "max_seed_cv?": POSITIVE,
        "futility?": _or_null(RATE),
    },
    "rule_hash": TEXT,
    "rule_history": [{**DECLARED, "hash": TEXT, "decide": OBJECT}],
    "plan_history?": [{**DECLARED, "seeds": {"arms": [PAIR], "control": [PAIR], "tuning?": [PAIR], "by_need?": FLAG},
                       "arms": NAMES, "runs?": RUNS, "tune?": TEXT, "winners?": NAMES}],
    "seeds?": {"arms?": [PAIR], "control?": [PAIR], "tuning?": [PAIR], "by_need?": FLAG},
    "skipped": [TEXT],
    "switches?": [TEXT],
    "measured?": MEASURED,
    "arms": [
        {"name": TEXT, "is_control": FLAG, "diff?": OBJECT, "tuned?": PLAIN, "changes_scale": FLAG,
         "params": _or_null(WHOLE), "flops_per_token": _or_null(NUMBER)}
    ],
    "cells": [
        {"arm": TEXT, "trial_id": TEXT, "seed_init": WHOLE, "seed_data": WHOLE, "corpus": TEXT, "scale": TEXT}
    ],
    "environment_class?": _or_null(TEXT),
    "source?": {"file": TEXT, "overrides": [TEXT]},
    "vocab_size?": _or_null(WHOLE),
    "pretrained?": _or_null(TEXT),
    "budget?": BUDGET,
    "spent?": {"hours": NUMBER, "trials": WHOLE, "flops": NUMBER, "usd": _or_null(NUMBER)},
    "rented?": [{"fleet": TEXT, "card": TEXT, "gpus": WHOLE, "since": TEXT, "until": _or_null(TEXT), "usd": NUMBER,
                 "billed": FLAG, "pods": [{"name": TEXT, "pod_id": TEXT, "data_center": _or_null(TEXT), "image": TEXT,
                                           "usd_per_hour": NUMBER, "seconds": NUMBER, "usd": NUMBER, "billed": FLAG}]}],
    "order?": {"seed": WHOLE, "weighed_by": TEXT, "arms": [[TEXT]]},
    "packing?": {"gpus": NUMBER, "peak_mem_bytes": WHOLE, "card_bytes": WHOLE, "arm": TEXT},
    "tuning?": TUNING,
    "imported?": _or_null(TEXT),
    "import_history?": [{"time": TEXT, "runs": WHOLE}],
    "import_notes?": [TEXT],
}  # fmt: skip


def checked(grid: Any, where: object) -> dict[str, Any]:
    """The grid, which is as its readers expect; `where` (a file) is for the message.

    Raises:
        UserError: it is not: which key, what it should be and what is there.
    """
    missing = [key for key in GRID if not key.endswith("?") and not (isinstance(grid, dict) and key in grid)]
    if missing:
        raise UserError(f"{where}: the grid of these tables lacks {', '.join(missing)}; make them with `tinker report`")
    problem = problem_of(grid, GRID) or next(_contradictions(grid), None)
    if problem is not None:
        raise UserError(f"{where}: in the grid of these tables {problem}; run or import the grid again")
    return dict(grid)


def problem_of(value: Any, shape: Shape) -> str | None:
    """What is not of the shape, the first of it."""
    return next(_wrong(value, shape, ""), None)


def _wrong(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """What is not of the shape; nothing where all is."""
    if isinstance(shape, Kind):
        if not shape.holds(value):
            yield f"{path} should be {shape.words}, not {_shown(value)}"
    elif isinstance(shape, Mapping):
        yield from _wrong_object(value, shape, path)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _wrong(each, shape[0], f"{path}[{place}]")
    else:
        yield f"{path} should be a list, not {_shown(value)}"


def _wrong_object(value: Any, shape: Mapping[str, Shape], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} should be an object, not {_shown(value)}"
        return
    for spelled, inner in shape.items():
        key = spelled.removesuffix("?")
        inside = f"{path}.{key}" if path else key
        if key in value:
            yield from _wrong(value[key], inner, inside)
        elif not spelled.endswith("?"):
            yield f"{inside} is missing"


def _contradictions(grid: Mapping[str, Any]) -> Iterator[str]:
    """Of a grid whose keys are all of the right kind: names that no arm has, an import without its record."""
    arms = {arm["name"] for arm in grid["arms"]}
    named = [("control", grid["control"])]
    named += [(f"cells[{place}].arm", cell["arm"]) for place, cell in enumerate(grid["cells"])]
    for path, name in named:
        if name not in arms:
            yield f"{path} is {_shown(name)}, which none of its arms is called"
    if grid.get("imported") and not (grid.get("import_history") and "import_notes" in grid):
        yield "import_history (not empty) and import_notes should be there, since it is imported"
    for place, arm in enumerate(grid.get("tuning", {"arms": ()})["arms"]):
        numbers = [tried["number"] for tried in arm["configurations"]]
        chosen = [*arm["ties"], *([] if arm["winner"] is None else [arm["winner"]])]
        if len({*numbers}) < len(numbers) or not {*chosen} <= {*numbers}:
            yield f"tuning.arms[{place}] has a configuration twice, or a winner or tie that is none of its own"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
