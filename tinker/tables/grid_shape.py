"""What a `grid.json` looks like to those who read it: checked once, so that no reader meets something else later.

Only what readers use is asked for. Which words a rule may use is for `tinker.stats.rule` to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tinker.errors import UserError
from tinker.tables.shapes import (
    FLAG,
    NUMBER,
    OBJECT,
    POSITIVE,
    RATE,
    TEXT,
    WHOLE,
    Kind,
    Shape,
    is_number,
    is_text,
    is_whole,
    or_null,
    problem_of,
    shown,
)

LOOKS = Kind(
    "null, 'anytime' or a list of rising numbers of seeds",
    lambda value: (
        value in (None, "anytime")
        or (isinstance(value, list) and all(map(is_whole, value)) and value != [] and sorted({*value}) == value)
    ),
)
PAIR = Kind(
    "a pair of seeds", lambda value: isinstance(value, list) and len(value) == 2 and all(map(is_whole, value))
)  # fmt: skip
NAMES = Kind("an object of texts", lambda value: isinstance(value, dict) and all(map(is_text, value.values())))
RUNS = Kind(
    "an object of lists of pairs of seeds",
    lambda value: (
        isinstance(value, dict)
        and all(isinstance(pairs, list) and all(map(PAIR.holds, pairs)) for pairs in value.values())
    ),
)
DECLARED: dict[str, Shape] = {"time": TEXT, "results_existed": or_null(FLAG)}


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
        return all(is_number(knob.get(end)) for end in ("low", "high")) and isinstance(knob.get("log"), bool)
    if knob.get("kind") == "follows":
        return is_text(knob.get("of")) and is_number(knob.get("times"))
    return knob.get("kind") == "list" and isinstance(knob.get("values"), list)


def _pruning(value: Mapping[str, Any]) -> bool:
    return is_text(value.get("type")) and isinstance(value.get("rungs"), list) and all(map(is_whole, value["rungs"]))


PLAIN = Kind("an object of plain values", _plain)
SPACE = Kind("an object of ranges, lists and what follows them", _space)
PRUNE = Kind("an object with type and rungs", lambda value: _plain(value) and _pruning(value))
STATE = Kind("done, diverged, failed or missing", lambda value: value in ("done", "diverged", "failed", "missing"))
TUNING: dict[str, Shape] = {
    "complete": FLAG, "metric": TEXT, "direction": TEXT, "rule": TEXT, "trials": WHOLE, "seeds": [PAIR],
    "steps": WHOLE, "declared": TEXT, "prune": or_null(PRUNE),
    "search": {"type": TEXT, "seed": or_null(WHOLE), "batch": or_null(WHOLE), "arguments": PLAIN},
    "arms": [
        {"name": TEXT, "space": SPACE, "winner": or_null(WHOLE), "tuned": or_null(PLAIN), "ties": [WHOLE],
         "edges": [{"key": TEXT, "value": NUMBER, "end": TEXT, "said": TEXT}],
         "compute": {"configurations": WHOLE, "trials": WHOLE, "steps": WHOLE, "seconds": NUMBER, "flops": NUMBER},
         "configurations": [
             {"number": WHOLE, "batch": WHOLE, "params": PLAIN, "rung": WHOLE, "stopped": FLAG,
              "n": WHOLE, "mean": or_null(NUMBER), "sd": or_null(NUMBER),
              "trials": [
                  {"rung": WHOLE, "seed_init": WHOLE, "seed_data": WHOLE, "trial_id": TEXT, "state": STATE,
                   "value": or_null(NUMBER), "steps": or_null(WHOLE), "seconds": or_null(NUMBER),
                   "flops": or_null(NUMBER)}
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
    "matmul?": {**_DECIDED, "on": FLAG, "figures?": {**_RATIO, "block": WHOLE, "step_s": NUMBER}},
    "compile?": {**_DECIDED, "on": FLAG, "figures?": {
        **_RATIO, "block": WHOLE, "steps": WHOLE,
        **dict.fromkeys(("step_s", "cold_s", "compile_s", "plain_s", "compiled_s"), NUMBER)}},
    "fused?": {**_DECIDED, "seeds": WHOLE, "figures?": {**_RATIO, "tried": WHOLE, "peak_mem_bytes": or_null(WHOLE)}},
}  # fmt: skip

GRID: dict[str, Shape] = {
    "name": TEXT,
    "question?": or_null(TEXT),
    "hypothesis?": or_null(TEXT),
    "control": TEXT,
    "decide": {
        **dict.fromkeys(("metric", "direction", "correction", "diverged"), TEXT),
        **{f"{key}?": TEXT for key in ("test", "pairing", "blocks", "accept")},
        "min_effect": POSITIVE, "alpha": RATE, "looks?": LOOKS, "max_seed_cv?": POSITIVE,
        "futility?": or_null(RATE),
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
         "params": or_null(WHOLE), "flops_per_token": or_null(NUMBER)}
    ],
    "cells": [
        {"arm": TEXT, "trial_id": TEXT, "seed_init": WHOLE, "seed_data": WHOLE, "corpus": TEXT, "scale": TEXT}
    ],
    "environment_class?": or_null(TEXT),
    "source?": {"file": TEXT, "overrides": [TEXT]},
    "vocab_size?": or_null(WHOLE),
    "pretrained?": or_null(TEXT),
    "budget?": BUDGET,
    "spent?": {"hours": NUMBER, "trials": WHOLE, "flops": NUMBER, "usd": or_null(NUMBER)},
    "rented?": [{"fleet": TEXT, "card": TEXT, "gpus": WHOLE, "since": TEXT, "until": or_null(TEXT), "usd": NUMBER,
                 "billed": FLAG, "pods": [{"name": TEXT, "pod_id": TEXT, "data_center": or_null(TEXT), "image": TEXT,
                                           "usd_per_hour": NUMBER, "seconds": NUMBER, "usd": NUMBER, "billed": FLAG}]}],
    "order?": {"seed": WHOLE, "weighed_by": TEXT, "arms": [[TEXT]]},
    "packing?": {"gpus": NUMBER, "peak_mem_bytes": WHOLE, "card_bytes": WHOLE, "arm": TEXT},
    "tuning?": TUNING,
    "imported?": or_null(TEXT),
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


def _contradictions(grid: Mapping[str, Any]) -> Iterator[str]:
    """Of a grid whose keys are all of the right kind: names that no arm has, an import without its record."""
    arms = {arm["name"] for arm in grid["arms"]}
    named = [("control", grid["control"])]
    named += [(f"cells[{place}].arm", cell["arm"]) for place, cell in enumerate(grid["cells"])]
    for path, name in named:
        if name not in arms:
            yield f"{path} is {shown(name)}, which none of its arms is called"
    if grid.get("imported") and not (grid.get("import_history") and "import_notes" in grid):
        yield "import_history (not empty) and import_notes should be there, since it is imported"
    for place, arm in enumerate(grid.get("tuning", {"arms": ()})["arms"]):
        numbers = [tried["number"] for tried in arm["configurations"]]
        chosen = [*arm["ties"], *([] if arm["winner"] is None else [arm["winner"]])]
        if len({*numbers}) < len(numbers) or not {*chosen} <= {*numbers}:
            yield f"tuning.arms[{place}] has a configuration twice, or a winner or tie that is none of its own"
