"""Loss against a tuned value: a curve for each arm, so that one whose best value lies elsewhere is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from markupsafe import Markup

from tinker.report.html.plots.labels import CHARACTER, WIDTH, Box, box, free
from tinker.report.html.plots.rows import shortened
from tinker.report.html.plots.scale import Scale
from tinker.report.html.plots.svg import line, mark, number, plot, tag, text
from tinker.report.html.verdicts import advice
from tinker.report.html.wording import figure

#: Pixels: of the curves, of the line of an arm above them, and of what stands below.
DEPTH, ROW, BELOW = 240.0, 10.0, 46.0
#: A loss is drawn to so many times as far from the best one as the middle one is.
FURTHEST = 4.0
#: Of the curves of one colour, one after the other.
DASHES = (None, "7 3", "2 3", "9 3 2 3")

#: Why a configuration has no point: a seed diverged or failed, or pruning stopped it.
Fate = Literal["", "lost", "stopped"]


@dataclass(frozen=True)
class Tried:
    """A configuration: its value, the mean over the seeds (None where there is none), and what they gave."""

    value: float
    mean: float | None
    seeds: tuple[float, ...] = ()
    fate: Fate = ""
    won: bool = False


@dataclass(frozen=True)
class Curve:
    """Of an arm: all that was tried, and which of it the line goes through."""

    arm: str
    verdict: str
    tried: tuple[Tried, ...]
    through: tuple[Tried, ...]


@dataclass(frozen=True)
class Axes:
    """The key's axis with the `ends` of what was searched, the axis of the loss, and which of its ends is worse."""

    key: str
    metric: str
    across: Scale
    upward: Scale
    ends: tuple[float, ...]
    lower: bool
    top: float

    def down(self, loss: float) -> float:
        """The height in pixels of a loss."""
        return self.top + DEPTH * (1.0 - self.upward.part(loss))

    def beyond(self, loss: float) -> bool:
        """Whether it is worse than what the picture holds."""
        return _beyond(loss, self.upward, self.lower)


def tuning(
    key: str, name: str, curves: Sequence[Curve], ends: Sequence[float], metric: str, lower: bool, log: bool
) -> tuple[Markup, int]:
    """The panel of the searched key `name`, and how many arms have no room for theirs.

    What a curve has above the picture, or without a loss, is marked in a line of its own at the top.
    """
    shown = _losses(curves, lower)
    values = [*ends, *(tried.value for curve in curves for tried in curve.tried)]
    across = Scale.logarithmic(values) if log else Scale.over(values)
    upward = Scale.over(shown, pad=0.08)
    above = [curve for curve in curves if any(_left_out(tried, upward, lower) for tried in curve.tried)]
    axes = Axes(name, metric, across, upward, tuple(ends), lower, 24.0 + ROW * len(above))
    marks, taken = _frame(axes)
    for place, curve in enumerate(curves):
        same = sum(advice(c.verdict).kind == advice(curve.verdict).kind for c in curves[:place])
        marks += _line(axes, curve, DASHES[same % len(DASHES)])
    for curve in curves:
        marks += _seeds(axes, curve)
    for place, curve in enumerate(above):
        marks += _top(axes, curve, 20.0 + ROW * place)
    labels, unnamed = _winners(axes, curves, taken)
    words = " ".join(_words(curve, name) for curve in curves)
    return plot(key, f"{metric} against {name}", words, axes.top + DEPTH + BELOW, [*marks, *labels]), unnamed


def _losses(curves: Sequence[Curve], lower: bool) -> list[float]:
    """What the axis is to hold: not the worst of what was tried, where that is far off."""
    means = [tried.mean for curve in curves for tried in curve.tried if tried.mean is not None]
    every = [loss for curve in curves for tried in curve.tried for loss in tried.seeds]
    if not means:
        return every
    best = min(means) if lower else max(means)
    limit = best + FURTHEST * (median(means) - best)
    if limit == best:
        return every
    return [min(loss, limit) if lower else max(loss, limit) for loss in every]


def _beyond(loss: float, upward: Scale, lower: bool) -> bool:
    return loss > upward.high if lower else loss < upward.low


def _left_out(tried: Tried, upward: Scale, lower: bool) -> bool:
    """Whether it is marked at the top."""
    return bool(tried.fate) or (tried.mean is not None and _beyond(tried.mean, upward, lower))


def _frame(axes: Axes) -> tuple[list[Markup], list[Box]]:
    bottom = axes.top + DEPTH
    marks, taken = [text(0.0, 11.0, axes.metric, "axis")], [(0.0, 0.0, WIDTH, 14.0)]
    for value, written in axes.upward.ticks(4):
        y = axes.down(value)
        marks += [line(0.0, y, 100.0, y, "grid"), text(0.0, y - 3, written, "tick")]
        taken.append((0.0, y - 14, CHARACTER * len(written), y))
    marks += [line(axes.across.at(end), axes.top, axes.across.at(end), bottom, "grid") for end in axes.ends]
    marks += [_tick(axes.across.at(value), bottom + 16, written) for value, written in axes.across.ticks(4)]
    return [*marks, text(50.0, bottom + 36, axes.key, "axis", "middle")], taken


