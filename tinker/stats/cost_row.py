"""The parts of a comparison's row that set an effect against what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinker.stats.resources import Curve, at_equal_flops, at_equal_seconds, per_percent_parameters
from tinker.stats.rule import Rule
from tinker.stats.t_test import TTest

Row = Mapping[str, Any]
Curves = Mapping[str, Curve]


def at_equal_cost(
    row: Row, arm: Sequence[Row], control: Sequence[Row], curves: Curves, rule: Rule
) -> dict[str, float | None]:
    """The difference for each percent of parameters, at equal FLOPs and at equal seconds, where they can be told.

    `row` is the comparison's so far. Equal cost is asked only of runs that all ended well and have curves; seconds only
    of those that had their machine to themselves.
    """
    found: dict[str, float | None] = {}
    if row.get("difference") is not None and row["params_ratio"] is not None:
        found["difference_per_percent_params"] = per_percent_parameters(row["difference"], row["params_ratio"])
    runs = [*arm, *control]
    if any(run["status"] != "done" or run["trial_id"] not in curves for run in runs):
        return found
    if all(run["flops_per_token"] and run["tokens"] and run["steps"] for run in runs):
        sides = [[(curves[run["trial_id"]], _flops_a_step(run)) for run in side] for side in (arm, control)]
        found |= _named("flops", at_equal_flops(sides[0], sides[1], rule.alpha))
    if all(run["packed"] is False for run in runs):
        own, base = ([curves[run["trial_id"]] for run in side] for side in (arm, control))
        found |= _named("seconds", at_equal_seconds(own, base, rule.alpha))
    return found


def _flops_a_step(run: Row) -> float:
    return float(run["flops_per_token"] * run["tokens"] / run["steps"])


def _named(cost: str, test: TTest | None) -> dict[str, float | None]:
    if test is None:
        return {}
    key = f"difference_equal_{cost}"
    return {key: test.difference, f"{key}_low": test.low, f"{key}_high": test.high}
