"""The parts of a comparison's row that need no test: what the arm's runs gave, what they cost, what more would tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean
from typing import Any

from tinker.stats.power import minimum_detectable_effect, seeds_for_width, seeds_needed
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.spread import sd_interval, sd_upper_limit

Row = Mapping[str, Any]


def described(rows: Sequence[Row], sample: Sample) -> dict[str, Any]:
    """Identity, counts, spread and cost of one arm; `rows` are its trials, `sample` is how one metric sees them."""
    first = rows[0]
    spread = sd_interval(sample.sd, len(sample.values)) if sample.sd is not None else None
    return {
        **{key: first[key] for key in ("grid", "arm", "is_control", "corpus", "scale")},
        "n_planned": len(sample.runs),
        "n": len(sample.values),
        "n_diverged": sample.count("diverged"),
        "n_failed": sample.count("failed"),
        "n_unfinished": sample.count("unfinished"),
        "mean": sample.mean,
        "sd": sample.sd,
        "sd_low": spread and spread[0],
        "sd_high": spread and spread[1],
        "min": min(sample.values, default=None),
        "max": max(sample.values, default=None),
        "params": first["params"],
        "flops_per_token": first["flops_per_token"],
        "tokens_per_s": _mean(rows, "tokens_per_s"),
        "seconds": _mean(rows, "seconds"),
        "peak_mem_bytes": max(
            (row["peak_mem_bytes"] for row in rows if row["peak_mem_bytes"] is not None), default=None
        ),
        "rss_bytes": max((row["rss_bytes"] for row in rows if row["rss_bytes"] is not None), default=None),
        "packed": any(row["packed"] for row in rows),
    }


def against(arm: Mapping[str, Any], control: Mapping[str, Any]) -> dict[str, Any]:
    """The arm's cost over the control's, and the control's own figures; both arguments come from `described`."""
    # A trial that shares its machine is slowed by its neighbours: speeds compare only among equals.
    comparable = arm["packed"] == control["packed"]
    return {
        "params_ratio": _ratio(arm["params"], control["params"]),
        "flops_ratio": _ratio(arm["flops_per_token"], control["flops_per_token"]),
        "tokens_per_s_ratio": _ratio(arm["tokens_per_s"], control["tokens_per_s"]) if comparable else None,
        "control_n": control["n"],
        "control_mean": control["mean"],
        "control_sd": control["sd"],
    }


def planned(arm: Sample, control: Sample, rule: Rule, family: int) -> dict[str, Any]:
    """What the planned seeds can find and how many `min_effect` would need, at the noise of these runs.

    The variance is the mean of the arm's and the control's, as in a Welch test with equal numbers; the error rate is
    what the first of `family` arms must reach.
    """
    known = [(s.sd**2, len(s.values) - 1) for s in (arm, control) if s.sd]
    variance = sum(square for square, _ in known) / max(1, len(known))
    sd = sqrt(variance)
    if not sd:
        return {
            "minimum_detectable_effect": None,
            "seeds_needed": None,
            "seeds_needed_upper": None,
            "seeds_to_decide": None,
        }
    df = sum(square for square, _ in known) ** 2 / sum(square**2 / df for square, df in known)  # Satterthwaite
    alpha = rule.strictest_alpha(family)
    smallest = minimum_detectable_effect(len(arm.runs), len(control.runs), alpha)
    # An interval of half-width min_effect / 2 either leaves zero out or lies inside +-min_effect, whatever the truth.
    return {
        "minimum_detectable_effect": None if smallest is None else smallest * sd,
        "seeds_needed": seeds_needed(rule.min_effect / sd, alpha),
        "seeds_needed_upper": seeds_needed(rule.min_effect / sd_upper_limit(sd, df), alpha),
        "seeds_to_decide": seeds_for_width(rule.min_effect / sd / 2.0, alpha),
    }


def _mean(rows: Sequence[Row], column: str) -> float | None:
    """Over the trials that finished; a diverged or dead one has no speed to speak of."""
    values = [row[column] for row in rows if row["status"] == "done" and row[column] is not None]
    return fmean(values) if values else None


def _ratio(value: float | None, base: float | None) -> float | None:
    return value / base if value is not None and base else None