def _tick(x: float, y: float, written: str) -> Markup:
    """Under its place, but inside the narrowest panel."""
    half, place = 3.3 * len(written), x * WIDTH / 100
    if place < half:
        return text(0.0, y, written, "tick", "start")
    return text(100.0, y, written, "tick", "end") if place > WIDTH - half else text(x, y, written, "tick", "middle")


def _line(axes: Axes, curve: Curve, dashes: str | None) -> list[Markup]:
    points = " ".join(
        f"{number(axes.across.at(tried.value))},{number(100 * (1.0 - axes.upward.part(tried.mean)))}"
        for tried in curve.through
        if tried.mean is not None
    )
    drawn = tag("polyline", points=points, class_=f"curve {advice(curve.verdict).kind}", stroke_dasharray=dashes)
    box_ = {"viewBox": "0 0 100 100", "preserveAspectRatio": "none"}
    return [tag("svg", drawn, y=axes.top, width="100%", height=DEPTH, **box_)] if len(curve.through) > 1 else []


def _seeds(axes: Axes, curve: Curve) -> list[Markup]:
    kind = advice(curve.verdict).kind
    return [
        mark("seed", axes.across.at(tried.value), axes.down(loss), f"mark {kind}")
        for tried in curve.tried
        for loss in tried.seeds
        if not axes.beyond(loss)
    ]


def _top(axes: Axes, curve: Curve, y: float) -> list[Markup]:
    kind, shapes = advice(curve.verdict).kind, {"lost": "cross", "stopped": "stop", "": "up" if axes.lower else "down"}
    beyond = [tried for tried in curve.tried if _left_out(tried, axes.upward, axes.lower)]
    return [mark(shapes[tried.fate], axes.across.at(tried.value), y, f"mark {kind}") for tried in beyond]


def _winners(axes: Axes, curves: Sequence[Curve], taken: list[Box]) -> tuple[list[Markup], int]:
    """The mark of each winner, and the arm's name beside it, or at another point of its curve."""
    marks, unnamed = [], 0
    won = [(curve, tried) for curve in curves for tried in curve.tried if tried.won and tried.mean is not None]
    for curve, tried in won:
        assert tried.mean is not None
        shown = advice(curve.verdict)
        for shape in (shown.shape, "won"):
            marks.append(mark(shape, axes.across.at(tried.value), axes.down(tried.mean), f"mark {shown.kind}"))
    drawn = [box(x, y, -3.0, 1.0, "start", 6.0) for curve in curves for x, y in _path(axes, curve)]
    for curve in curves:
        name, spots, bottom = shortened(curve.arm, 18), _spots(axes, curve), axes.top + DEPTH
        # Clear of every curve if there is such a place, else clear of the other names alone.
        tries = ((x, y, free(x, y, name, room, bottom)) for room in ([*taken, *drawn], taken) for x, y in spots)
        x, y, place = next((found for found in tries if found[2] is not None), (0.0, 0.0, None))
        if place is None:
            unnamed += 1
            continue
        right, below, anchor = place
        taken.append(box(x, y, right, below, anchor, CHARACTER * len(name)))
        marks.append(text(x, y + below, name, "name", anchor, right))
    return marks, unnamed


def _spots(axes: Axes, curve: Curve) -> list[tuple[float, float]]:
    """Points of a curve beside which its name may stand, the winner first."""
    ranked = sorted(curve.tried, key=lambda tried: not tried.won)
    known = [(tried.value, tried.mean) for tried in ranked if tried.mean is not None]
    return [(axes.across.at(value), axes.down(mean)) for value, mean in known if not axes.beyond(mean)]


def _path(axes: Axes, curve: Curve, steps: int = 12) -> list[tuple[float, float]]:
    """Points along a curve, in percent and pixels."""
    ends = [(axes.across.at(t.value), axes.down(t.mean)) for t in curve.through if t.mean is not None]
    between = [
        (a[0] + (b[0] - a[0]) * k / steps, a[1] + (b[1] - a[1]) * k / steps)
        for a, b in pairwise(ends)
        for k in range(steps)
    ]
    return [*between, *ends[-1:]]


def _words(curve: Curve, key: str) -> str:
    known = [tried for tried in curve.tried if tried.mean is not None]
    lost = sum(tried.fate == "lost" for tried in curve.tried)
    said = f"{curve.arm}: {len(curve.tried)} tried, {lost} diverged or failed"
    won = next((tried for tried in known if tried.won), None)
    points = ", ".join(f"{tried.value:g} {figure(tried.mean, 4)}" for tried in known[:12])
    best = f"; best at {key} {won.value:g}" if won is not None else ""
    return f"{said}; {points or 'no mean yet'}{best}."
