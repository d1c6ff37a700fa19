"""The chance that an arm is still decided by the last look, from what is known at an earlier one: small is hopeless.

At a look with the share t of the information the estimate stands at Z = z / sqrt(t) on the scale of the last look's Z,
and what it will be there is normal about that with variance (1 - t) / t, nothing else being known of the true
difference. So the chance is the predictive power of Spiegelhalter, Freedman & Blackburn, Controlled Clinical Trials 7
(1986) 8-17; with the estimate taken for the truth the variance would be 1 - t, the conditional power of Lan, Simon &
Halperin, Sequential Analysis 1 (1982) 207-219, which at four seeds gives up too early. Both: Jennison & Turnbull,
Group Sequential Methods (2000), chapter 10.

No bound of a test is moved by it. An arm that stops can only miss a rejection, so the error rate falls, and stays below
alpha too where such an arm is run on.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.sequential import Times, nominal_levels
from tinker.stats.t_test import TTest
from tinker.stats.tested import Tested, direction, left_out

Array = npt.NDArray[np.float64]

#: A p below this has a Z beyond all bounds.
TINY = 1e-300


def chance(arm: Sample, control: Sample, test: Tested, rule: Rule, t: float, times: Times, family: int) -> float | None:
    """To be better, worse or equivalent (or not worse, where that is accepted) at the last look.

    None where the test has no effect to go by: a rank test of diverged runs.

    Args:
        arm, control: the runs of this look, of which `test` is.
        t: share of the information at this look.
        times: those of all looks.
        family: arms that are not decided yet, among which this one is corrected.
    """
    if test.effect is None:
        return None
    alpha = rule.alpha / family if rule.correction == "holm" else rule.alpha
    missing = left_out(arm, control, rule)
    here = -float(ndtri(max(test.p, TINY) / 2.0)) / sqrt(t) * direction(test, arm, control, rule)
    bound = last_bound(times, alpha)
    # A side that has lost runs to divergence cannot win by the mean of the others.
    better = 0.0 if missing[0] else float(beyond(here, t, bound))
    worse = 0.0 if missing[1] else float(beyond(-here, t, bound))
    if any(missing):
        return better + worse
    # One side of alpha each: nearly twice the level, two-sided.
    small = _small(test.effect, rule, t, last_bound(times, 2.0 * alpha))
    return min(1.0, better + worse + small)


def beyond(here: Array | float, t: float, bound: float) -> Array:
    """The chance that Z is above `bound` at the last look, where the estimate at share `t` stands at `here`."""
    chance: Array = ndtr((here - bound) / sqrt((1.0 - t) / t))
    return chance


def last_bound(times: Times, alpha: float) -> float:
    """What |Z| must be at the last look."""
    return -float(ndtri(nominal_levels(times, alpha)[-1] / 2.0))


def _small(effect: TTest, rule: Rule, t: float, bound: float) -> float:
    """The chance that the last interval lies within the margins, or on their good side where that is enough."""
    room = rule.min_effect - bound * effect.standard_error * sqrt(t)
    sd = effect.standard_error * sqrt(1.0 - t)
    if rule.accept == "not_worse":
        away = effect.difference if rule.lower else -effect.difference
        return float(ndtr((room - away) / sd))
    if room <= 0.0:
        return 0.0
    return float(ndtr((room - effect.difference) / sd) - ndtr((-room - effect.difference) / sd))
