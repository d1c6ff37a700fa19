"""The tuning gate: every arm tuned alike, on seeds of its own, and what won is what was compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.review.made_up import CONTROL, SEEDS, Tables, states, words
from tests.tables import made_up
from tests.tables.made_up_tuning import BEST, tuned
from tinker.errors import UserError
from tinker.review.find import find
from tinker.review.review import review
from tinker.spec import Seeds, TrialSpec
from tinker.store.store import Store

Change = Callable[[dict[str, Any]], object]


def _tables(done: int | None = None) -> Tables:
    tables = Tables()
    tables.keep(*(arm for arm in BEST if arm != CONTROL))
    tables.grid["arms"] = [arm for arm in tables.grid["arms"] if arm["name"] in BEST]
    tables.grid = tuned(tables.grid, done=done)
    return tables


def _arm(grid: dict[str, Any], place: int) -> dict[str, Any]:
    found: dict[str, Any] = grid["tuning"]["arms"][place]
    return found


def _best_is_another(grid: dict[str, Any]) -> None:
    """The control's winner is its second best."""
    values = _arm(grid, 0)["configurations"][1]["params"]
    _arm(grid, 0).update(winner=1, tuned=values)
    grid["arms"][0]["tuned"] = values


def _tested_on(grid: dict[str, Any]) -> None:
    for arm in grid["tuning"]["arms"]:
        for tried in arm["configurations"]:
            tried["trials"][0].update(seed_init=SEEDS[0], seed_data=SEEDS[0])
    grid["tuning"]["seeds"][0] = [SEEDS[0], SEEDS[0]]


def _undeclared(grid: dict[str, Any]) -> None:
    del grid["tuning"]


FAULTS: dict[str, tuple[Change, str, set[str]]] = {
    "fewer configurations": (
        lambda grid: _arm(grid, 1)["configurations"].pop(0),
        "did not get equal numbers (configurations: baseline-v0 5, good 4, bad 5)",
        {"good", "bad"},
    ),
    "an evaluation seed": (_tested_on, "seed 1 of the tuning are tested on", {"good", "bad"}),
    "another declaration": (
        lambda grid: grid["tuning"].update(declared="f" * 12),
        "is ffffffffffff, and 0123456789ab is on record as declared",
        {"good", "bad"},
    ),
    "taken out": (_undeclared, "the grid does not say what was tried", {"good", "bad"}),
    "not complete": (lambda grid: grid["tuning"].update(complete=False), "arms are compared already", {"good", "bad"}),
    "the second best won": (_best_is_another, "configuration 1 won, and 2 is better by the rule", {"good", "bad"}),
    "other values compared": (
        lambda grid: grid["arms"][2].update(tuned={"optimizer.lr": 0.5}),
        "compared with optimizer.lr = 0.5, and optimizer.lr = 0.0003 won",
        {"bad"},
    ),
    "no values compared": (lambda grid: grid["arms"][2].pop("tuned"), "compared with no tuned value", {"bad"}),
    "a mean made better": (
        lambda grid: _arm(grid, 1)["configurations"][2].update(mean=1.0),
        "good: has a mean that its tuning trials do not give",
        {"good"},
    ),
    "no tuning": (lambda grid: grid["tuning"]["arms"].pop(1), "good: compared without a tuning", {"good"}),
    "no winner": (lambda grid: _arm(grid, 2).update(winner=None), "bad: compared, and nothing won its tuning", {"bad"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_tuning_makes_the_arms_invalid_whose_it_is(name: str, tmp_path: Path) -> None:
    change, said, arms = FAULTS[name]
    tables = _tables()
    change(tables.grid)
    made = tables.review(tmp_path)
    assert any(said in finding.text for finding in made.findings if finding.gate == "tuning"), made.findings
    assert {arm for arm, word in words(made).items() if word == "invalid"} == arms


def test_in_order_it_says_so_and_an_edge_is_a_caution(tmp_path: Path) -> None:
    made = _tables().review(tmp_path)
    assert words(made) == {"good": "accept", "bad": "reject"}
    said = {finding.text: finding.state for finding in made.findings if finding.gate == "tuning"}
    assert list(said.values()) == ["note", "ok", "note"]
    edge, fine, unknown = said
    assert edge == "good: optimizer.lr = 0.01 is at the high end of what was tried: widen it"
    assert fine.startswith("5 configurations x 2 seeds for each of 3 arms, on seeds of their own")
    assert "only the store could show" in unknown


def test_a_tuning_changed_after_results_makes_every_verdict_exploratory(tmp_path: Path) -> None:
    tables = _tables()
    first = tables.grid["plan_history"][-1]
    late = {**first, "tune": "f" * 12, "time": "2026-05-05", "results_existed": True}
    tables.grid["plan_history"].append(late)
    tables.grid["tuning"]["declared"] = "f" * 12
    made = tables.review(tmp_path)
    assert states(made, "rule") == {"FAILED"}
    assert set(words(made).values()) == {"invalid"}
    assert any("the tuning was changed on 2026-05-05, when results" in finding.text for finding in made.findings)


def test_half_way_there_is_nothing_to_judge_and_the_message_says_why(tmp_path: Path) -> None:
    tables = _tables(done=3)
    tables.rows = []
    with pytest.raises(UserError, match="nothing to judge yet: the tuning is not complete: 3 of 15 configurations"):
        tables.review(tmp_path)


@pytest.mark.parametrize("rate", [1e-3, 0.5])
def test_a_store_shows_whether_the_trials_had_the_winners_values(
    tmp_path: Path, rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = {CONTROL: BEST[CONTROL], "good": (1e-3, 1.0, 1.8)}
    grid = tuned(made_up.grid(dict.fromkeys(arms, SEEDS)), arms)
    plain = made_up.spec

    def spec(arm: str, seed: int) -> TrialSpec:
        optimizer = {"lr": rate if arm == "good" else 1e-3}
        return TrialSpec.of({**plain(arm, seed).config, "optimizer": optimizer}, Seeds(seed, seed), "corpus")

    monkeypatch.setattr(made_up, "spec", spec)
    for cell in grid["cells"]:
        cell["trial_id"] = spec(cell["arm"], cell["seed_init"]).id
    made_up.save(tmp_path, grid)
    for arm in arms:
        for seed in SEEDS:
            made_up.finish(tmp_path, arm, seed, val_loss=2.0 + 0.001 * seed)
    assert len(list(Store(tmp_path).rows())) == 10
    found = review(find("made-up", [], tmp_path))
    said = [finding.text for finding in found.findings if finding.gate == "tuning" and finding.state == "FAILED"]
    text = "good: 5 of its trials had other values than optimizer.lr = 0.001, which won"
    assert said == ([] if rate == 1e-3 else [text])
