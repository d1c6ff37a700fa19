"""Learning curves: a small panel for each arm, with the control in every one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from tinker.report.html.learning import Curve
from tinker.report.html.plots.scale import Scale
from tinker.report.html.plots.svg import line, number, plot, tag, text
from tinker.report.html.wording import figure

#: Pixels: of a panel, and of the curves in it.
HEIGHT, DEPTH = 160.0, 130.0
#: Part of the run whose steep beginning may leave the panel at the top: what is compared is the end.
BEGINNING = 0.2


def shared(curves: Mapping[str, Curve]) -> tuple[Scale, int]:
    """The scale of values that all panels have in common, and the last step of all."""
    last = max(curve.steps[-1] for curve in curves.values())
    late = [
        value
        for curve in curves.values()
        for step, *values in zip(curve.steps, curve.low, curve.high, strict=True)
        if step >= BEGINNING * last
        for value in values
    ]
    return Scale.over(late), last


def panel(
    key: str, arm: str, curve: Curve, control: Curve | None, metric: str, shown: tuple[Scale, int], kind: str
) -> Markup:
    """One arm; `control` is None in the control's own panel. `shown` comes from `shared`."""
    scale, last = shown
    marks = []
    for value, written in scale.ticks(3):
        y = _down(scale, value) * DEPTH / 100
        marks.append(line(0.0, y, 100.0, y, "grid"))
        if y > 12:  # one at the very top has no room for its text
            marks.append(text(100.0, y - 3, written, "tick", "end"))
    lines = [*(_drawn(control, scale, last, "control") if control else []), *_drawn(curve, scale, last, kind)]
    marks.append(
        tag("svg", *lines, viewBox="0 0 100 100", preserveAspectRatio="none", width="100%", height=DEPTH)
    )  # fmt: skip
    marks += [text(0.0, HEIGHT - 12, "0", "tick"), text(100.0, HEIGHT - 12, f"{last:,} steps", "tick", "end")]
    return plot(key, f"Learning curve of {arm}: {metric} by step", _words(arm, curve, control), HEIGHT, marks)


def _down(scale: Scale, value: float) -> float:
    return 100.0 * (1.0 - scale.part(value))


def _drawn(curve: Curve, scale: Scale, last: int, kind: str) -> list[Markup]:
    def points(steps: Sequence[int], values: Sequence[float]) -> str:
        return " ".join(
            f"{number(100 * step / last)},{number(_down(scale, value))}"
            for step, value in zip(steps, values, strict=True)
        )

    there = points(curve.steps, curve.high)
    back = points(curve.steps[::-1], curve.low[::-1])
    return [
        *([tag("polygon", points=f"{there} {back}", class_=f"area {kind}")] if curve.runs > 1 else []),
        tag("polyline", points=points(curve.steps, curve.mean), class_=f"curve {kind}"),
    ]


def _words(arm: str, curve: Curve, control: Curve | None) -> str:
    places = 3
    said = f"{arm}: from {figure(curve.mean[0], places)} at step {curve.steps[0]:,} to {figure(curve.mean[-1], places)}"
    said += f" at step {curve.steps[-1]:,}, mean of {curve.runs} {'run' if curve.runs == 1 else 'runs'}."
    return said if control is None else f"{said} The control ends at {figure(control.mean[-1], places)}."
