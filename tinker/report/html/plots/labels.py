"""Names beside points, where no other name or point is in the way: in pixels of the narrowest panel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: Pixels that a character of a label takes at most, the height of a line, and the least width that the page gives a
#: panel; a wider one only moves labels apart.
CHARACTER, LINE, WIDTH = 7.4, 14.0, 270.0
#: Where a label may stand, seen from its point: pixels to the right and down, and which end of it is there.
PLACES = (
    (9.0, 4.0, "start"), (-9.0, 4.0, "end"), (0.0, -9.0, "middle"), (0.0, 17.0, "middle"),
    (9.0, -9.0, "start"), (9.0, 16.0, "start"), (-9.0, -9.0, "end"), (-9.0, 16.0, "end"),
)  # fmt: skip
Box = tuple[float, float, float, float]


def box(x: float, y: float, right: float, lower: float, anchor: str, width: float) -> Box:
    """Of a text of that width: its point at x percent and y pixels, and where the text stands, seen from there."""
    start = x * WIDTH / 100 + right - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return start, y + lower - LINE + 3, start + width, y + lower + 3


def dot(x: float, y: float) -> Box:
    """Of a point's mark."""
    return box(x, y, -6.0, 6.0, "start", 12.0)


def free(x: float, y: float, name: str, taken: Sequence[Box], bottom: float) -> tuple[float, float, str] | None:
    """A place for the name of a point between the top line of the panel and `bottom`, or None."""
    width = CHARACTER * len(name)
    for right, lower, anchor in PLACES:
        found = box(x, y, right, lower, anchor, width)
        if found[0] >= 0 and found[2] <= WIDTH and found[1] >= 14 and found[3] <= bottom and not _meets(found, taken):
            return right, lower, anchor
    return None


def _meets(found: Box, taken: Iterable[Box]) -> bool:
    return any(found[0] < b[2] and b[0] < found[2] and found[1] < b[3] and b[1] < found[3] for b in taken)
