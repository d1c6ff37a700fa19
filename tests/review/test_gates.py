"""Each gate fails for its reason, and not for the neighbour of it; a failure concerns the arm whose fault it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.review.changes import (
    ALL,
    OTHER,
    added,
    both,
    decide_by_hand,
    declared,
    everywhere,
    imported,
    losses,
    moved,
    plan,
    put,
    rule_after_results,
    tuned,
    wide,
    without,
)
from tests.review.made_up import CODE, CONTROL, WORDS, Change, Tables, row, states, words
from tinker.errors import UserError

FAILING: dict[str, tuple[str, Change, tuple[str, ...]]] = {
    "rule edited after results": ("rule", rule_after_results, ALL),
    "rule edited by hand": ("rule", decide_by_hand, ALL),
    "seeds changed after results": ("rule", plan(seeds={"arms": [[1, 1]], "control": [[1, 1]]}), ALL),
    "arm dropped after results": ("rule", plan(arms={"good": "good"}), ALL),
    "control tuned on": ("tuning seeds", tuned(3), ALL),
    "arm tuned on": ("tuning seeds", both(moved("good", 5, 9), tuned(9)), ("good",)),
    "row of a tuned seed that was not planned": ("tuning seeds", lambda t: t.rows.append(row("good", 99)), ("good",)),
    "arm on another machine": ("hardware", put("good", 2, environment_class="there"), ("good",)),
    "arm on another machine altogether": ("hardware", put("good", environment_class="there"), ("good",)),
    "control on two machines": ("hardware", put(CONTROL, 2, environment_class="there"), ALL),
    "diff cut": ("uncommitted code", put("good", 1, git_dirty=True, git_diff="x", git_diff_complete=False), ("good",)),
    "diff not known": ("uncommitted code", put("bad", git_dirty=True, git_diff_complete=None), ("bad",)),
    "no diff": ("uncommitted code", put("bad", git_dirty=True, git_diff=None), ("bad",)),
    "control's diff cut": ("uncommitted code", put(CONTROL, 1, git_dirty=True, git_diff_complete=False), ALL),
    "arm under other code": ("same code", put("good", code_modules=OTHER), ("good",)),
    "control under two codes": ("same code", put(CONTROL, 1, code_modules=OTHER), ALL),
    "an arm under two codes that the control holds under": (
        "same code",
        both(put("good", 1, code_modules=OTHER), put(CONTROL, code_accepted=[OTHER])),
        ("good",),
    ),
    "missing seed": ("seeds", put("good", 2, status="missing", val_loss=None), ("good",)),
    "unfinished seed": ("seeds", put("good", 2, status="running", val_loss=None), ("good",)),
    "failed seed": ("seeds", put("good", 2, status="failed", val_loss=None, cause="out of memory"), ("good",)),
    "failed control": ("seeds", put(CONTROL, 2, status="failed", val_loss=None), ALL),
    "failed seed under looks": ("seeds", both(declared(looks=[3, 5]), put("good", 2, status="failed")), ("good",)),
    "restless arm": ("seed variance", losses("good", *wide(1.8, 0.011)), ("good",)),
    "restless control": ("seed variance", losses(CONTROL, *wide(1.9, 0.011)), ALL),
    "arm without val_loss": (
        "seed variance",
        both(declared(metric="excess"), put("good", 1, val_loss=None)),
        ("good",),
    ),
    "two seeds of the control apart": ("control repeats", losses(CONTROL, 1.91, 1.89, 1.9, 1.9, 1.9), ALL),
    "first seed of the control diverged": ("control repeats", put(CONTROL, 1, status="diverged"), ALL),
    "planned cell without a row": ("planned trials", without("good", 3), ("good",)),
    "arm without a row": ("planned trials", without("good", *range(1, 6)), ("good",)),
    "control's cell without a row": ("planned trials", without(CONTROL, 5), ALL),
    "duplicate": ("planned trials", lambda t: t.rows.append(row("good", 3)), ("good",)),
    "not planned": ("planned trials", lambda t: t.rows.append(row("good", 6)), ("good",)),
    "another trial than planned": ("planned trials", put("good", 3, trial_id="0123"), ("good",)),
}

PASSING: dict[str, tuple[str, str, Change]] = {
    "everything in order": ("rule", "ok", lambda tables: None),
    "rule edited in time": ("rule", "ok", declared(min_effect=0.011)),
    "rule of an import": ("rule", "note", imported),
    "an older grid without a plan": (
        "tuning seeds",
        "note",
        lambda t: [t.grid.pop("plan_history"), t.grid.pop("seeds")],
    ),
    "arm added after results": ("rule", "ok", added("open")),
    "tuned on other seeds": ("tuning seeds", "ok", tuned(6, 7)),
    "blocks of hardware": (
        "hardware",
        "ok",
        both(declared(blocks="hardware"), *(put(arm, 4, 5, environment_class="there") for arm in (CONTROL, *ALL))),
    ),
    "seeds as one program in one arm": ("fused seeds", "note", put("good", fused=5)),
    "seeds of every arm as one program": ("fused seeds", "ok", everywhere(fused=5)),
    "machine not known": ("hardware", "note", everywhere(environment_class=None)),
    "whole diff": ("uncommitted code", "ok", put("good", 1, git_dirty=True, git_diff="x")),
    "nothing known of git": (
        "uncommitted code",
        "note",
        everywhere(git_dirty=None, git_commit=None, git_diff_complete=None),
    ),
    "no commit": ("provenance", "note", everywhere(git_commit=None)),
    "probation of the control": (
        "same code",
        "ok",
        both(put("good", code_modules=OTHER), put(CONTROL, code_accepted=[OTHER])),
    ),
    "probation of the arm": ("same code", "ok", put("good", code_modules=OTHER, code_accepted=[CODE])),
    "a module that only the arm has": (
        "same code",
        "ok",
        put("good", code_modules=json.dumps({**json.loads(CODE), "model.attention.window": "x"})),
    ),
    "older tables": ("same code", "note", everywhere(code_modules=None, code_accepted=None)),
    "imported": ("provenance", "note", imported),
    "looks allow to stop early": (
        "seeds",
        "note",
        both(
            declared(looks=[3, 5]),
            *(put(arm, 4, 5, status="missing", val_loss=None) for arm in (CONTROL, *ALL)),
        ),
    ),
    "calm enough": ("seed variance", "ok", losses("good", *wide(1.8, 0.0099))),
    "as restless as declared": (
        "seed variance",
        "ok",
        both(declared(max_seed_cv=0.02), losses("bad", *wide(2.2, 0.011))),
    ),
    "two later seeds of the control apart": ("control repeats", "ok", losses(CONTROL, 1.9, 1.9, 1.9, 1.907, 1.893)),
    "excess is restless, its loss is not": ("seed variance", "ok", declared(metric="excess")),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_gate_fails_for_its_reason_and_leaves_the_other_arms_alone(name: str, tmp_path: Path) -> None:
    gate, change, arms = FAILING[name]
    tables = Tables()
    change(tables)
    made = tables.review(tmp_path)
    assert states(made, gate) == {"FAILED"}
    judged = {judgement.arm: judgement for judgement in made.judgements}
    for arm in ALL:
        assert judged[arm].word == ("invalid" if arm in arms else WORDS[arm]), arm
        assert any(reason.startswith(f"{gate}: ") for reason in judged[arm].reasons) == (arm in arms)
    assert made.exit_code == 3
    assert sum(finding.state == "FAILED" and finding.gate == gate for finding in made.findings) == 1


@pytest.mark.parametrize("name", PASSING)
def test_the_neighbour_of_a_fault_fails_nothing(name: str, tmp_path: Path) -> None:
    gate, state, change = PASSING[name]
    tables = Tables()
    change(tables)
    made = tables.review(tmp_path)
    assert states(made, gate) == {state}
    assert [finding for finding in made.findings if finding.state == "FAILED"] == []
    assert words(made)["good"] == "accept"
    assert "invalid" not in words(made).values()


def test_every_gate_is_listed_whatever_it_found(tmp_path: Path) -> None:
    made = Tables().review(tmp_path)
    assert {finding.gate: finding.state for finding in made.findings} == {
        "rule": "ok", "tuning seeds": "ok", "looks": "ok", "tables agree": "ok", "dates": "ok",
        "plan": "ok", "copies": "ok", "curves": "note", "facts": "ok", "planned trials": "ok", "seeds": "ok",
        "seed variance": "ok", "control repeats": "ok", "hardware": "ok", "same code": "ok", "uncommitted code": "ok",
        "provenance": "ok",
    }  # fmt: skip


def test_seed_variance_of_runs_without_a_loss_is_that_of_the_rules_metric(tmp_path: Path) -> None:
    tables = Tables()
    tables.declare(metric="accuracy", direction="higher", min_effect=0.001)
    for one in tables.rows:
        one.update(accuracy=1 / one["val_loss"], val_loss=None, excess=None, source="runs.csv", code_modules=None)
    made = tables.review(tmp_path / "calm")
    (finding,) = [finding for finding in made.findings if finding.gate == "seed variance"]
    assert finding.state == "ok"
    assert "of accuracy: the runs have no val_loss" in finding.text
    for one in tables.of("good"):
        one["accuracy"] *= 1 + 0.05 * one["seed_init"]
    assert states(tables.review(tmp_path / "restless"), "seed variance") == {"FAILED"}


def test_values_around_zero_have_no_share_of_their_mean(tmp_path: Path) -> None:
    tables = Tables()
    for seed, loss in enumerate((-0.1, 0.1, -0.2, 0.2, 0.0), 1):
        put("good", seed, val_loss=loss)(tables)
    (finding,) = [f for f in tables.review(tmp_path).findings if f.gate == "seed variance"]
    assert finding.state == "FAILED"
    assert finding.text.startswith("good: inf %")


def test_code_that_is_not_json_is_bad_input(tmp_path: Path) -> None:
    tables = Tables()
    tables.of("good")[0]["code_modules"] = "{model"
    with pytest.raises(UserError, match="code_modules and code_accepted are to be JSON objects"):
        tables.review(tmp_path)
