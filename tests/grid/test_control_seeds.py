"""How many seeds a control has of which the grid does not say it."""

from __future__ import annotations

import pytest

from tests.grid.conftest import Load
from tinker.errors import ConfigError
from tinker.grid.decide import Decide
from tinker.stats.square_root import square_root

SIX = "arms: {" + ", ".join(f"a{n}: {{optimizer.lr: {n}e-4}}" for n in range(1, 7)) + "}\n"


def _inits(load: Load, *overrides: str) -> list[int]:
    return [seeds.init for seeds in load(SIX + "seeds: 3\n", *overrides).seed_plan.control]


def test_a_fixed_number_of_seeds_is_the_controls_too(load: Load) -> None:
    assert _inits(load) == [1, 2, 3]


@pytest.mark.parametrize("seeds", ["seeds={arms: 4}", "seeds={arms: 4, control: auto}"])
def test_left_to_tinker_it_is_the_square_root_of_the_arms(load: Load, seeds: str) -> None:
    assert _inits(load, seeds) == list(range(1, 11)), "sqrt(6) * 4 = 9.8"
    assert not load(SIX + "seeds: 3\n", seeds).seed_plan.by_need


def test_with_looks_it_goes_by_need_unless_told_otherwise(load: Load) -> None:
    looks = "decide.looks=[4,8,12]"
    plan = load(SIX + "seeds: 12\n", looks).seed_plan
    assert (len(plan.arms), len(plan.control), plan.by_need) == (12, 30, True)
    plan = load(SIX + "seeds: {arms: 12, control: 20}\n", looks).seed_plan
    assert (len(plan.control), plan.by_need) == (20, False)
    plan = load(SIX + "seeds: 12\n", "decide.looks=anytime").seed_plan
    assert (len(plan.control), plan.by_need) == (30, False), "the shares of the blocks stay"


def test_pairs_need_one_control_each(load: Load) -> None:
    assert len(_inits(load, "seeds={arms: 4}", "decide.pairing=seed")) == 4


def test_further_seeds_are_the_next_numbers_that_were_not_tuned_on(load: Load) -> None:
    assert _inits(load, "seeds={arms: [2, 5], tuning: [6, 7]}") == [2, 5, 8, 9, 10]


@pytest.mark.parametrize(("arms", "seeds", "control"), [(0, 3, 3), (1, 3, 3), (2, 4, 6), (4, 12, 24), (6, 12, 30)])
def test_the_square_root_is_rounded_up(arms: int, seeds: int, control: int) -> None:
    assert square_root(arms, seeds) == control


def test_futility_goes_with_looks_and_changes_no_older_rule() -> None:
    plain = Decide("val_loss", 0.01)
    assert Decide("val_loss", 0.01, futility=0.1).rule_hash == plain.rule_hash
    other = Decide("val_loss", 0.01, looks=[4, 8], futility=None)
    assert other.rule_hash != Decide("val_loss", 0.01, looks=[4, 8]).rule_hash
    for value in (0.2, None):
        with pytest.raises(ConfigError, match=rf"decide\.futility: '{value}' is the chance left at a look; list the"):
            Decide("val_loss", 0.01, futility=value)
