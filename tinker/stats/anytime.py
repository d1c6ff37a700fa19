"""What the finished seeds say of an arm under a rule that may be asked after any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from tinker.stats.e_process import anytime_p, blocks, e_process, e_value, t_reaching
from tinker.stats.rule import Rule
from tinker.stats.sample import Run, Sample
from tinker.stats.t_test import TTest
from tinker.stats.tested import Tested
from tinker.stats.welch import welch


@dataclass(frozen=True)
class Seen:
    """p values that hold whenever one looks, the interval likewise; `e` is the highest of the e-process."""

    test: Tested | None
    p: float | None = None
    p_equivalent: float | None = None
    p_not_worse: float | None = None
    e: float | None = None


def at_any_time(arm: Sample, control: Sample, rule: Rule) -> Seen:
    """1/e is a p; the interval is of the differences that the evidence does not refuse, a confidence sequence.

    That interval inside +-min_effect says equivalent, and 1/e of the margins is its p. Howard, Ramdas, McAuliffe &
    Sekhon, Annals of Statistics 49 (2021) 1055-1080, for confidence sequences.
    """
    planned = len(arm.runs), len(control.runs)
    sides = _values(arm.in_order()), _values(control.in_order(arm))
    process = e_process(*sides, planned)
    means = blocks(*sides, planned)
    if len(means) < 2:
        return Seen(None)
    plain = _welch(means)
    if plain is None:
        return Seen(None)
    against = _evidence(means)
    low, high = _interval(means, 1.0 / rule.alpha)
    p = anytime_p(process[-1])
    margins = {side: _refused(against, plain.difference, side * rule.min_effect) for side in (-1, 1)}
    effect = TTest(plain.difference, plain.standard_error, plain.df, low, high, p)
    return Seen(Tested(effect, p), p, max(margins.values()), margins[1 if rule.lower else -1], process[-1])


def _welch(means: Sequence[tuple[float, float]]) -> TTest | None:
    """For the difference and its scale; the interval is another."""
    arms, controls = zip(*means, strict=True)
    return welch(arms, controls, 0.5)


def _evidence(means: Sequence[tuple[float, float]]) -> Callable[[float], float]:
    """The e-value against a true difference of so much."""
    arms, controls = zip(*means, strict=True)
    return lambda difference: e_value([value - difference for value in arms], controls)


def _interval(means: Sequence[tuple[float, float]], enough: float) -> tuple[float, float]:
    """What no look so far has refused: it leaves out 0 from when the e-process has `enough`, and for good.

    Should the looks refuse everything, as they may with probability alpha, it is the last look's.
    """
    low, high = -inf, inf
    ends = [low, high]
    for count in range(2, len(means) + 1):
        plain = _welch(means[:count])
        if plain is not None:
            # The variance within the sides is that of any difference; with as many values a side Welch's t is pooled.
            reach = t_reaching(enough, count, count) * plain.standard_error
            ends = [plain.difference - reach, plain.difference + reach]
            low, high = max(low, ends[0]), min(high, ends[1])
    return (low, high) if low < high else (ends[0], ends[1])


def _values(runs: Sequence[Run]) -> list[float]:
    """Of the runs up to the first that is still to come; one that diverged has none."""
    values = []
    for run in runs:
        if run.outcome == "unfinished":
            break
        if run.outcome == "measured" and run.value is not None:
            values.append(run.value)
    return values


def _refused(against: Callable[[float], float], difference: float, margin: float) -> float:
    """p of "the true difference is at the margin or beyond"; 1 where the estimate itself is."""
    return anytime_p(against(margin)) if (difference < margin) == (margin > 0) else 1.0
