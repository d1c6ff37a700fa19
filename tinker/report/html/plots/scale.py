"""From values to places on an axis, and where its ticks stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

#: Where an axis begins and ends, percent of the plot's width: markers at its ends stay whole.
LEFT, RIGHT = 3.0, 97.0
Tick = tuple[float, str]


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, which are finite and differ; a `log` one is above zero."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def over(cls, values: Iterable[float | None], *, pad: float = 0.05) -> Scale:
        """Around all finite `values`, with a part `pad` of their range free on either side; 0 to 1 for none."""
        known = finite(values)
        if not known:
            return cls(0.0, 1.0)
        low, high = min(known), max(known)
        room = (high - low) * pad or abs(high) * 0.05 or 1.0
        return cls(low - room, high + room)

    @classmethod
    def logarithmic(cls, values: Iterable[float | None]) -> Scale:
        """Around all finite `values` above zero, with some room; a decade around 1 for none."""
        known = [value for value in finite(values) if value > 0]
        return cls(min(known) / 1.3, max(known) * 1.3, log=True) if known else cls(0.3, 3.0, log=True)

    def part(self, value: float) -> float:
        """0 at the low end, 1 at the high end; what lies beyond an end is put there."""
        if self.log:
            part = log10(value / self.low) / log10(self.high / self.low) if value > 0 else 0.0
        else:
            part = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, part))

    def at(self, value: float) -> float:
        """Percent of the plot's width."""
        return LEFT + (RIGHT - LEFT) * self.part(value)

    def ticks(self, about: int = 4) -> list[Tick]:
        """Round values inside the axis with their text, all with the same number of decimals; about so many."""
        return _log_ticks(self.low, self.high, about) if self.log else _ticks(self.low, self.high, about)


def finite(values: Iterable[float | None]) -> list[float]:
    """Those that can be drawn."""
    return [value for value in values if value is not None and isfinite(value)]


def _ticks(low: float, high: float, about: int) -> list[Tick]:
    step = _round_step(low, high, about)
    places = max(0, -floor(log10(step) + 1e-9))
    values = [round(k * step, places + 2) + 0.0 for k in _multiples(low, high, step)]
    return [(value, _number(value, places)) for value in values]


def _round_step(low: float, high: float, about: int) -> float:
    """1, 2 or 5 times a power of ten: the one whose multiples inside the axis are nearest to `about` in number."""
    power: float = 10.0 ** floor(log10((high - low) / about))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda s: abs(len(_multiples(low, high, s)) - about))


def _multiples(low: float, high: float, step: float) -> range:
    return range(ceil(low / step), floor(high / step) + 1)


def _log_ticks(low: float, high: float, about: int) -> list[Tick]:
    """1, 2 and 5 of each decade while they are few, else powers of ten, every so many."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    fine = [factor * 10.0**power for power in decades for factor in (1, 2, 5)]
    values = [value for value in fine if low <= value <= high]
    if len(values) > about + 1:
        powers = [10.0**power for power in decades if low <= 10.0**power <= high]
        values = powers[:: max(1, ceil(len(powers) / about))]
    return [(value, f"{value:.6g}") for value in values]


def _number(value: float, places: int) -> str:
    text = f"{value:.{places}f}" if places < 8 and abs(value) < 1e7 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")
