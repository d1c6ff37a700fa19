"""The content of the page for one corpus and scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tinker.report.analysis import Analysis
from tinker.report.html import runs, tables
from tinker.report.html.cells import Table
from tinker.report.html.learning import learning
from tinker.report.html.plots import curves
from tinker.report.html.plots.cost import Point, cost
from tinker.report.html.plots.forest import forest
from tinker.report.html.plots.seeds import seeds
from tinker.report.html.plots.skills import skill
from tinker.report.html.plots.spread import spread
from tinker.report.html.verdicts import ADVICE, Advice, advice
from tinker.report.html.wording import DASH, beginning, with_unit
from tinker.report.numbers import decimals
from tinker.report.view import Row, Section
from tinker.stats.rule import Rule

#: Learning curves are drawn for so many arms, the control apart.
MOST_CURVES = 24
#: Characters of a reason: it may hold the cause of a crash, which stands in full among the failures.
REASON = 1000
#: The validation loss itself: the variance of an excess over a floor is that of a small difference.
LOSS = "val_loss"
#: What each panel of effect against cost is over: words, axis, column.
COSTS = (
    ("FLOPs", "FLOPs/token", "flops_per_token"),
    ("time", "seconds a run", "seconds"),
    ("size", "parameters", "params"),
)


@dataclass(frozen=True)
class Card:
    """What to do with an arm, and why."""

    advice: Advice
    arm: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class Part:
    """A section of the report with its plots and tables; what does not apply is empty."""

    key: str
    section: Section
    metric: str
    better: str
    min_effect: str
    imported: bool
    cards: tuple[Card, ...]
    glance: tuple[tuple[Advice, tuple[str, ...]], ...]
    forest: Markup | None
    effects: Table
    sizes: Table
    thin: bool
    seeds: Markup
    curves: tuple[tuple[str, Markup], ...]
    curve_metric: str
    curves_left_out: int
    skills: tuple[tuple[str, Markup], ...]
    costs: tuple[Markup, ...]
    unnamed: int
    cost_table: Table
    equal_cost: Table
    packed: bool
    spread: Markup
    spread_metric: str
    spread_limit: float | None
    spread_table: Table
    failures: Table
    again: Table


def part(key: str, section: Section, analysis: Analysis, place: tuple[str, str]) -> Part:
    """Of the rows of `place` (corpus and scale); arms stand in the order of `section`."""
    rule, metric = analysis.rule, analysis.rule.metric
    trials = [row for row in analysis.trials if (row["corpus"], row["scale"]) == place]
    compared = [row for row in analysis.comparisons if (row["corpus"], row["scale"]) == place]
    by_arm = {row["arm"]: row for row in compared if row["primary"]}
    control = next(name for name, row in by_arm.items() if row["is_control"])
    order = [control, *(finding.arm for finding in section.findings)]
    rows = [by_arm[name] for name in order]
    arms, places = rows[1:], decimals(row["sd"] for row in rows)
    kinds = {row["arm"]: row["verdict"] for row in rows}
    values = {name: [row[metric] for row in trials if row["arm"] == name] for name in order}
    curve_metric, panels = _curves(key, analysis, trials, order, kinds)
    cost_plots, unnamed = _costs(key, rows, rule, places)
    loss = LOSS if any(row["metric"] == LOSS for row in compared) else metric
    spread_rows = _of(compared, loss, order)
    limit = _limit(spread_rows[0], rule) if loss == LOSS else None
    return Part(
        key=key,
        section=section,
        metric=metric,
        better=rule.direction,
        min_effect=f"{rule.min_effect:g}",
        imported=bool(analysis.grid.get("imported")),
        cards=_cards(section),
        glance=tuple((a, tuple(f.arm for f in section.findings if f.verdict == word))
                     for word, a in ADVICE.items() if any(f.verdict == word for f in section.findings)),
        forest=forest(f"{key}-forest", arms, rule, places) if arms else None,
        effects=tables.effects(rows, rule),
        sizes=tables.sizes(rows),
        thin=any(row["dunnett_low"] is not None for row in arms),
        seeds=seeds(f"{key}-seeds", rows, values, metric, places),
        curves=panels[: 1 + MOST_CURVES],
        curve_metric=curve_metric,
        curves_left_out=len(panels[1 + MOST_CURVES :]),
        skills=_skills(key, compared, order, kinds),
        costs=cost_plots,
        unnamed=unnamed,
        cost_table=tables.costs(rows),
        equal_cost=tables.at_equal_cost(rows, metric),
        packed=any(row["packed"] for row in rows),
        spread=spread(f"{key}-spread", spread_rows, loss, limit, decimals(row["sd"] for row in spread_rows)),
        spread_metric=loss,
        spread_limit=limit,
        spread_table=tables.spreads(spread_rows, loss, rule.max_seed_cv),
        failures=runs.failures(trials, metric),
        again=runs.reproduce(trials, metric),
    )  # fmt: skip


def _cards(section: Section) -> tuple[Card, ...]:
    """By verdict, those that can be acted on first."""
    ranked = sorted(section.findings, key=lambda finding: list(ADVICE).index(finding.verdict))
    return tuple(Card(advice(f.verdict), f.arm, f.verdict, beginning(f.reason or "", REASON)) for f in ranked)


def _of(compared: Sequence[Row], metric: str, order: Sequence[str]) -> list[Row]:
    by_arm = {row["arm"]: row for row in compared if row["metric"] == metric}
    return [by_arm[name] for name in order]


def _limit(control: Row, rule: Rule) -> float | None:
    """The largest sd that the rule allows, at the control's mean."""
    return None if not control["mean"] else abs(control["mean"]) * rule.max_seed_cv


