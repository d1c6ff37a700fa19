"""From the trials table and the rule to the rows of comparisons.parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinker.errors import UserError
from tinker.stats import tested
from tinker.stats.arm_row import Row, against, described, planned
from tinker.stats.cautions import cautions, size_cautions, test_cautions
from tinker.stats.cost_row import Curves, at_equal_cost
from tinker.stats.effect_row import against_all, pairing, sizes
from tinker.stats.family import Judged
from tinker.stats.holm import holm
from tinker.stats.judge import judge
from tinker.stats.reach import smallest_p
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.soundness import unsound
from tinker.stats.verdict import Facts, decide
from tinker.stats.welch import welch

Arms = Mapping[str, Sequence[Row]]
#: Rows of an arm and of the control that were compared, by arm.
Compared = dict[str, tuple[list[Row], list[Row]]]


def compare(
    trials: Sequence[Row], metrics: Sequence[str], rule: Rule, curves: Curves | None = None
) -> list[dict[str, Any]]:
    """A row per arm, metric, corpus and scale: keys as in comparisons.parquet, absent where they do not apply.

    Arms keep their order in `trials`; the rule's metric comes first. Only it gets a verdict and what belongs to one; of
    the others there are effect, interval and an unadjusted p.

    Args:
        trials: rows of trials.parquet, one for each planned trial, whatever became of it.
        metrics: its metric columns, the rule's among them. Another one is left out of a corpus and scale where no trial
            has a value of it.
        curves: of the rule's metric by trial id, for effects at equal cost.

    Raises:
        UserError: a corpus and scale has not exactly one control.
    """
    rows: list[dict[str, Any]] = []
    for corpus, scale in dict.fromkeys((trial["corpus"], trial["scale"]) for trial in trials):
        arms: dict[str, list[Row]] = {}
        for trial in trials:
            if (trial["corpus"], trial["scale"]) == (corpus, scale):
                arms.setdefault(trial["arm"], []).append(trial)
        controls = [name for name, runs in arms.items() if runs[0]["is_control"]]
        if len(controls) != 1:
            raise UserError(f"a grid has one control on each corpus and scale, not {len(controls)} {controls}")
        measured = [m for m in metrics if any(run[m] is not None for runs in arms.values() for run in runs)]
        primary, compared = _primary(arms, controls[0], rule, curves or {})
        rows += primary
        for metric in measured:
            if metric != rule.metric:
                rows += _secondary(arms, controls[0], metric, rule, compared)
    return rows


def _primary(arms: Arms, control_name: str, rule: Rule, curves: Curves) -> tuple[list[dict[str, Any]], Compared]:
    """The rows of the metric that decides, and which runs they rest on."""
    samples = {name: Sample.of(runs, rule.metric, rule.diverged == "cap") for name, runs in arms.items()}
    control = samples.pop(control_name)
    common = _common(rule.metric, rule) | {"test": tested.name(rule)}
    whole = described(arms[control_name], control)
    rows = [{**common, **whole, "verdict": "control", "warnings": cautions(arms[control_name], control)}]
    found = judge(samples, control, rule)
    together = against_all(found, rule)
    floors = {name: _smallest_p(sample, control, rule) for name, sample in samples.items()}
    corrected = dict(zip(floors, holm(list(floors.values())), strict=True)) if rule.correction == "holm" else floors
    compared: Compared = {}
    for name, judged in found.items():
        sample = samples[name]
        runs, base_runs = _of(judged.arm, arms[name]), _of(judged.control, arms[control_name])
        compared[name] = runs, base_runs
        own = described(runs or arms[name], sample, judged.arm)
        base = described(base_runs or arms[control_name], control, judged.control)
        effect = None if judged.test is None else judged.test.effect
        row = {**common, **own, **against(own, base), **planned(sample, control, rule, len(samples), effect)}
        row["smallest_p"] = floors[name]
        row["warnings"] = cautions(runs, judged.arm) + test_cautions(judged.arm, judged.control, rule)
        row["warnings"] += size_cautions(row["params_ratio"], row["flops_ratio"], arms[name][0]["changes_scale"])
        if not judged.problem:
            row |= _effect(own, base, judged) | together.get(name, {}) | sizes(judged.arm, judged.control, rule)
            row |= pairing(judged.arm, judged.control, rule)
            row |= at_equal_cost(row, runs, base_runs, curves, rule)
        floor = corrected[name]
        facts = Facts(
            arm=sample,
            control=control,
            family=len(samples),
            smallest_p=floors[name],
            reachable=floor is not None and floor <= rule.alpha,
            seeds_to_decide=row["seeds_to_decide"],
            p_dunnett=row.get("p_dunnett"),
            unequal_sd=row.get("sd_ratio_low", 1.0) > 1.0 or row.get("sd_ratio_high", 1.0) < 1.0,
        )
        verdict = decide(judged, facts, rule)
        row |= {"p_adjusted": judged.p, "p_equivalent": judged.p_equivalent, "p_not_worse": judged.p_not_worse}
        row |= {"e_value": judged.e_value, "look": judged.look, "verdict": verdict.word, "reason": verdict.reason}
        rows.append(row)
    return rows, compared


def _secondary(arms: Arms, control_name: str, metric: str, rule: Rule, compared: Compared) -> list[dict[str, Any]]:
    """The rows of a metric that decides nothing: Welch's effect, interval and p, whatever the rule tests with.

    Of the same runs as the deciding one: at a declared look it shows no seed that came later.
    """
    common = _common(metric, rule)
    control = Sample.of(arms[control_name], metric)
    whole = described(arms[control_name], control)
    rows = [{**common, **whole, "verdict": "control", "warnings": cautions(arms[control_name], control)}]
    for name, (runs, base_runs) in compared.items():
        planned_runs = Sample.of(arms[name], metric)
        sample = planned_runs if len(runs) == len(arms[name]) else Sample.of(runs, metric)
        shared = control if len(base_runs) == len(arms[control_name]) else Sample.of(base_runs, metric)
        own = described(runs or arms[name], planned_runs, sample)
        base = described(base_runs or arms[control_name], control, shared)
        row = {**common, **own, **against(own, base), "warnings": cautions(runs, sample)}
        if not unsound(sample, shared, metric):
            effect = welch(sample.values, shared.values, rule.alpha)
            judged = Judged(sample, shared, "", None if effect is None else tested.Tested(effect, effect.p))
            row |= _effect(own, base, judged)
        rows.append(row)
    return rows


def _of(sample: Sample, rows: Sequence[Row]) -> list[Row]:
    """The rows of those runs."""
    seeds = {run.seed for run in sample.runs}
    return [row for row in rows if (row["seed_init"], row["seed_data"]) in seeds]


def _smallest_p(arm: Sample, control: Sample, rule: Rule) -> float:
    return smallest_p(rule.test, rule.pairing == "seed", len(arm.runs), _partners(arm, control, rule))


def _common(metric: str, rule: Rule) -> dict[str, Any]:
    return {
        "metric": metric,
        "primary": metric == rule.metric,
        "alpha": rule.alpha,
        "min_effect": rule.min_effect,
        "rule_hash": rule.hash,
    }


def _partners(arm: Sample, control: Sample, rule: Rule) -> int:
    """Runs of the control that the declared test sets against the arm's: for pairs, those with a run of equal seed."""
    if rule.pairing == "none":
        return len(control.runs)
    return len({run.seed for run in arm.runs} & {run.seed for run in control.runs})


def _effect(arm: Row, control: Row, judged: Judged) -> dict[str, Any]:
    """Of a sound comparison. One seed a side has a difference and nothing that says how sure it is."""
    row: dict[str, Any] = {"blocks": len(judged.arm.by_block.keys() | judged.control.by_block.keys())}
    if judged.test is not None:
        row["p"] = judged.test.p
    if judged.test is not None and judged.test.effect is not None:
        effect = judged.test.effect
        return row | {"difference": effect.difference, "low": effect.low, "high": effect.high}
    means = arm["mean"], control["mean"]
    return row | {"difference": None if None in means else means[0] - means[1]}
