"""Effect against cost: a point for each arm, the control where its own cost and no effect meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tinker.report.html.plots.labels import CHARACTER, WIDTH, Box, box, dot, free
from tinker.report.html.plots.rows import shortened, tick
from tinker.report.html.plots.scale import Scale
from tinker.report.html.plots.svg import line, mark, plot, text
from tinker.report.html.verdicts import advice
from tinker.report.html.wording import figure
from tinker.report.numbers import magnitude

#: Pixels: of a panel, and of the points in it.
HEIGHT, TOP, BOTTOM = 270.0, 24.0, 220.0


@dataclass(frozen=True)
class Point:
    """An arm, what it costs, and its effect; the control has none but 0."""

    arm: str
    cost: float
    effect: float
    verdict: str


def cost(key: str, points: Sequence[Point], what: str, axis: str, effect: str, places: int) -> tuple[Markup, int]:
    """The panel, and how many points have no room for their name; `effect` names the axis upward."""
    across = Scale.over([point.cost for point in points], pad=0.12)
    upward = Scale.over([0.0, *(point.effect for point in points)], pad=0.12)

    def down(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * upward.part(value)

    marks = [text(0.0, 11.0, effect, "axis")]
    taken: list[Box] = [(0.0, 0.0, WIDTH, 14.0)]
    for value, written in upward.ticks(4):
        marks.append(line(0.0, down(value), 100.0, down(value), "zero" if value == 0 else "grid"))
        marks.append(text(0.0, down(value) - 3, written, "tick"))
        taken.append((0.0, down(value) - 14, CHARACTER * len(written), down(value)))
    for value, _ in across.ticks(3):
        marks.append(tick(across.at(value), BOTTOM + 18, magnitude(value)))
    at = {point.arm: (across.at(point.cost), down(point.effect)) for point in points}
    dots = {name: dot(x, y) for name, (x, y) in at.items()}
    left_out = 0
    for point in points:
        x, y = at[point.arm]
        shown = advice(point.verdict)
        marks.append(mark(shown.shape, x, y, f"mark {shown.kind}"))
        name = shortened(point.arm, 18)
        others = [drawn for arm, drawn in dots.items() if arm != point.arm]
        place = free(x, y, name, [*taken, *others], BOTTOM + 8)
        if place is None:
            left_out += 1
        else:
            right, lower, anchor = place
            taken.append(box(x, y, right, lower, anchor, CHARACTER * len(name)))
            marks.append(text(x, y + lower, name, "name", anchor, right))
    marks.append(text(50.0, HEIGHT - 8, axis, "axis", "middle"))
    said = [f"{p.arm}: {magnitude(p.cost)}, {figure(p.effect, places, sign=True)}." for p in points]
    return plot(key, f"Effect against {what}", " ".join(said), HEIGHT, marks), left_out
