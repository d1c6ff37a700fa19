"""Anytime-valid comparison: evidence that may be looked at after every seed, and stopped at whenever it is enough.

The e-value is the Bayes factor of the two-sample t statistic: the right-Haar prior on the mean and the sd that both
sides share, and a normal prior on the difference in sd. Under no difference the running product of evidence reaches 20
with probability 1/20 at most, however often one looks (Ville). Sources: Gonen, Johnson, Lu & Westfall, American
Statistician 59 (2005) 252-257, for the formula; Hendriksen, de Heide & Gruenwald, Bayesian Analysis 16 (2021) 961-989,
for its safety under optional stopping.

The formula takes the sd of both sides as equal, and pooling breaks where the arm has the larger sd and fewer runs: with
twice the control runs and 3 times the control's sd it errs .13. So seeds come in blocks, and each block counts as one
value a side, the mean of its runs: the sides then have equal numbers, which bounds what unequal sd do, and a larger
control still pays. Simulated errors (100,000 grids, a look after each block from the 2nd on, stop at 20), by the 20th
block and by the 60th: .019 and .025 with equal sd, .030 and .038 where the arm's is 3 times the control's, .045 and
.054 where it is 10 times; with twice the control runs .019 and .026, .036 and .045, .047 and .056; with three times
.021 and .029, .039 and .048, .048 and .057. With a sd 10 times the other's, alpha holds for 20 blocks and not for 60.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import exp, expm1, frexp, fsum, inf, isfinite, ldexp, log, log1p, sqrt
from statistics import fmean

#: Sd of the prior on the difference, in sd between seeds. Probability to stop by 6, 8 and 12 seeds a side where the
#: truth is 2 sd: .31, .65, .94 with a prior of 1; .46, .72, .95 with 1.5; .49, .72, .94 with 2; at 1 sd .30 by 12.
PRIOR_SD = 1.5
#: Largest exponent whose exp is finite.
MOST = 709.0


def e_value(arm: Sequence[float], control: Sequence[float]) -> float:
    """Evidence for a difference of two samples of final values, any direction: 1 is none, 20 or more is enough.

    1.0 where no t statistic exists: a side without a value, or no variance within the sides. Raises ValueError for a
    value that is not finite.
    """
    n, m = len(arm), len(control)
    if not all(map(isfinite, (*arm, *control))):
        raise ValueError("an e-value is of finite values: leave diverged runs to the caller's rule")
    if n == 0 or m == 0 or len(set(arm)) == len(set(control)) == 1:
        return 1.0
    df = n + m - 2
    # The unit cancels: an exact power of two keeps squares of large and of tiny values within range.
    scale = -max(frexp(value)[1] for value in (*arm, *control))
    arm, control = ([ldexp(value, scale) for value in side] for side in (arm, control))
    means = fmean(arm), fmean(control)
    within = fsum((value - mean) ** 2 for side, mean in zip((arm, control), means, strict=True) for value in side)
    effective = n * m / (n + m)
    difference = means[0] - means[1]
    signal = effective * (difference / within) * difference  # t squared over df
    spread = 1.0 + effective * PRIOR_SD**2
    # log((1 + signal) / (1 + signal / spread)), which has a limit where the signal has none
    gain = log(spread) - (log1p((spread - 1.0) / (1.0 + signal)) if signal < inf else 0.0)
    return exp(min(MOST, (df + 1) / 2.0 * gain - log(spread) / 2.0))


def t_reaching(evidence: float, n: int, m: int) -> float:
    """The |t| from which on the `e_value` of so many values a side is `evidence` (above 1); inf where none is."""
    df, spread = n + m - 2, 1.0 + n * m / (n + m) * PRIOR_SD**2
    gain = (2.0 * log(evidence) + log(spread)) / (df + 1)
    # (1 + signal) / (1 + signal / spread) = exp(gain) has no solution from its limit on.
    return inf if gain >= log(spread) else sqrt(df * expm1(gain) / -expm1(gain - log(spread)))


def e_process(arm: Sequence[float], control: Sequence[float], planned: tuple[int, int] | None = None) -> list[float]:
    """Largest e-value so far after each of the `blocks`; empty before the first is there."""
    means = blocks(arm, control, planned)
    values = (e_value(*zip(*means[:count], strict=True)) for count in range(1, len(means) + 1))
    return list(accumulate(values, max))


def blocks(
    arm: Sequence[float], control: Sequence[float], planned: tuple[int, int] | None = None
) -> list[tuple[float, float]]:
    """Means of arm and control in each block of seeds whose runs are all there.

    A block has one run of the side with fewer runs, and the other side's share.

    Args:
        arm: final values, in the rising order of the seeds: those that are added later have higher numbers.
        control: likewise, those of the arm's seeds first; it may have more runs than the arm.
        planned: numbers of arm and control seeds that set the shares, by default those given. Where seeds are added
            later their ratio must stay that of the first declaration: other blocks of the same runs are another
            process.
    """
    n, m = planned or (len(arm), len(control))
    count = min(n, m)
    means: list[tuple[float, float]] = []
    start, control_start = 0, 0
    while count:
        end, control_end = block_ends(n, m, len(means) + 1)
        if end > len(arm) or control_end > len(control):
            break
        means.append((fmean(arm[start:end]), fmean(control[control_start:control_end])))
        start, control_start = end, control_end
    return means


def block_ends(n: int, m: int, number: int) -> tuple[int, int]:
    """How many of `n` arm and `m` control seeds there are by the end of that block, counted from 1."""
    count = min(n, m)
    return -(-n * number // count), -(-m * number // count)


def anytime_p(e: float) -> float:
    """A p that holds whenever one looks, from the largest e-value so far. Raises ValueError where it is none."""
    if not e > 0.0:
        raise ValueError(f"an e-value is positive, not {e}")
    return 1.0 if e <= 1.0 else 1.0 / e
