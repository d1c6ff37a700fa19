"""Every seed of every arm as a dot, with their mean and sd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from tinker.report.html.plots.rows import HALF, Label, frame, height, middle, upright
from tinker.report.html.plots.scale import Scale, finite
from tinker.report.html.plots.svg import line, mark, percent, plot, tag
from tinker.report.html.verdicts import advice
from tinker.report.html.wording import PLUS_MINUS, figure, with_unit
from tinker.report.view import Row


def seeds(
    key: str, arms: Sequence[Row], values: Mapping[str, Sequence[float | None]], metric: str, places: int
) -> Markup:
    """`arms` are comparisons, the control first; `values` the metric of each arm's trials, None where it has none."""
    scale = Scale.over([value for runs in values.values() for value in runs])
    labels = [_label(row, values[row["arm"]], places) for row in arms]
    marks = frame(labels, scale, with_unit(metric))
    control = arms[0]["mean"]
    if control is not None:
        marks.append(upright(scale.at(control), len(arms), "zero"))
    for place, row in enumerate(arms):
        marks += _runs(scale, middle(place), row, values[row["arm"]])
    words = " ".join(_words(row, values[row["arm"]], places) for row in arms)
    return plot(key, f"{metric} of every seed of every arm", words, height(len(arms)), marks)


def _label(row: Row, runs: Sequence[float | None], places: int) -> Label:
    lost = len(runs) - len(finite(runs))
    word = f"{lost} of {len(runs)} without a value" if lost else ""
    if row["mean"] is None:
        return Label(row["arm"], word, "no value")
    rest = "" if row["sd"] is None else f"{PLUS_MINUS} {figure(row['sd'], places)}"
    return Label(row["arm"], word, figure(row["mean"], places), rest)


def _runs(scale: Scale, y: float, row: Row, runs: Sequence[float | None]) -> list[Markup]:
    kind, drawn = advice(row["verdict"]).kind, []
    if row["mean"] is not None:
        if row["sd"] is not None:
            low, high = scale.at(row["mean"] - row["sd"]), scale.at(row["mean"] + row["sd"])
            drawn.append(
                tag("rect", x=percent(low), y=y - 4, width=percent(high - low), height=8.0, class_=f"sd {kind}")
            )
        drawn.append(line(scale.at(row["mean"]), y - HALF, scale.at(row["mean"]), y + HALF, f"mean {kind}"))
    return [*drawn, *(mark("seed", scale.at(value), y, f"mark {kind}") for value in finite(runs))]


def _words(row: Row, runs: Sequence[float | None], places: int) -> str:
    shown = [figure(value, places) for value in sorted(finite(runs))]
    if not shown:
        return f"{row['arm']}: no value."
    spread = "" if row["sd"] is None else f", sd {figure(row['sd'], places)}"
    return f"{row['arm']}: {', '.join(shown)}; mean {figure(row['mean'], places)}{spread}."
