"""Streams are functions of (seed, purpose, step), and stay what they are."""

from __future__ import annotations

import numpy as np

from tinker.data.streams import Purpose, uniforms


def test_no_two_streams_share_numbers() -> None:
    drawn = [
        number
        for seed in range(3)
        for purpose in Purpose
        for step in range(3)
        for number in uniforms(seed, purpose, step, (50,)).tolist()
    ]
    assert len(set(drawn)) == len(drawn) == 3 * len(Purpose) * 3 * 50


def test_more_rows_only_add_rows() -> None:
    assert np.array_equal(uniforms(1, Purpose.TRAIN, 2, (4, 7)), uniforms(1, Purpose.TRAIN, 2, (9, 7))[:4])


def test_numbers_are_in_the_half_open_unit_interval_and_spread_evenly() -> None:
    drawn = uniforms(0, Purpose.TRAIN, 0, (100_000,))
    assert drawn.min() >= 0
    assert drawn.max() <= 1 - 2.0**-32
    counts, _ = np.histogram(drawn, bins=10, range=(0, 1))
    assert abs(counts - 10_000).max() < 5 * 95  # 5 standard deviations of a binomial count


def test_golden_numbers() -> None:
    raw = (uniforms(7, Purpose.VALIDATION, 3, (4,)) * 2**32).astype(np.int64)
    assert raw.tolist() == [2827856636, 3065381248, 1273577277, 1816501917]
