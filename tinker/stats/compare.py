"""From the trials table and the rule to the rows of comparisons.parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinker.errors import UserError
from tinker.stats.arm_row import Row, against, described, planned
from tinker.stats.cautions import cautions, size_cautions
from tinker.stats.holm import holm
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.soundness import unsound
from tinker.stats.t_test import TTest
from tinker.stats.tost import tost
from tinker.stats.verdict import Evidence, decide
from tinker.stats.welch import welch

Arms = Mapping[str, Sequence[Row]]


def compare(trials: Sequence[Row], metrics: Sequence[str], rule: Rule) -> list[dict[str, Any]]:
    """A row per arm, metric, corpus and scale: keys as in comparisons.parquet, absent where they do not apply.

    Arms keep their order in `trials`; the rule's metric comes first. Only it gets an adjusted p and a verdict; the
    other metrics get effect, interval and an unadjusted p.

    Args:
        trials: rows of trials.parquet, one for each planned trial, whatever became of it.
        metrics: its metric columns, the rule's among them. Another one is left out of a corpus and scale where no trial
            has a value of it.

    Raises:
        UserError: a corpus and scale has not exactly one control.
    """
    rows: list[dict[str, Any]] = []
    for corpus, scale in dict.fromkeys((trial["corpus"], trial["scale"]) for trial in trials):
        arms: dict[str, list[Row]] = {}
        for trial in trials:
            if (trial["corpus"], trial["scale"]) == (corpus, scale):
                arms.setdefault(trial["arm"], []).append(trial)
        measured = [m for m in metrics if any(run[m] is not None for runs in arms.values() for run in runs)]
        for metric in [rule.metric, *(name for name in measured if name != rule.metric)]:
            rows += _family(arms, metric, rule)
    return rows


def _family(arms: Arms, metric: str, rule: Rule) -> list[dict[str, Any]]:
    """The rows of one corpus, scale and metric: the tests that are corrected together."""
    controls = [name for name, runs in arms.items() if runs[0]["is_control"]]
    if len(controls) != 1:
        raise UserError(f"a grid has one control on each corpus and scale, not {len(controls)} {controls}")
    samples = {name: Sample.of(runs, metric) for name, runs in arms.items()}
    control = samples.pop(controls[0])
    problems = {name: unsound(sample, control, metric) for name, sample in samples.items()}
    tests = {
        name: None if problems[name] else welch(sample.values, control.values, rule.alpha)
        for name, sample in samples.items()
    }
    primary = metric == rule.metric
    common = {"metric": metric, "primary": primary, "alpha": rule.alpha, "min_effect": rule.min_effect}
    common |= {"rule_hash": rule.hash}
    base = described(arms[controls[0]], control)
    rows = [{**common, **base, "verdict": "control", "warnings": cautions(arms[controls[0]], control)}]
    adjusted = _adjust({name: None if test is None else test.p for name, test in tests.items()}, rule)
    margins = {name: tost(t, rule.min_effect) if t else None for name, t in tests.items()}
    alike = _adjust(margins, rule)
    for name, sample in samples.items():
        own = described(arms[name], sample)
        row = {**common, **own, **against(own, base), **planned(sample, control, rule, len(samples))}
        row |= {} if problems[name] else _effect(own, base, tests[name])
        said = size_cautions(row["params_ratio"], row["flops_ratio"], arms[name][0]["changes_scale"])
        row["warnings"] = cautions(arms[name], sample) + said
        if primary:
            found = (problems[name], tests[name], adjusted[name], alike[name])
            verdict = decide(Evidence(sample, control, *found, row["seeds_to_decide"], len(samples)), rule)
            row |= {"p_adjusted": adjusted[name], "p_equivalent": alike[name]}
            row |= {"verdict": verdict.word, "reason": verdict.reason}
        rows.append(row)
    return rows


def _adjust(p_values: Mapping[str, float | None], rule: Rule) -> dict[str, float | None]:
    values = list(p_values.values())
    return dict(zip(p_values, holm(values) if rule.correction == "holm" else values, strict=True))


def _effect(arm: Row, control: Row, test: TTest | None) -> dict[str, float | None]:
    """Of a sound comparison. One seed a side has a difference and nothing that says how sure it is."""
    if test is not None:
        return {"difference": test.difference, "low": test.low, "high": test.high, "p": test.p}
    means = arm["mean"], control["mean"]
    return {"difference": None if None in means else means[0] - means[1]}
