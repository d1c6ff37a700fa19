"""The equal runs of one arm, as a grid's tables have them."""

from __future__ import annotations

from dataclasses import dataclass

from tinker.errors import UserError
from tinker.grid.decide import HIGHER
from tinker.report.analysis import Analysis, Row
from tinker.report.tuning.words import progress
from tinker.stats.sample import Sample, labels


@dataclass(frozen=True)
class Runs:
    """Finished runs of one arm on one corpus and scale, and what of the grid's rule is about them.

    `min_effect` is None where the grid's is about another metric, `arms` the number of arms that the control is
    compared with, `notes` what makes the runs less than equal.
    """

    grid: str
    arm: str
    corpus: str
    scale: str
    metric: str
    lower_is_better: bool
    alpha: float
    correction: str
    arms: int
    min_effect: float | None
    values: tuple[float, ...]
    n_planned: int
    n_diverged: int
    n_failed: int
    n_unfinished: int
    notes: tuple[str, ...]


def runs_of(analysis: Analysis, arm: str | None, metric: str | None) -> list[Runs]:
    """Of the control, or of `arm`, for each corpus and scale; `metric` is None for the rule's.

    Raises:
        UserError: no such arm or metric, or arms that are not tuned yet.
    """
    grid, trials = analysis.grid, analysis.trials
    chosen = arm or str(grid["control"])
    names = list(dict.fromkeys(row["arm"] for row in trials))
    untuned = progress(grid)
    if untuned:
        raise UserError(f"{grid['name']}: there is no run to measure the noise with yet: {untuned}")
    if chosen not in names:
        raise UserError(f"--arm: {grid['name']} has no arm {chosen!r}; its arms are: {', '.join(names)}")
    wanted = metric or analysis.rule.metric
    known = sorted({row["metric"] for row in analysis.comparisons})
    if wanted not in known:
        raise UserError(f"--metric: {grid['name']} has no {wanted!r}; it has: {', '.join(known)}")
    rows = [row for row in trials if row["arm"] == chosen]
    places = dict.fromkeys((row["corpus"], row["scale"]) for row in rows)
    return [
        _of_place(analysis, chosen, wanted, [row for row in rows if (row["corpus"], row["scale"]) == place])
        for place in places
    ]


def _of_place(analysis: Analysis, arm: str, metric: str, rows: list[Row]) -> Runs:
    grid, rule, sample = analysis.grid, analysis.rule, Sample.of(rows, metric)
    own = metric == rule.metric
    return Runs(
        grid=grid["name"],
        arm=arm,
        corpus=rows[0]["corpus"],
        scale=rows[0]["scale"],
        metric=metric,
        lower_is_better=rule.lower if own else metric not in HIGHER,
        alpha=rule.alpha,
        correction=rule.correction,
        arms=sum(not each["is_control"] for each in grid["arms"]),
        min_effect=rule.min_effect if own else None,
        values=tuple(sample.values),
        n_planned=len(sample.runs),
        n_diverged=sample.count("diverged"),
        n_failed=sample.count("failed"),
        n_unfinished=sample.count("unfinished"),
        notes=tuple(_unequal(sample)),
    )


def _unequal(sample: Sample) -> list[str]:
    """What else than the seed differs between the runs that have a value."""
    measured = [run for run in sample.runs if run.outcome == "measured"]
    kinds = sorted({run.environment for run in measured if run.environment is not None})
    steps = sorted({run.steps for run in measured if run.steps is not None})
    seeds = [run.seed for run in measured]
    twice = {seed for seed in seeds if seeds.count(seed) > 1}
    said = []
    if len(kinds) > 1:
        said.append(f"the runs come from unlike machines or library versions ({', '.join(kinds)}), which adds to noise")
    if len(steps) > 1:
        said.append(f"the runs end at different steps ({', '.join(map(str, steps))}): this is not noise of seeds alone")
    if twice:
        said.append(f"{labels(twice)} stands there more than once, and a seed tells its noise once")
    return said
