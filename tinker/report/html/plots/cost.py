"""Effect against cost: a point for each arm, the control where its own cost and no effect meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tinker.report.html.plots.rows import shortened, tick
from tinker.report.html.plots.scale import Scale
from tinker.report.html.plots.svg import line, mark, plot, text
from tinker.report.html.verdicts import advice
from tinker.report.html.wording import figure
from tinker.report.numbers import magnitude

#: Pixels: of a panel, of the points in it, and the least width that the page gives it.
HEIGHT, TOP, BOTTOM, WIDTH = 270.0, 24.0, 220.0, 270.0
#: Pixels that a character of a label takes at most, and the height of a line.
CHARACTER, LINE = 7.4, 14.0
#: Where a label may stand, seen from its point: pixels to the right and down, and which end of it is there.
PLACES = (
    (9.0, 4.0, "start"), (-9.0, 4.0, "end"), (0.0, -9.0, "middle"), (0.0, 17.0, "middle"),
    (9.0, -9.0, "start"), (9.0, 16.0, "start"), (-9.0, -9.0, "end"), (-9.0, 16.0, "end"),
)  # fmt: skip
Box = tuple[float, float, float, float]


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
    dots = {name: _box(x, y, -6.0, 6.0, "start", 12.0) for name, (x, y) in at.items()}
    left_out = 0
    for point in points:
        x, y = at[point.arm]
        shown = advice(point.verdict)
        marks.append(mark(shown.shape, x, y, f"mark {shown.kind}"))
        name = shortened(point.arm, 18)
        others = [box for arm, box in dots.items() if arm != point.arm]
        place = _free(x, y, CHARACTER * len(name), [*taken, *others])
        if place is None:
            left_out += 1
        else:
            right, lower, anchor = place
            taken.append(_box(x, y, right, lower, anchor, CHARACTER * len(name)))
            marks.append(text(x, y + lower, name, "name", anchor, right))
    marks.append(text(50.0, HEIGHT - 8, axis, "axis", "middle"))
    said = [f"{p.arm}: {magnitude(p.cost)}, {figure(p.effect, places, sign=True)}." for p in points]
    return plot(key, f"Effect against {what}", " ".join(said), HEIGHT, marks), left_out


def _box(x: float, y: float, right: float, lower: float, anchor: str, width: float) -> Box:
    """Of a text, in pixels of the narrowest panel; wider ones only move labels apart."""
    start = x * WIDTH / 100 + right - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return start, y + lower - LINE + 3, start + width, y + lower + 3


def _free(x: float, y: float, width: float, taken: Sequence[Box]) -> tuple[float, float, str] | None:
    for right, lower, anchor in PLACES:
        box = _box(x, y, right, lower, anchor, width)
        if box[0] >= 0 and box[2] <= WIDTH and box[1] >= 14 and box[3] <= BOTTOM + 8 and not _meets(box, taken):
            return right, lower, anchor
    return None


def _meets(box: Box, taken: Iterable[Box]) -> bool:
    return any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)
