"""Are two rows of comparisons.parquet the same, as far as both say it?"""

from __future__ import annotations

from math import isclose, isnan
from typing import Any

from tinker.review.evidence import Row
from tinker.tables.schema import comparisons

#: What every version has counted and averaged alike; how it tests and plans, and its words, may change with it.
FIRM = (
    "n_planned", "n", "n_diverged", "n_failed", "n_unfinished", "mean", "sd", "min", "max", "control_n",
    "control_mean", "control_sd", "difference", "params", "flops_per_token", "alpha", "min_effect", "rule_hash",
)  # fmt: skip
WORDED = ("reason", "warnings", "test")
_COLUMNS = {field.name: (field.metadata or {}).get(b"kind") for field in comparisons()}
#: Relative: what another machine's arithmetic may change.
SAME = 1e-9


def unlike(said: Row, found: Row) -> tuple[list[str], list[str]]:
    """Columns of both that differ, and those of them that may: in wording, in the last digits, or in an older table.

    A table is an older one if it lacks columns.
    """
    older = not _COLUMNS.keys() <= said.keys()
    differing = [name for name in _COLUMNS if name in said and not _equal(said[name], found[name])]
    may = [
        name
        for name in differing
        if name in WORDED
        or _COLUMNS[name] == b"plan"
        or (older and name not in FIRM)
        or _close(said[name], found[name])
    ]
    return [name for name in differing if name not in may], may


def _equal(one: Any, other: Any) -> bool:
    nan = all(isinstance(value, float) and isnan(value) for value in (one, other))
    return nan or bool(one == other)


def _close(one: Any, other: Any) -> bool:
    numbers = isinstance(one, float) and isinstance(other, float)
    return numbers and isclose(one, other, rel_tol=SAME, abs_tol=1e-15)
