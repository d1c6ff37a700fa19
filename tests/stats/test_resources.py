"""Effects at equal cost: what is read off a curve, and what is not."""

from __future__ import annotations

from math import inf, nan

import pytest

from tinker.stats.resources import Curve, at_equal_flops, at_equal_seconds, per_percent_parameters, value_at
from tinker.stats.welch import welch

CURVE = Curve((10, 20, 40), (4.0, 3.0, 2.0), (1.0, 3.0, 7.0))


def _falling(final: float, seconds: float = 8.0) -> Curve:
    return Curve((10, 20, 40), (final + 2, final + 1, final), (seconds / 4, seconds / 2, seconds))


@pytest.mark.parametrize(("budget", "value"), [(10, 4.0), (15, 3.5), (20, 3.0), (30, 2.5), (40, 2.0)])
def test_reads_straight_lines_between_evaluations(budget: float, value: float) -> None:
    assert value_at(CURVE, CURVE.steps, budget) == value


@pytest.mark.parametrize("budget", [9.9, 40.1, nan, inf])
def test_never_reads_outside_the_curve(budget: float) -> None:
    assert value_at(CURVE, CURVE.steps, budget) is None


def test_reads_nothing_where_the_clock_or_the_value_is_broken() -> None:
    assert value_at(CURVE, (1.0, 5.0, 2.0), 1.5) is None
    assert value_at(CURVE, (1.0, nan, 2.0), 1.5) is None
    for broken in (nan, inf):
        assert value_at(Curve((10, 20, 40), (4.0, broken, 2.0)), (10, 20, 40), 30) is None
        assert value_at(Curve((10, 20, 40), (4.0, broken, 2.0)), (10, 20, 40), 40) == 2.0


def test_equal_flops_a_step_is_the_comparison_of_final_values() -> None:
    arm, control = [1.9, 1.8, 2.0], [2.0, 2.1, 2.3]
    found = at_equal_flops([(_falling(v), 0.1) for v in arm], [(_falling(v), 0.1) for v in control], 0.05)
    assert found == welch(arm, control, 0.05)


def test_the_costlier_side_is_read_before_its_end() -> None:
    arm, control = [1.9, 1.8, 2.0], [2.0, 2.1, 2.3]
    twice = at_equal_flops([(_falling(v), 2e9) for v in arm], [(_falling(v), 1e9) for v in control], 0.05)
    expected = welch([v + 1 for v in arm], control, 0.05)  # the arm at step 20 of 40
    assert twice is not None
    assert expected is not None
    assert twice.difference == pytest.approx(expected.difference)
    assert twice.p == pytest.approx(expected.p)


def test_equal_seconds_are_those_of_the_fastest_run() -> None:
    found = at_equal_seconds(
        [_falling(1.9, 16.0), _falling(1.8, 16.0)], [_falling(2.0, 8.0), _falling(2.2, 16.0), _falling(2.3, 8.0)], 0.05
    )
    expected = welch([2.9, 2.8], [2.0, 3.2, 2.3], 0.05)
    assert found is not None
    assert expected is not None
    assert found.difference == pytest.approx(expected.difference)
    assert found.p == pytest.approx(expected.p)


def test_a_run_that_cannot_be_read_is_not_left_out() -> None:
    good = [_falling(2.0), _falling(2.1), _falling(2.2)]
    no_clock = Curve((10, 20, 40), (4.0, 3.0, 2.0))
    assert at_equal_seconds(good, [*good, no_clock], 0.05) is None
    assert at_equal_seconds(good, [*good, Curve((30, 40), (3.0, 2.0), (9.0, 10.0))], 0.05) is None
    assert at_equal_flops([(curve, 1.0) for curve in good], [(good[0], 9.0), (good[1], 9.0)], 0.05) is None
    assert at_equal_flops([], [(good[0], 1.0)], 0.05) is None
    assert at_equal_flops([(good[0], 1.0)], [(curve, 1.0) for curve in good], 0.05) is None, "one run has no test"


def test_the_difference_for_each_percent_of_parameters() -> None:
    assert per_percent_parameters(-0.2, 1.1) == pytest.approx(-0.02)
    assert per_percent_parameters(-0.2, 0.9) == pytest.approx(0.02)
    assert per_percent_parameters(-0.2, 1.005) is None
    assert per_percent_parameters(-0.2, 0.995) is None


@pytest.mark.parametrize(
    "parts", [((), (), None), ((1, 2), (1.0,), None), ((1, 2), (1.0, 2.0), (1.0,)), ((1,), (1.0, 2.0), None)]
)
def test_a_curve_has_a_value_at_each_of_its_evaluations(
    parts: tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...] | None],
) -> None:
    with pytest.raises(ValueError, match="evaluations"):
        Curve(*parts)
