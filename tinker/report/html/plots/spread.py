"""The seed variance of each arm: sd, its interval, and the limit that the rule sets."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tinker.report.html.plots.rows import Label, frame, height, middle, upright
from tinker.report.html.plots.scale import LEFT, RIGHT, Scale, finite
from tinker.report.html.plots.svg import line, mark, plot
from tinker.report.html.wording import figure, interval
from tinker.report.view import Row

#: An interval is drawn to so many times the largest sd; that of two seeds ends at 32 times its sd.
FURTHEST = 5.0


def spread(key: str, rows: Sequence[Row], metric: str, limit: float | None, places: int) -> Markup:
    """`rows` are comparisons of one metric, the control first; `limit` is the largest sd that the rule allows."""
    scale = _scale(rows, limit)
    marks = frame([_label(row, places) for row in rows], scale, f"sd of {metric} over seeds, log scale")
    if limit is not None:
        marks.append(upright(scale.at(limit), len(rows), "limit"))
    for place, row in enumerate(rows):
        if row["sd"]:
            marks += _sd(scale, middle(place), row, limit)
    said = [f"{row['arm']}: {'no sd' if row['sd'] is None else figure(row['sd'], places)}"
            f", interval {interval(row['sd_low'], row['sd_high'], places)}." for row in rows]  # fmt: skip
    more = [] if limit is None else [f"The limit is {figure(limit, places)}."]
    return plot(key, f"Seed variance of {metric} in each arm", " ".join([*said, *more]), height(len(rows)), marks)


def _scale(rows: Sequence[Row], limit: float | None) -> Scale:
    known = [sd for sd in finite([*(row["sd"] for row in rows), limit]) if sd > 0]
    ends = finite(row[end] for row in rows for end in ("sd_low", "sd_high"))
    return Scale.logarithmic([*known, *(min(end, FURTHEST * max(known)) for end in ends if known)])


def _label(row: Row, places: int) -> Label:
    if row["sd"] is None:
        return Label(row["arm"], "", "one value or none")
    return Label(row["arm"], "", figure(row["sd"], places), interval(row["sd_low"], row["sd_high"], places))


def _sd(scale: Scale, y: float, row: Row, limit: float | None) -> list[Markup]:
    over = limit is not None and row["sd"] > limit
    kind = "drop" if over else "same"
    drawn = []
    if row["sd_low"] is not None:
        drawn.append(line(scale.at(row["sd_low"]), y, scale.at(row["sd_high"]), y, f"bar {kind}"))
        drawn += [mark("less", LEFT, y, f"mark {kind}")] * (row["sd_low"] < scale.low)
        drawn += [mark("more", RIGHT, y, f"mark {kind}")] * (row["sd_high"] > scale.high)
    return [*drawn, mark("square" if over else "dot", scale.at(row["sd"]), y, f"mark {kind}")]
