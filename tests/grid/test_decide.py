"""What a decision rule may say, and what does not go together."""

from __future__ import annotations

from dataclasses import fields

import pytest

from tests.grid.conftest import Load
from tinker.errors import ConfigError, UserError
from tinker.grid.decide import HIGHER, LATER, METRICS, Decide
from tinker.importing.rule import ImportedDecide
from tinker.stats import rule as stats_rule


def test_the_hash_of_a_rule_is_what_it_was_before_there_were_more_keys() -> None:
    assert Decide("val_loss", 0.01).rule_hash == "3c8b7f7bccadf376"
    assert Decide("val_loss", 0.01, test="rank").rule_hash != "3c8b7f7bccadf376"
    assert Decide("val_loss", 0.01, max_seed_cv=0.02).rule_hash != "3c8b7f7bccadf376"


def test_statistics_know_what_an_older_rule_means() -> None:
    defaults = {field.name: field.default for field in fields(Decide)}
    assert {key: defaults[key] for key in LATER} == stats_rule.LATER


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["decide.blocks=hardware", "decide.test=rank"], ("decide.blocks", "'hardware'", "leave `test: t`")),
        (["decide.diverged=rank"], ("decide.diverged", "'rank'", "say `test: rank`")),
        (["decide.diverged=cap", "decide.metric=excess"], ("decide.diverged", "ln V", "val_loss")),
        (["decide.looks=anytime", "decide.pairing=seed"], ("decide.looks", "'anytime'", "`pairing: none`")),
        (["decide.looks=[8,4]"], ("decide.looks", "[8, 4]", "rising")),
        (["decide.looks=[]"], ("decide.looks", "[]", "rising")),
        (["decide.looks=[1,4]"], ("decide.looks", "at least 2")),
        (["decide.looks=sometimes"], ("decide.looks", "sometimes", "anytime")),
        (["decide.looks=[4,8]", "seeds=9"], ("decide.looks", "the last look is at 8", "`seeds` plans 9")),
        (["decide.looks=[2,3]", "seeds=[5,3,9]"], ("seeds", "rising order", "looks")),
        (["decide.looks=anytime", "seeds=[5,3,9]"], ("seeds", "rising order", "looks")),
        (["decide.looks=anytime", "seeds={arms: [3,4], control: [3,4,1]}"], ("seeds.control", "rising order")),
        (["decide.looks=anytime", "seeds={arms: [3,4], control: [1,3,4]}"], ("seeds.control", "the arms first")),
        (["decide.looks=[2,5000]", "seeds=5000"], ("decide.looks", "2 seeds an arm tell less than 0.001", "further")),
        (["decide.looks=[99,5000,5002,6000]", "seeds=6000"], ("decide.looks", "5002 seeds", "than 5000 do")),
        ([f"decide.looks={[*range(2, 23)]}".replace(" ", ""), "seeds=22"], ("decide.looks", "21 looks", "at most 20")),
        (["decide.direction=higher"], ("decide.direction", "val_loss", "`direction: lower`")),
        (["decide.metric=tokens_per_s"], ("decide.direction", "'lower'", "say `direction: higher`")),
        (["seeds={arms: [3,4], control: [3,4], tuning: [4,7]}"], ("seeds.tuning", "4 were tuned on", "fresh seeds")),
    ],
)
def test_what_does_not_go_together_is_refused(load: Load, overrides: list[str], said: tuple[str, ...]) -> None:
    with pytest.raises(UserError) as error:
        load("seeds: 3\n", *overrides)
    for part in said:
        assert part in str(error.value)


@pytest.mark.parametrize("kind", [Decide, ImportedDecide])
@pytest.mark.parametrize("metric", [*METRICS, "excess_recall"])
def test_what_tinker_measures_gets_better_one_way_only(metric: str, kind: type[Decide]) -> None:
    better, other = ("higher", "lower") if metric in HIGHER else ("lower", "higher")
    assert kind(metric, 0.01, direction=better).direction == better  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=rf"decide\.direction: '{other}' .*{metric}.* say `direction: {better}`"):
        kind(metric, 0.01, direction=other)  # type: ignore[arg-type]


def test_what_others_measure_gets_better_as_they_say_and_no_guess_caps_it() -> None:
    assert ImportedDecide("accuracy", 0.01, direction="higher").direction == "higher"
    assert ImportedDecide("perplexity", 0.01).direction == "lower"
    with pytest.raises(ConfigError, match="ln V"):
        ImportedDecide("accuracy", 0.01, direction="higher", diverged="cap")


@pytest.mark.parametrize("looks", ["anytime", "[4,8]"])
def test_looks_may_take_seeds_in_rising_order(load: Load, looks: str) -> None:
    seeds = "{arms: [1,2,3,5,7,8,9,11], control: [1,2,3,5,7,8,9,11,12,14]}"
    assert len(load("seeds: 3\n", f"decide.looks={looks}", f"seeds={seeds}").seed_plan.control) == 10


def test_looks_and_tuning_seeds_are_kept(load: Load) -> None:
    grid = load("seeds: 8\n", "decide.looks=[4,8]")
    assert grid.decide.looks == [4, 8]
    grid = load("seeds: { arms: 2, control: 3, tuning: [7, 8] }\n", "decide.looks=anytime")
    assert [seeds.init for seeds in grid.seed_plan.tuning] == [7, 8]
