"""Comparison within blocks of hardware: one block is Welch, block effects cancel, intervals cover."""

from __future__ import annotations

import warnings
from math import sqrt

import numpy as np
import pytest

from tinker.stats.stratified import stratified
from tinker.stats.welch import welch

ARM, CONTROL = [2.1, 2.5, 1.9, 2.2, 2.05], [2.6, 2.3, 2.7]


def test_one_block_is_welch_to_the_last_digit() -> None:
    rng = np.random.default_rng(3)
    for n, m in ((2, 2), (3, 7), (5, 3), (49, 11)) * 25:
        arm, control = rng.normal(2, 0.3, n).tolist(), rng.normal(2, 0.1, m).tolist()
        assert stratified({"a": arm}, {"a": control}, 0.05) == welch(arm, control, 0.05)


def test_what_a_block_adds_to_both_sides_cancels() -> None:
    plain = stratified({"a": ARM, "b": CONTROL}, {"a": CONTROL, "b": ARM[:2]}, 0.05)
    shifted = stratified(
        {"a": ARM, "b": [value + 64.0 for value in CONTROL]},
        {"b": [value + 64.0 for value in ARM[:2]], "a": CONTROL},
        0.05,
    )
    assert plain is not None
    assert shifted is not None
    for field in ("difference", "standard_error", "df", "p", "low", "high"):
        assert getattr(shifted, field) == pytest.approx(getattr(plain, field), rel=1e-9)


def test_two_blocks_by_hand() -> None:
    """Differences -1 and -2.5 with weights 2 and 1; variances 2/3 and 2 of the arm, 2/3 and 1/2 of the control."""
    arm = {"a": [1.0, 2.0, 3.0, 2.0], "b": [1.0, 3.0], "alone": [7.0]}
    control = {"a": [2.0, 4.0, 3.0, 3.0], "b": [5.0, 4.0], "alone": [9.0, 8.0]}
    found = stratified(arm, control, 0.05)
    first, second = 2 / 3, 1 / 3
    shares = [first**2 * (2 / 3) / 4, first**2 * (2 / 3) / 4, second**2 * 2.0 / 2, second**2 * 0.5 / 2]
    equal = [first**2 / 4, first**2 / 4, second**2 / 2, second**2 / 2]
    df = [3, 3, 1, 1]

    def freedom(parts: list[float]) -> float:
        return sum(parts) ** 2 / sum(part**2 / each for part, each in zip(parts, df, strict=True))

    assert found is not None
    assert found.difference == pytest.approx(-1 * first - 2.5 * second)
    assert found.standard_error == pytest.approx(sqrt(sum(shares)))
    assert found.df == pytest.approx(min(freedom(shares), freedom(equal)))


def test_a_block_that_one_side_alone_has_contributes_nothing() -> None:
    arm, control = {"a": ARM, "b": [9.0, 5.0]}, {"a": CONTROL, "c": [1.0, 7.0], "b": []}
    assert stratified(arm, control, 0.05) == welch(ARM, CONTROL, 0.05)


@pytest.mark.parametrize("few", [1, 2])
@pytest.mark.parametrize(("sd", "bound"), [(2.0, 0.055), (5.0, 0.06)])
def test_a_noisy_machine_with_few_runs_does_not_borrow_the_calm_of_another(few: int, sd: float, bound: float) -> None:
    """4,000 simulated grids without an effect: pooled over machines it erred .08 and .27 (1 run), .15 (2)."""
    rng, replications, wrong = np.random.default_rng(3), 4000, 0
    for _ in range(replications):
        sides = [{"a": rng.normal(0, 1, 9).tolist(), "b": rng.normal(0, sd, few).tolist()} for _ in range(2)]
        found = stratified(sides[0], sides[1], 0.05)
        assert found is not None
        wrong += found.p <= 0.05
    assert wrong / replications <= bound + 2 * (0.05 * 0.95 / replications) ** 0.5


@pytest.mark.parametrize(
    ("arm", "control"),
    [
        ({}, {}),
        ({"a": ARM}, {"b": CONTROL}),
        ({"a": [1.0], "b": [2.0]}, {"a": CONTROL, "b": CONTROL}),
        ({"a": ARM, "b": ARM}, {"a": [1.0], "b": [2.0]}),
        ({"a": [1.0, 1.0], "b": [2.0, 2.0]}, {"a": [3.0, 3.0], "b": [4.0, 4.0]}),
    ],
    ids=["nothing", "no common block", "one run a block", "one control run a block", "no variance"],
)
def test_is_none_without_a_warning_where_there_is_no_test(
    arm: dict[str, list[float]], control: dict[str, list[float]]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert stratified(arm, control, 0.05) is None


def test_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        stratified({"a": ARM}, {"a": [1.0, float("nan")]}, 0.05)


@pytest.mark.parametrize("sd", [1.0, 3.0])
@pytest.mark.parametrize("sizes", [((3, 3), (3, 3)), ((5, 2), (2, 4), (2, 2))])
def test_intervals_cover_the_truth_whatever_the_blocks_add(sizes: tuple[tuple[int, int], ...], sd: float) -> None:
    """2,500 simulated grids: 2 standard errors are .009."""
    rng, replications, inside = np.random.default_rng(17), 2500, 0
    for _ in range(replications):
        effects = rng.normal(0, 10, len(sizes)).tolist()
        arm = {str(b): (rng.normal(0, sd, n) + effects[b] + 0.7).tolist() for b, (n, _) in enumerate(sizes)}
        control = {str(b): (rng.normal(0, 1, m) + effects[b]).tolist() for b, (_, m) in enumerate(sizes)}
        found = stratified(arm, control, 0.05)
        assert found is not None
        inside += found.low <= 0.7 <= found.high
    assert 0.93 - 0.009 <= inside / replications <= 0.97 + 0.009