def _curves(
    key: str, analysis: Analysis, trials: Sequence[Row], order: Sequence[str], kinds: dict[str, str]
) -> tuple[str, tuple[tuple[str, Markup], ...]]:
    """The metric, and a panel for each arm that has a curve."""
    metric, found = "", {}
    for metric in dict.fromkeys((analysis.rule.metric.removeprefix("best_"), LOSS)):
        found = learning(analysis.curves, trials, metric)
        if found:
            break
    if not found:
        return "", ()
    shown, control = curves.shared(found), found.get(order[0])
    return metric, tuple(
        (
            name,
            curves.panel(
                f"{key}-curve{place}",
                name,
                found[name],
                control if place else None,
                metric,
                shown,
                advice(kinds[name]).kind,
            ),
        )
        for place, name in enumerate(order)
        if name in found
    )


def _skills(
    key: str, compared: Sequence[Row], order: Sequence[str], kinds: dict[str, str]
) -> tuple[tuple[str, Markup], ...]:
    names = [name for name in dict.fromkeys(row["metric"] for row in compared) if name.startswith("excess_")]
    return tuple(
        (
            name.removeprefix("excess_"),
            skill(f"{key}-{name}", name.removeprefix("excess_"), _of(compared, name, order), kinds),
        )
        for name in names
    )


def _costs(key: str, rows: Sequence[Row], rule: Rule, places: int) -> tuple[tuple[Markup, ...], int]:
    """A panel for each cost that is known, and how many arms lack room for their name in the fullest."""
    panels, most = [], 0
    for words, axis, column in COSTS:
        points = [
            Point(row["arm"], row[column], 0.0 if row["is_control"] else row["difference"], row["verdict"])
            for row in rows
            if row[column] is not None and (row["is_control"] or row["difference"] is not None)
        ]
        if len(points) > 1:
            name = f"arm {DASH} control, {with_unit(rule.metric)}"
            panel, unnamed = cost(f"{key}-cost-{column}", points, words, axis, name, places)
            panels.append(panel)
            most = max(most, unnamed)
    return tuple(panels), most
