"""The effect of each arm with its interval, beside the band of differences that do not matter."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tinker.report.html.plots.rows import Label, band, frame, height, middle, upright
from tinker.report.html.plots.scale import LEFT, RIGHT, Scale, finite
from tinker.report.html.plots.svg import line, mark, plot
from tinker.report.html.verdicts import advice
from tinker.report.html.wording import DASH, figure, interval, with_unit
from tinker.report.view import Row
from tinker.stats.rule import Rule

#: An interval is drawn to so many times the largest effect; one of two seeds may be a hundred times longer.
FURTHEST = 3.0
ENDS = ("\N{LEFTWARDS ARROW} better", "worse \N{RIGHTWARDS ARROW}")
ENDS_HIGHER = ("\N{LEFTWARDS ARROW} worse", "better \N{RIGHTWARDS ARROW}")


def forest(key: str, arms: Sequence[Row], rule: Rule, places: int) -> Markup:
    """`arms` are rows of comparisons.parquet in the order of the page, the control not among them."""
    scale = _scale(arms, rule)
    labels = [_label(row, places) for row in arms]
    name = f"arm {DASH} control, {with_unit(rule.metric)}"
    drawn = band(scale.at(-rule.min_effect), scale.at(rule.min_effect), len(arms))
    # The strips come first, or they would hide the band.
    marks = frame(labels, scale, name, ENDS if rule.lower else ENDS_HIGHER)
    marks[len(arms) : len(arms)] = [*drawn, upright(scale.at(0.0), len(arms), "zero")]
    for place, row in enumerate(arms):
        marks += _effect(scale, middle(place), row)
    words = " ".join(_words(row, rule, places) for row in arms)
    return plot(key, f"Effect of each arm on {rule.metric}, with its interval", words, height(len(arms)), marks)


def _scale(arms: Sequence[Row], rule: Rule) -> Scale:
    furthest = FURTHEST * max([rule.min_effect, *(abs(value) for value in finite(row["difference"] for row in arms))])
    ends = finite(row[key] for row in arms for key in ("low", "high", "dunnett_low", "dunnett_high", "difference"))
    shown = [max(-furthest, min(furthest, end)) for end in ends]
    return Scale.over([*shown, -rule.min_effect, rule.min_effect])


def _label(row: Row, places: int) -> Label:
    if row["difference"] is None:
        return Label(row["arm"], row["verdict"], "no effect to show")
    rest = "" if row["low"] is None else interval(row["low"], row["high"], places, sign=True)
    return Label(row["arm"], row["verdict"], figure(row["difference"], places, sign=True), rest)


def _effect(scale: Scale, y: float, row: Row) -> list[Markup]:
    if row["difference"] is None:
        return []
    kind, drawn = advice(row["verdict"]), []
    if row["dunnett_low"] is not None and row["dunnett_high"] is not None:
        drawn.append(line(scale.at(row["dunnett_low"]), y, scale.at(row["dunnett_high"]), y, "thin"))
    if row["low"] is not None and row["high"] is not None:
        drawn.append(line(scale.at(row["low"]), y, scale.at(row["high"]), y, f"bar {kind.kind}"))
        drawn += [mark("less", LEFT, y, f"mark {kind.kind}")] * (row["low"] < scale.low)
        drawn += [mark("more", RIGHT, y, f"mark {kind.kind}")] * (row["high"] > scale.high)
    return [*drawn, mark(kind.shape, scale.at(row["difference"]), y, f"mark {kind.kind}")]


def _words(row: Row, rule: Rule, places: int) -> str:
    if row["difference"] is None:
        return f"{row['arm']}: no effect to show, {row['verdict']}."
    said = f"{row['arm']}: {figure(row['difference'], places, sign=True)}"
    if row["low"] is not None:
        said += f", interval {interval(row['low'], row['high'], places, sign=True)}"
    return f"{said}, {row['verdict']}."
