"""The stages of a comparison, from a store in which trials end as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.tables.made_up import RULE, finish, grid, save, spec
from tinker.grid.expand import Cell, Plan
from tinker.report.analysis import Analysis
from tinker.report.api import make_report, render
from tinker.report.spared import spared_in
from tinker.review.evidence import Evidence
from tinker.review.gates.complete import seeds
from tinker.schedule.by_need import comparing
from tinker.schedule.job import Stage
from tinker.spec import Seeds
from tinker.stats.seeds_by_need import next_seeds
from tinker.store.store import Store
from tinker.tables.looks import read_looks

EFFECTS = {"baseline-v0": 0.0, "better": -0.5, "same": 0.0}


def _plan(results: Path, looks: Any) -> Plan:
    counts = {"arms": 4, "control": 6} if looks == "anytime" else {"arms": 12, "control": 17}
    sides = {side: [[seed, seed] for seed in range(1, count + 1)] for side, count in counts.items()}
    arms = {arm: range(1, counts["control" if arm == "baseline-v0" else "arms"] + 1) for arm in EFFECTS}
    by_need = {"by_need": True} if isinstance(looks, list) else {}
    rule = RULE | {"looks": looks, "min_effect": 1e-6}
    save(results, grid(arms, name="g", decide=rule, seeds={**sides, "tuning": [], **by_need}))
    cells = tuple(Cell(arm, Seeds(n, n), spec(arm, n)) for arm, numbers in arms.items() for n in numbers)
    return Plan(SimpleNamespace(results_name="g", decide=SimpleNamespace(looks=looks)), (), (cells,), ())  # type: ignore[arg-type]


def _loss(arm: str, seed: int) -> float:
    return 2.0 + EFFECTS[arm] + 0.1 * float(np.random.default_rng([len(arm), seed]).normal())


def _train(results: Path, stages: Iterator[Stage], most: int = 100, dead: str = "") -> list[list[str]]:
    """Runs so many stages; a trial that is `dead` fails for good, so the store has no result of it."""
    seen = []
    for _, stage in zip(range(most), stages, strict=False):
        seen.append(sorted(job.label for job in stage.jobs))
        for job in stage.jobs:
            row = Store(results).get(job.spec.id, "cpu-made-up")
            if job.label != dead and (row is None or row.result is None):
                finish(results, job.arm, job.spec.seeds.init, val_loss=_loss(job.arm, job.spec.seeds.init))
    return seen


def test_a_fixed_number_is_one_stage_in_the_order_that_is_asked_for(tmp_path: Path) -> None:
    plan = _plan(tmp_path, None)
    (stage,) = comparing(plan, tmp_path, lambda jobs: jobs[::-1])
    assert [job.spec for job in stage.jobs] == [cell.spec for cell in reversed(plan.cells)]
    assert stage.phase == "comparing"


def test_there_is_a_stage_for_each_look_and_each_look_is_on_record(tmp_path: Path) -> None:
    seen = _train(tmp_path, comparing(_plan(tmp_path, [4, 8, 12]), tmp_path))
    assert sum(label.startswith("better") for label in seen[0]) == 4
    assert sum(label.startswith("baseline") for label in seen[0]) == 6, "sqrt(2) * 4, rounded up"
    assert 2 <= len(seen) <= 3 and not set(seen[0]) & set(seen[1])
    looks = [(row["arm"], row["look"]) for row in read_looks(tmp_path / "g")]
    assert {("better", 4), ("same", 4)} <= set(looks)
    found = Analysis.of(tmp_path, "g")
    assert {row["arm"]: row["verdict"] for row in found.comparisons if row["primary"]}["better"] == "better"
    assert next_seeds(found.trials, found.rule) is None


@pytest.mark.parametrize("looks", [[4, 8, 12], "anytime"])
def test_a_grid_that_was_interrupted_has_the_same_stages(tmp_path: Path, looks: Any) -> None:
    whole = _train(tmp_path / "one", comparing(_plan(tmp_path / "one", looks), tmp_path / "one"))
    plan = _plan(tmp_path / "two", looks)
    _train(tmp_path / "two", comparing(plan, tmp_path / "two"), most=1)
    assert _train(tmp_path / "two", comparing(plan, tmp_path / "two")) == whole
    assert _train(tmp_path / "two", comparing(plan, tmp_path / "two")) == whole, "nothing is left, and it says the same"


def test_a_look_waits_for_a_trial_of_which_nothing_is_known(tmp_path: Path) -> None:
    seen = _train(tmp_path, comparing(_plan(tmp_path, [4, 8, 12]), tmp_path), dead="same seed 2")
    assert len(seen) == 1
    assert {(row["arm"], row["look"]) for row in read_looks(tmp_path / "g")} == {("better", 4)}


def test_the_report_says_what_was_not_needed_and_calls_nothing_incomplete(tmp_path: Path) -> None:
    _train(tmp_path, comparing(_plan(tmp_path, [4, 8, 12]), tmp_path))
    made = make_report(tmp_path, "g")
    spared = spared_in(made.analysis.trials, made.analysis.rule)
    ended = sum(row["status"] == "done" for row in made.analysis.trials)
    assert ended + len(spared.rows) == 41 and spared.rows
    for format in ("table", "md", "html"):
        text = " ".join(render(made, format, width=500).replace("\\", "").split())  # type: ignore[arg-type]
        assert f"{ended} of {ended} trials finished, {41 - ended} of the 41 planned not needed" in text
        assert f"{41 - ended} of 41 planned trials were not needed; stopped: better (decided better at look" in text
        assert format == "html" or "unfinished" not in text
    evidence = Evidence(made.analysis, "here")
    findings = [finding for place in evidence.places for finding in seeds(place, evidence)]
    assert {finding.state for finding in findings} == {"note"}
    assert any("no decision waits for them" in finding.text for finding in findings)
