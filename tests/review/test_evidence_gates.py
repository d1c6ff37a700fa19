"""Evidence that contradicts itself, or that was taken out in part, fails a gate; evidence that agrees does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.review.changes import ALL, added, both, declared, everywhere, imported, losses, put, without
from tests.review.made_up import CONTROL, SEEDS, WORDS, Change, Row, Tables, states, words
from tinker.review.find import find
from tinker.review.review import review
from tinker.tables.looks import LOOKS

EARLY = datetime(2025, 12, 31, tzinfo=UTC)
IMPORT = {"file": "x", "runs": 25, "digest": "d", "time": "2026-01-01"}
EXTRA = [[seed, seed] for seed in range(1, 7)]


def drawn(change: Change = lambda tables: None) -> Change:
    """With curves; `change` is made to the tables afterwards."""

    def made(tables: Tables) -> None:
        tables.draw()
        change(tables)

    return made


def points(arm: str, seed: int, /, **values: object) -> Change:
    """Changes the points of one trial."""

    def change(tables: Tables) -> None:
        for point in tables.points:
            if (point["arm"], point["seed_init"]) == (arm, seed):
                point.update(values)

    return change


def no_points(arm: str, seed: int) -> Change:
    return lambda t: t.points.__setitem__(
        slice(None), [point for point in t.points if (point["arm"], point["seed_init"]) != (arm, seed)]
    )


def best(tables: Tables) -> None:
    """A best value that no evaluation had."""
    tables.of("good")[0]["best_val_loss"] -= 0.5
    for point in tables.points:
        if (point["arm"], point["seed_init"], point["metric"]) == ("good", 1, "best_val_loss"):
            point["value"] -= 0.5


def copied(tables: Tables) -> None:
    first, second = tables.of("good")[:2]
    second.update({metric: first[metric] for metric in ("val_loss", "excess")})


def history(**values: object) -> Change:
    return lambda tables: tables.grid["rule_history"][0].update(values)


def dropped(tables: Tables) -> None:
    """A bad seed out of rows and cells."""
    without("good", 5)(tables)
    tables.grid["cells"] = [c for c in tables.grid["cells"] if (c["arm"], c["seed_init"]) != ("good", 5)]


def planned_more(tables: Tables) -> None:
    """The plan on record had one seed more; the grid's own `seeds` were made to fit."""
    (entry,) = tables.grid["plan_history"]
    tables.grid["plan_history"] = [{**entry, "seeds": {"arms": EXTRA, "control": EXTRA, "tuning": []}}]


def unrecorded(tables: Tables) -> None:
    """An arm that no plan on record has."""
    del tables.grid["plan_history"][0]["arms"]["open"]


def planned_arm(tables: Tables) -> None:
    """An arm on record that is nowhere else."""
    tables.grid["plan_history"][0]["arms"]["ghost"] = "ghost"


def imported_by_word(tables: Tables) -> None:
    """Said to be imported, with rows of tinker's own."""
    imported(tables)
    everywhere(source=None)(tables)


FAILING: dict[str, tuple[str, Change, tuple[str, ...]]] = {
    "a value that is not the curve's last": ("curves", drawn(losses("good", 1.80, 1.81, 1.82, 1.81, 1.80)), ("good",)),
    "the control's value is not the curve's last": ("curves", drawn(put(CONTROL, 5, val_loss=1.9031)), ALL),
    "a curve that ends before the run": ("curves", drawn(put("good", 2, steps=120)), ("good",)),
    "a best value that no evaluation had": ("curves", drawn(best), ("good",)),
    "a run without a curve": ("curves", drawn(no_points("good", 3)), ("good",)),
    "points of another arm": ("curves", drawn(points("good", 1, arm="bad")), ("good", "bad")),
    "points of another seed": ("curves", drawn(points("good", 1, seed_init=7)), ("good",)),
    "points of a trial that has no row": ("curves", drawn(points("good", 1, trial_id="0123")), ("good",)),
    "one run under two seeds": ("copies", copied, ("good",)),
    "seed and cell taken out": ("plan", dropped, ("good",)),
    "a plan on record with more seeds": ("plan", planned_more, ALL),
    "an arm of the plan is gone": ("plan", planned_arm, ALL),
    "an arm that no plan had": ("plan", unrecorded, ("open",)),
    "an arm that ran before the rule": ("dates", put("good", 2, started=EARLY), ("good",)),
    "a rule from after the runs": ("dates", history(time="2030-01-01T00:00:00+00:00"), ALL),
    "a rule without a date": ("dates", history(time="x"), ALL),
    "a history of another rule": ("rule", history(decide={"metric": "other"}), ALL),
    "not known whether results existed": ("rule", history(results_existed=None), ALL),
    "a plan of runs that are imported by word only": (
        "plan",
        both(planned_more, lambda t: t.grid.update(imported="x", import_history=[IMPORT], import_notes=[])),
        ALL,
    ),
    "imported by word only": ("rule", imported_by_word, ALL),
    "machine taken out of an arm": ("facts", put("good", environment_class=None), ("good",)),
    "code taken out of a run": ("facts", put("good", 2, code_modules=None), ("good",)),
    "code that shares no module with any other": ("same code", put("good", code_modules='{"mine": "x"}'), ("good",)),
    "empty code": ("facts", put("good", code_modules="{}"), ("good",)),
    "start taken out": ("facts", put("good", 1, started=None), ("good",)),
    "commit taken out of the control": ("facts", put(CONTROL, 1, git_commit=None, git_dirty=None), ALL),
}

