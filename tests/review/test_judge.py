"""What the rule's `accept` makes of each verdict, and what the judgements come to."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tests.review.made_up import WORDS, Tables, words
from tinker.errors import UserError
from tinker.review.evidence import Place
from tinker.review.judge import judge
from tinker.stats.rule import Rule
from tinker.stats.verdict import Word

#: By verdict: where `better` is asked for, and where `not_worse` is.
SAID = {
    "better": ("accept", "accept"),
    "worse": ("reject", "reject"),
    "equivalent": ("reject", "accept"),
    "not worse": ("inconclusive", "accept"),
    "inconclusive": ("inconclusive", "inconclusive"),
    "cannot reach alpha": ("inconclusive", "inconclusive"),
    "exploratory": ("invalid", "invalid"),
    "invalid": ("invalid", "invalid"),
}


def test_the_list_of_verdicts_is_whole() -> None:
    assert {*SAID, "control"} == set(get_args(Word))


@pytest.mark.parametrize("verdict", SAID)
def test_accept_decides_what_a_verdict_means(verdict: str) -> None:
    place = Place("grammar", "cpu", "base", {"base": [], "arm": []}, {"arm": {"verdict": verdict, "reason": "so."}})
    better = Rule("val_loss", "lower", 0.1, 0.05, "holm")
    not_worse = Rule("val_loss", "lower", 0.1, 0.05, "holm", accept="not_worse")
    found = [judge(place, "arm", rule, []) for rule in (better, not_worse)]
    assert tuple(judgement.word for judgement in found) == SAID[verdict]
    assert all(judgement.reasons[0].endswith("so.") for judgement in found)


def test_an_equivalent_arm_is_rejected_for_making_no_difference_that_matters(tmp_path: Path) -> None:
    made = Tables().review(tmp_path)
    (judgement,) = [judgement for judgement in made.judgements if judgement.arm == "same"]
    assert judgement.reasons[0].startswith("equivalent, no difference that matters: ")


def test_a_rule_that_accepts_what_is_not_worse_accepts_an_equivalent_arm(tmp_path: Path) -> None:
    tables = Tables()
    tables.declare(accept="not_worse")
    assert words(tables.review(tmp_path)) == {**WORDS, "same": "accept"}


@pytest.mark.parametrize(
    ("arms", "code"),
    [
        (["good"], 0),
        (["bad"], 1),
        (["open"], 2),
        (["good", "open"], 2),
        (["good", "open", "bad"], 1),
        ([], 1),
    ],
)
def test_the_worst_judgement_on_the_arms_asked_about_is_the_exit_code(
    arms: list[str], code: int, tmp_path: Path
) -> None:
    assert Tables().review(tmp_path, *arms).exit_code == code


def test_an_invalid_arm_outweighs_all_and_only_where_it_is_asked_about(tmp_path: Path) -> None:
    tables = Tables()
    tables.of("same")[0]["status"] = "failed"
    assert tables.review(tmp_path / "all").exit_code == 3
    assert tables.review(tmp_path / "one", "good").exit_code == 0
    assert tables.review(tmp_path / "two", "good", "same").exit_code == 3


def test_a_declared_test_that_cannot_reach_alpha_is_inconclusive_and_says_so(tmp_path: Path) -> None:
    tables = Tables()
    tables.declare(test="permutation")
    tables.keep(seeds=range(1, 4))
    made = tables.review(tmp_path)
    assert set(words(made).values()) == {"inconclusive"}
    assert made.judgements[0].reasons[0].startswith("cannot reach alpha: ")


def test_an_unknown_arm_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'goood' is not an arm of made-up; arms: good, bad, same, open"):
        Tables().review(tmp_path, "goood")


def test_the_control_is_no_arm_to_judge(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'baseline-v0' is not an arm"):
        Tables().review(tmp_path, "baseline-v0")


def test_two_scales_are_judged_apart(tmp_path: Path) -> None:
    tables = Tables()
    cells = [{**cell, "scale": "big", "trial_id": f"big{cell['trial_id']}"} for cell in tables.grid["cells"]]
    rows = [{**row, "scale": "big", "trial_id": f"big{row['trial_id']}"} for row in tables.rows]
    for one in rows:
        one["status"] = "failed" if one["arm"] == "good" else one["status"]
    tables.grid["cells"] += cells
    tables.rows += rows
    found = {(judgement.arm, judgement.scale): judgement.word for judgement in tables.review(tmp_path).judgements}
    assert (found["good", "cpu"], found["good", "big"]) == ("accept", "invalid")
    assert found["bad", "big"] == "reject"
