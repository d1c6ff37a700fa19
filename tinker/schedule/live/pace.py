"""How fast a run goes, and how long the rest of it takes: trials differ in length, and several run at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

#: A trial that has done less than this share of its steps says nothing about how long it takes.
TOO_LITTLE = 0.02


@dataclass
class Lengths:
    """Seconds that whole trials take, by kind (an arm of a grid in a phase)."""

    seconds: dict[str, tuple[float, int]] = field(default_factory=dict)

    def add(self, kind: str, seconds: float) -> None:
        """One that was measured."""
        total, count = self.seconds.get(kind, (0.0, 0))
        self.seconds[kind] = (total + seconds, count + 1)

    def mean(self, kind: str) -> float | None:
        """Of the kind; of all kinds where none of it has ended."""
        total, count = self.seconds.get(kind, (0.0, 0))
        if not count:
            total, count = (sum(part) for part in zip(*self.seconds.values(), strict=True)) if self.seconds else (0, 0)
        return total / count if count else None


@dataclass
class Running:
    """A trial at work: since when (monotonic seconds), how far it was when it was taken up, and is now."""

    kind: str
    since: float
    first: float = 0.0
    now: float = 0.0

    def whole(self, clock: float) -> float | None:
        """Seconds from its first step to its last, as far as its pace tells."""
        gone = self.now - self.first
        return (clock - self.since) / gone if gone >= TOO_LITTLE else None


@dataclass
class Pace:
    """The run so far.

    Attributes:
        began: when the first trial was taken up.
        useful: seconds of work in it that did not have to be done again.
        ended: trials that ended for good.
    """

    lengths: Lengths = field(default_factory=Lengths)
    began: float | None = None
    useful: float = 0.0
    ended: int = 0

    def end(self, running: Running, clock: float, *, whole: bool, lost: bool) -> None:
        """A trial ended: with its last step (`whole`) or on the way, or its work must be done again (`lost`)."""
        taken = clock - running.since
        if not lost:
            self.useful += taken
        length = taken / (1.0 - running.first) if whole and running.first < 1.0 else running.whole(clock)
        if length is not None:
            self.lengths.add(running.kind, length)

    def rate(self, clock: float) -> float | None:
        """Trials an hour; None before the first has ended."""
        if self.began is None or not self.ended or clock <= self.began:
            return None
        return 3600.0 * self.ended / (clock - self.began)

    def left(self, clock: float, running: Iterable[Running], waiting: Mapping[str, int]) -> float | None:
        """Seconds until all is done; None while nothing tells.

        What is left to do, at the speed so far: waits, retries and workers that stand idle are in it. No shorter than
        the longest trial at work. `waiting` counts trials by kind.
        """
        if self.began is None or clock <= self.began:
            return None
        at_work = list(running)
        paces = [pace for one in at_work if (pace := one.whole(clock)) is not None]
        usual = sum(paces) / len(paces) if paces else None
        work, longest, useful = 0.0, 0.0, self.useful
        for one in at_work:
            length = one.whole(clock) or self.lengths.mean(one.kind) or usual
            if length is None:
                return None
            rest = max(0.0, min(1.0 - one.first, 1.0) * length - (clock - one.since))
            rest = (1.0 - one.now) * length if one.now > one.first else rest
            work, longest, useful = work + rest, max(longest, rest), useful + clock - one.since
        for kind, count in waiting.items():
            length = self.lengths.mean(kind) or usual
            if count and length is None:
                return None
            work += count * (length or 0.0)
        if work == 0.0 or useful == 0.0:
            return None if work else 0.0
        return max(longest, work * (clock - self.began) / useful)
