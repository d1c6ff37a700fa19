"""Numbers as a reader wants them."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, isfinite, log10
from statistics import median

NONE = "-"


def decimals(spreads: Iterable[float | None], otherwise: int = 4) -> int:
    """Decimals that give a typical spread (an sd over seeds) two digits: more would print noise, fewer hide it."""
    known = [s for s in spreads if s and isfinite(s)]
    if not known:
        return otherwise
    return min(8, max(0, 1 - floor(log10(median(known)))))


def fixed(value: float | None, places: int, *, sign: bool = False) -> str:
    """`1.909`, or `+0.012` with its sign."""
    if value is None:
        return NONE
    return f"{value:{'+' if sign else ''}z.{places}f}"  # z: what rounds to zero has no minus


def interval(low: float | None, high: float | None, places: int, *, sign: bool = False) -> str:
    """`[1.2, 3.4]`; nothing to say where an end is not known."""
    if low is None or high is None:
        return NONE
    return f"[{fixed(low, places, sign=sign)}, {fixed(high, places, sign=sign)}]"


def probability(p: float | None) -> str:
    """Two digits; what is too small to matter is a bound. Never 0, and never .05 for .0501."""
    if p is None:
        return NONE
    if p < 0.0001:
        return "<.0001"
    if p > 0.999:
        return "1"
    return f"{p:.2g}".removeprefix("0") if p < 0.01 else f"{p:.3f}".removeprefix("0")


def magnitude(value: float | None) -> str:
    """Three digits and a unit prefix: `10.7M`."""
    if value is None or not isfinite(value):
        return NONE
    for size, letter in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def ratio(value: float | None) -> str:
    """`x1.25`; nothing to say where it is the control itself or unknown."""
    return NONE if value is None else f"x{value:.2f}"


def percent(share: float) -> str:
    """`95 %`."""
    return f"{100 * share:.3g} %"
