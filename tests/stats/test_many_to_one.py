"""The distribution of the largest |t| against printed tables, cases with a closed form, and another integration."""

from __future__ import annotations

from collections import Counter
from math import log

import numpy as np
import pytest
from scipy.special import gammaln, ndtr, roots_legendre, stdtr
from scipy.stats import norm
from scipy.stats import t as student

from tinker.stats.many_to_one import FLOOR, critical_value, exceedance

# Dunnett, Biometrics 20 (1964) 482-491, tables II (5 %) and III (1 %): two-sided, equal numbers, 1 to 9 arms.
TABLES = {
    (0.05, 5): (2.57, 3.03, 3.29, 3.48, 3.62, 3.73, 3.82, 3.90, 3.97),
    (0.05, 10): (2.23, 2.57, 2.76, 2.89, 2.99, 3.07, 3.14, 3.19, 3.24),
    (0.05, 20): (2.09, 2.38, 2.54, 2.65, 2.73, 2.80, 2.86, 2.90, 2.95),
    (0.05, 10**7): (1.96, 2.21, 2.35, 2.44, 2.51, 2.57, 2.61, 2.65, 2.69),
    (0.01, 10): (3.17, 3.53, 3.74, 3.88, 3.99, 4.08, 4.16, 4.22, 4.28),
    (0.01, 20): (2.85, 3.13, 3.29, 3.40, 3.48, 3.55, 3.60, 3.65, 3.69),
}


def _one(t: float, ns: tuple[int, ...], n_control: int, df: int) -> float:
    return float(exceedance(np.array([t]), ns, n_control, df)[0])


@pytest.mark.parametrize(("alpha", "df"), TABLES)
def test_reproduces_the_printed_critical_values(alpha: float, df: int) -> None:
    found = [round(critical_value((4,) * arms, 4, df, alpha), 2) for arms in range(1, 10)]
    assert found == list(TABLES[alpha, df])


@pytest.mark.parametrize(("alpha", "df", "t"), [(0.05, 30, 2.32), (0.01, 60, 2.90)])
def test_reproduces_the_tables_of_1955_where_they_were_exact(alpha: float, df: int, t: float) -> None:
    """Dunnett (1955), tables 2a and 2b, two arms; for more arms he had to approximate, and corrected it in 1964."""
    assert round(critical_value((5, 5), 5, df, alpha), 2) == t


@pytest.mark.parametrize("df", [1, 2, 3, 5, 10, 50, 500, 10_000])
def test_of_one_arm_it_is_the_t_distribution(df: int) -> None:
    t = np.array([0.01, 0.3, 1.0, 2.0, 3.0, 5.0, 6.5])
    for n, n_control in ((1, 1), (3, 3), (2, 40), (40, 2)):
        assert exceedance(t, (n,), n_control, df) == pytest.approx(2.0 * stdtr(df, -t), rel=1e-8)
    assert critical_value((3,), 3, df, 0.05) == pytest.approx(student.isf(0.025, df), rel=1e-9)


@pytest.mark.parametrize("arms", [2, 8, 200])
def test_against_a_control_that_is_known_the_arms_are_independent(arms: int) -> None:
    t = np.array([0.5, 1.5, 2.5, 3.5, 4.5])
    expected = -np.expm1(arms * np.log1p(-2.0 * ndtr(-t)))
    assert exceedance(t, (1,) * arms, 10**12, 10**9) == pytest.approx(expected, rel=1e-4)


def _by_gauss(t: float, ns: tuple[int, ...], n_control: int, df: int) -> float:
    """The double integral again: dense Gauss-Legendre panels over log S and Y_0, arm by arm."""
    log_s, weight_s = _panels(-34.0 / df - 10.0 / df**0.5 - 0.5 * log(1.0 + t * t / df), min(3.0, 12.0 / df**0.5), 80)
    y, weight_y = _panels(-12.0, 12.0, 20 + int(20 / min((n_control / (n + n_control)) ** 0.5 for n in ns)))
    density = log(2.0) + df / 2 * log(df / 2) - gammaln(df / 2) + df * (log_s - 0.5 * np.exp(2 * log_s))
    total = 0.0
    for x, part in zip(t * np.exp(log_s), np.exp(density) * weight_s, strict=True):
        log_none = np.zeros_like(y)
        for n, arms in Counter(ns).items():
            load, rest = np.sqrt(n / (n + n_control)), np.sqrt(n_control / (n + n_control))
            log_none += arms * np.log1p(
                -np.minimum(ndtr((load * y - x) / rest) + ndtr((-load * y - x) / rest), 1 - 1e-16)
            )
        total += part * float(np.sum(weight_y * norm.pdf(y) * -np.expm1(log_none)))
    return total


def _panels(low: float, high: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = roots_legendre(20)
    edges = np.linspace(low, high, count + 1)
    half = (edges[1] - edges[0]) / 2.0
    return (((edges[:-1] + edges[1:]) / 2.0)[:, None] + half * nodes).ravel(), np.tile(half * weights, count)


@pytest.mark.parametrize(
    ("ns", "n_control", "df"),
    [
        ((1, 1), 1, 1),
        ((2, 2), 2, 3),
        ((3, 5, 9), 20, 33),
        ((10,) * 8, 10, 81),
        ((15, 9, 3, 2, 1), 64, 88),
        ((100, 3), 2, 102),
        ((1,) * 200, 1, 1),
        ((50,) * 200, 50, 10_000),
    ],
    ids=lambda value: f"{len(value)} arms" if isinstance(value, tuple) else None,
)
def test_agrees_with_another_integration_down_to_the_floor(ns: tuple[int, ...], n_control: int, df: int) -> None:
    t = (0.3, 2.9, 6.5) if df > 3 else (0.3, 2.5, 2000.0)
    expected = [max(FLOOR, _by_gauss(each, ns, n_control, df)) for each in t]
    assert exceedance(np.array(t), ns, n_control, df) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("n", "n_control", "df"), [(1, 1, 1), (2, 2, 2), (3, 20, 30), (50, 2, 500), (50, 50, 10_000)])
@pytest.mark.parametrize("arms", [2, 8, 200])
def test_lies_between_one_test_and_bonferroni(n: int, n_control: int, df: int, arms: int) -> None:
    t = np.array([0.1, 1.0, 2.0, 3.0, 4.0, 5.0])
    alone = 2.0 * stdtr(df, -t)
    found = exceedance(t, (n,) * arms, n_control, df)
    assert (found >= np.maximum(alone, FLOOR) * (1 - 1e-8)).all()
    assert (found <= np.minimum(arms * alone, 1.0) * (1 + 1e-8)).all()
    assert (np.diff(found) <= 0).all()


@pytest.mark.parametrize("ns", [(2, 2), (1, 5, 9), (3,) * 200, (1, 200)])
@pytest.mark.parametrize("alpha", [0.2, 0.05, 1e-4])
def test_the_critical_value_is_exceeded_with_probability_alpha(ns: tuple[int, ...], alpha: float) -> None:
    for df in (1, 4, 400):
        assert _one(critical_value(ns, 3, df, alpha), ns, 3, df) == pytest.approx(alpha, rel=1e-7)


def test_a_probability_is_never_0_nor_above_1() -> None:
    t = np.array([0.0, 1e-300, 50.0, 1e4, 1e200])
    found = exceedance(t, (3, 3), 3, 6)
    assert found[:2] == pytest.approx([1.0, 1.0], abs=1e-8)
    assert (found <= 1.0).all()
    assert list(found[3:]) == [FLOOR, FLOOR]
    assert FLOOR < found[2] < 1e-6
