"""How far each arm is from a perfect model on one skill."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tinker.report.html.plots.rows import Label, frame, height, middle, upright
from tinker.report.html.plots.scale import Scale
from tinker.report.html.plots.svg import line, mark, plot
from tinker.report.html.verdicts import advice
from tinker.report.html.wording import PLUS_MINUS, figure, interval
from tinker.report.numbers import decimals
from tinker.report.view import Row


def skill(key: str, name: str, rows: Sequence[Row], kinds: dict[str, str]) -> Markup:
    """The mean over seeds as a mark, the lowest to the highest seed as a line; `kinds` are the arms' verdicts."""
    scale = Scale.over([0.0, *(row[column] for row in rows for column in ("mean", "min", "max"))])
    places = decimals(row["sd"] for row in rows)
    labels = [_label(row, places) for row in rows]
    marks = [*frame(labels, scale, "nats/token over the floor"), upright(scale.at(0.0), len(rows), "zero")]
    for place, row in enumerate(rows):
        if row["mean"] is not None:
            shown, y = advice(kinds[row["arm"]]), middle(place)
            marks.append(line(scale.at(row["min"]), y, scale.at(row["max"]), y, f"bar {shown.kind}"))
            marks.append(mark(shown.shape, scale.at(row["mean"]), y, f"mark {shown.kind}"))
    said = [f"{row['arm']}: {label.value}, seeds {interval(row['min'], row['max'], places)}."
            for row, label in zip(rows, labels, strict=True)]  # fmt: skip
    return plot(key, f"Excess on {name} of each arm", " ".join(said), height(len(rows)), marks)


def _label(row: Row, places: int) -> Label:
    if row["mean"] is None:
        return Label(row["arm"], "", "no value")
    rest = "" if row["sd"] is None else f"{PLUS_MINUS} {figure(row['sd'], places)}"
    return Label(row["arm"], "", figure(row["mean"], places), rest)
