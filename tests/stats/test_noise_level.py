"""How noisy the runs of a comparison are, taken together."""

from __future__ import annotations

import pytest

from tinker.stats.noise_level import NoiseLevel


def test_one_group_has_its_own_sd_and_degrees_of_freedom() -> None:
    level = NoiseLevel.of([1.0, 2.0, 6.0])
    assert level is not None
    assert level.sd == pytest.approx(7**0.5)
    assert level.df == pytest.approx(2)
    assert level.upper / level.sd == pytest.approx(2.1, abs=0.05)


def test_two_groups_give_the_root_of_their_mean_variance() -> None:
    level = NoiseLevel.of([1.0, 3.0], [5.0, 5.0 + 12**0.5])  # variances 2 and 6
    assert level is not None
    assert level.sd == pytest.approx(2.0)
    assert level.df == pytest.approx(8**2 / (2**2 + 6**2))  # Satterthwaite, one degree of freedom each


def test_groups_that_tell_nothing_do_not_count() -> None:
    alone = NoiseLevel.of([1.0, 2.0, 6.0])
    assert NoiseLevel.of([], [4.0], [3.0, 3.0], [1.0, 2.0, 6.0]) == alone
    assert NoiseLevel.of([], [4.0], [3.0, 3.0]) is None


def test_more_runs_bring_the_upper_limit_nearer() -> None:
    few, many = NoiseLevel.of([0.0, 1.0] * 2), NoiseLevel.of([0.0, 1.0] * 20)
    assert few is not None
    assert many is not None
    assert 1 < many.upper / many.sd < 1.15 < few.upper / few.sd
