"""The parts of a comparison's row that need no test: what the arm's runs gave, what they cost, what more would tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean
from typing import Any

from tinker.stats.noise_level import NoiseLevel
from tinker.stats.power import minimum_detectable_effect, seeds_for_width, seeds_needed
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.spread import sd_interval
from tinker.stats.t_test import TTest

Row = Mapping[str, Any]


def described(rows: Sequence[Row], planned: Sample, compared: Sample | None = None) -> dict[str, Any]:
    """Identity, counts, spread and cost of one arm.

    `rows` are its trials, `planned` is how one metric sees them, `compared` those that the comparison rests on: at a
    look, the first ones.
    """
    sample = planned if compared is None else compared
    first = rows[0]
    spread = sd_interval(sample.sd, len(sample.values)) if sample.sd is not None else None
    return {
        **{key: first[key] for key in ("grid", "arm", "is_control", "corpus", "scale")},
        "n_planned": len(planned.runs),
        "n": len(sample.values),
        "n_diverged": planned.diverged,
        "n_failed": planned.count("failed"),
        "n_unfinished": planned.count("unfinished"),
        "mean": sample.mean,
        "sd": sample.sd,
        "sd_low": spread and spread[0],
        "sd_high": spread and spread[1],
        "min": min(sample.values, default=None),
        "max": max(sample.values, default=None),
        "cv": sample.sd / abs(sample.mean) if sample.sd is not None and sample.mean else None,
        "params": first["params"],
        "trainable_params": first["trainable_params"],
        "active_params": first["active_params"],
        "flops_per_token": first["flops_per_token"],
        "tokens_per_s": _mean(rows, "tokens_per_s"),
        "seconds": _mean(rows, "seconds"),
        "peak_mem_bytes": max(
            (row["peak_mem_bytes"] for row in rows if row["peak_mem_bytes"] is not None), default=None
        ),
        "rss_bytes": max((row["rss_bytes"] for row in rows if row["rss_bytes"] is not None), default=None),
        "packed": any(row["packed"] for row in rows),
        "fused": sorted({row.get("fused") or 1 for row in rows}),
        "usd": sum(shares) if (shares := [row["usd"] for row in rows if row.get("usd") is not None]) else None,
    }


def against(arm: Mapping[str, Any], control: Mapping[str, Any]) -> dict[str, Any]:
    """The arm's cost over the control's, and the control's own figures; both arguments come from `described`."""
    # A trial that shares its machine is slowed by its neighbours, and more so by those that are one program with it:
    # speeds compare only among equals.
    comparable = (arm["packed"], arm["fused"]) == (control["packed"], control["fused"])
    return {
        "params_ratio": _ratio(arm["params"], control["params"]),
        "flops_ratio": _ratio(arm["flops_per_token"], control["flops_per_token"]),
        "tokens_per_s_ratio": _ratio(arm["tokens_per_s"], control["tokens_per_s"]) if comparable else None,
        "control_n": control["n"],
        "control_mean": control["mean"],
        "control_sd": control["sd"],
    }


def planned(arm: Sample, control: Sample, rule: Rule, family: int, effect: TTest | None) -> dict[str, Any]:
    """What the planned seeds can find and how many `min_effect` would need, at the noise of these runs.

    The error rate is what the first of `family` arms must reach. `tinker plan` takes the same noise from the runs that
    there are. Of pairs and blocks it is what their test's `effect` leaves of it, said as that of two samples.
    """
    level = NoiseLevel.of(arm.values, control.values)
    if rule.pairing == "seed" or rule.blocks == "hardware":
        n, m = len(arm.values), len(control.values)
        level = None if effect is None else NoiseLevel(effect.standard_error / sqrt(1.0 / n + 1.0 / m), effect.df)
    if level is None:
        return {
            "minimum_detectable_effect": None,
            "seeds_needed": None,
            "seeds_needed_upper": None,
            "seeds_to_decide": None,
        }
    alpha = rule.strictest_alpha(family)
    smallest = minimum_detectable_effect(len(arm.runs), len(control.runs), alpha)
    # An interval of half-width min_effect / 2 either leaves zero out or lies inside +-min_effect, whatever the truth.
    return {
        "minimum_detectable_effect": None if smallest is None else smallest * level.sd,
        "seeds_needed": seeds_needed(rule.min_effect / level.sd, alpha),
        "seeds_needed_upper": seeds_needed(rule.min_effect / level.upper, alpha),
        "seeds_to_decide": seeds_for_width(rule.min_effect / level.sd / 2.0, alpha),
    }


def _mean(rows: Sequence[Row], column: str) -> float | None:
    """Over the trials that finished; a diverged or dead one has no speed to speak of."""
    values = [row[column] for row in rows if row["status"] == "done" and row[column] is not None]
    return fmean(values) if values else None


def _ratio(value: float | None, base: float | None) -> float | None:
    return value / base if value is not None and base else None