PASSING: dict[str, tuple[str, str, Change]] = {
    "curves that end where the runs do": ("curves", "ok", drawn()),
    "no curves": ("curves", "note", lambda tables: None),
    "a diverged run has no last value": ("curves", "ok", drawn(put("bad", 5, status="diverged", val_loss=None))),
    "imported runs whose curves end elsewhere": ("plan", "note", drawn(both(imported, put("bad", steps=7)))),
    "two runs of equal loss that differ elsewhere": ("copies", "ok", losses("bad", 1.95, 1.95, 1.951, 1.95, 1.951)),
    "runs from elsewhere of few digits": (
        "copies",
        "ok",
        both(imported, losses("bad", *([1.95] * 5)), put("bad", excess=0.1)),
    ),
    "an arm that was added": ("plan", "ok", added("open")),
    "an older grid": ("plan", "note", lambda t: [t.grid.pop("plan_history"), t.grid.pop("seeds")]),
    "a control that ran before the rule": ("dates", "ok", put(CONTROL, started=EARLY)),
    "clocks that are seconds apart": (
        "dates",
        "ok",
        everywhere(started=datetime(2025, 12, 31, 23, 59, 30, tzinfo=UTC)),
    ),
    "starts that no run has": ("dates", "note", everywhere(started=None)),
    "code that no run has": ("facts", "ok", everywhere(code_modules="{}")),
    "an imported arm of which less is known": ("facts", "ok", put("bad", source="x", git_commit=None, started=None)),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_does_not_fit_is_invalid_and_the_other_arms_are_left_alone(name: str, tmp_path: Path) -> None:
    gate, change, arms = FAILING[name]
    tables = Tables()
    change(tables)
    made = tables.review(tmp_path)
    assert "FAILED" in states(made, gate)
    found = words(made)
    assert {arm for arm in ALL if found[arm] == "invalid"} == set(arms)
    assert {arm: found[arm] for arm in ALL if arm not in arms and arm != "good"} == {
        arm: word for arm, word in WORDS.items() if arm not in arms and arm != "good"
    }


@pytest.mark.parametrize("name", PASSING)
def test_what_fits_fails_nothing(name: str, tmp_path: Path) -> None:
    gate, state, change = PASSING[name]
    tables = Tables()
    change(tables)
    made = tables.review(tmp_path)
    assert states(made, gate) == {state}
    assert [finding for finding in made.findings if finding.state == "FAILED"] == []


def test_runs_of_which_less_is_known_are_counted_beside_an_ok(tmp_path: Path) -> None:
    tables = Tables()
    for one in tables.of("bad"):
        one.update(source="runs.csv", git_dirty=None)
    (finding,) = [f for f in tables.review(tmp_path).findings if f.gate == "uncommitted code"]
    assert (finding.state, finding.text) == ("ok", "none in 20 runs, not known of 5")


@pytest.mark.parametrize(("looks", "state"), [(None, "note"), ([3, 5], "FAILED"), ("anytime", "FAILED")])
def test_verdicts_at_looks_need_their_record(looks: object, state: str, tmp_path: Path) -> None:
    tables = Tables()
    declared(looks=looks)(tables)
    assert states(tables.review(tmp_path), "looks") == {"ok"}
    (tmp_path / LOOKS).unlink()
    made = review(find(str(tmp_path), [], tmp_path / "nothing"))
    assert states(made, "looks") == {state}
    assert words(made)["good"] == ("accept" if looks is None else "invalid")


@pytest.mark.parametrize(
    "shuffle", [lambda rows: rows[::-1], lambda rows: sorted(rows, key=lambda row: -row["val_loss"])]
)
def test_the_first_two_seeds_are_those_of_the_plan_whatever_the_order_of_the_rows(
    shuffle: object, tmp_path: Path
) -> None:
    tables = Tables()
    losses(CONTROL, 1.91, 1.89, 1.9, 1.9, 1.9)(tables)
    assert callable(shuffle)
    rows: list[Row] = shuffle(tables.rows)
    tables.rows = rows
    made = tables.review(tmp_path)
    (finding,) = [finding for finding in made.findings if finding.gate == "control repeats"]
    assert (finding.state, finding.text[:24]) == ("FAILED", "seeds 1, 2 end 1.05 % ap")


def test_of_imports_the_first_two_seeds_are_those_of_the_lowest_numbers(tmp_path: Path) -> None:
    tables = Tables()
    both(losses(CONTROL, 1.91, 1.89, 1.9, 1.9, 1.9), imported)(tables)
    tables.grid["cells"].reverse()
    tables.rows.reverse()
    assert states(tables.review(tmp_path), "control repeats") == {"FAILED"}


def test_an_arm_without_any_row_is_not_all_that_ended(tmp_path: Path) -> None:
    tables = Tables()
    without("good", *SEEDS)(tables)
    made = tables.review(tmp_path)
    assert {finding.text for finding in made.findings if finding.gate == "seeds"} == {"good: no row at all"}
    assert words(made)["good"] == "invalid"
