"""What the plots with a row for each arm share: the names, the ticks, and where a row's marks stand.

A row's name stands above its marks, not beside them: so a long name has the whole width of a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tinker.report.html.plots.scale import LEFT, RIGHT, Scale
from tinker.report.html.plots.svg import line, percent, tag, text

ROW = 38.0
TOP = 20.0
#: Half the height of the strip in which a row's marks stand.
HALF = 8.0
#: Characters of a name that a phone has room for, beside the number at the other end.
LONGEST = 30
#: From so many rows on the ticks are written at the top too.
LONG = 15


@dataclass(frozen=True)
class Label:
    """A row's name, a word after it, and at the other end a number that a narrow page has room for, and the rest."""

    name: str
    word: str = ""
    value: str = ""
    rest: str = ""


def middle(row: int) -> float:
    """The height in pixels at which the marks of a row stand."""
    return TOP + row * ROW + 25.0


def height(rows: int) -> float:
    """Of the whole plot, in pixels, with a line below the ticks for the axis' name."""
    return TOP + rows * ROW + 40.0


def frame(labels: Sequence[Label], scale: Scale, name: str, ends: tuple[str, str] = ("", "")) -> list[Markup]:
    """Names, strips, ticks and the axis' `name`; `ends` are words for either end of the axis."""
    bottom = TOP + len(labels) * ROW
    drawn = [tag("rect", x="0", y=middle(row) - HALF, width="100%", height=2 * HALF, class_="track")
             for row in range(len(labels))]  # fmt: skip
    for value, written in scale.ticks():
        drawn.append(upright(scale.at(value), len(labels), "grid"))
        drawn.append(tick(scale.at(value), bottom + 14.0, written))
        if len(labels) > LONG and not any(ends):
            drawn.append(tick(scale.at(value), 12.0, written))
    drawn += [text(0.0, 12.0, ends[0], "end")] * bool(ends[0]) + [text(100.0, 12.0, ends[1], "end", "end")] * bool(
        ends[1]
    )
    drawn += [_name(row, label) for row, label in enumerate(labels)]
    return [*drawn, text(50.0, bottom + 32.0, name, "axis", "middle")]


def _name(row: int, label: Label) -> Markup:
    y = TOP + row * ROW + 12.0
    name, word = shortened(label.name), f" {label.word}" if label.word else ""
    # A word that a narrow page has no room for beside a long name is left to the table.
    room = "word" if len(name) + len(word) + len(label.value) <= LONGEST else "word wide"
    words = [tag("tspan", word, class_=room)] if word else []
    rest = [tag("tspan", f" {label.rest}", class_="wide")] if label.rest else []
    left = tag("text", name, *words, x="0", y=y, class_="name")
    return left + tag("text", label.value, *rest, x="100%", y=y, class_="value", text_anchor="end")


def shortened(name: str, longest: int = LONGEST) -> str:
    """With the middle left out where it is too long; beginning and end tell names apart."""
    if len(name) <= longest:
        return name
    keep = longest - 1
    return f"{name[: keep - keep // 2]}\N{HORIZONTAL ELLIPSIS}{name[-(keep // 2) :]}"


def tick(x: float, y: float, written: str) -> Markup:
    """A tick's text, kept inside the plot at its ends."""
    anchor = "start" if x < LEFT + 6 else "end" if x > RIGHT - 6 else "middle"
    return text(0.0 if anchor == "start" else 100.0 if anchor == "end" else x, y, written, "tick", anchor)


def upright(x: float, rows: int, class_: str) -> Markup:
    """A line down through every row's strip, and through none of the names."""
    gaps = f"{2 * HALF:g} {ROW - 2 * HALF:g}"
    return line(x, middle(0) - HALF, x, middle(rows - 1) + HALF, class_, stroke_dasharray=gaps)


def band(low: float, high: float, rows: int) -> list[Markup]:
    """A shaded part of every strip, from and to percent."""
    return [tag("rect", x=percent(low), y=middle(row) - HALF, width=percent(high - low), height=2 * HALF, class_="band")
            for row in range(rows)]  # fmt: skip
