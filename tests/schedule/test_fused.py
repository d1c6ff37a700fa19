"""Seeds of an arm that go to a worker as one item: each has its row, and what happens to one is its own affair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.schedule.conftest import rows, run, write_grid
from tests.schedule.in_thread import InThread, run_here
from tests.train.tiny import spec_of
from tinker.config.schema import TrialConfig
from tinker.errors import OK, UserError
from tinker.provenance.code import code_record
from tinker.report.api import make_report
from tinker.schedule import together
from tinker.schedule.cluster import Capacity
from tinker.schedule.plan_view import make_plan
from tinker.schedule.work import WorkItem
from tinker.store.record import StoredTrial
from tinker.train.entry import entry_modules

ROTARY = {"rotary": {"model.position": "rotary"}}
FUSED = {"resources": {"fused": 3}, "seeds": 3}


def _items(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The task and the trials of each item that is handed over from now on."""
    found: list[tuple[str, int]] = []
    submit = InThread.submit

    def spy(self: InThread, number: int, item: WorkItem, *rest: Any) -> None:
        found.append((item.task, len(item.specs)))
        submit(self, number, item, *rest)

    monkeypatch.setattr(InThread, "submit", spy)
    return found


def _replicates(results: Path) -> list[int]:
    return sorted((row.environment().get("fused") or {}).get("replicates", 1) for row in rows(results).values())


def _val_loss(row: StoredTrial) -> float:
    assert row.result is not None
    loss: float = row.result["metrics"]["val_loss"]
    return loss


def test_a_grid_has_the_rows_that_it_has_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = _items(monkeypatch)
    grid = write_grid(tmp_path, ROTARY, **FUSED)
    code, said, begun = run_here(grid, tmp_path / "fused")
    assert code == OK, said
    assert items == [("train", 3), ("train", 3)]
    assert "up to 3 seeds of an arm are trained as one program" in said
    assert all(f"[{n}/6]" in said for n in range(1, 7))
    assert len(begun) == 6
    code, said, _ = run_here(grid, tmp_path / "alone", "resources.fused=1")
    assert code == OK, said
    here, there = rows(tmp_path / "fused"), rows(tmp_path / "alone")
    assert here.keys() == there.keys()
    assert _replicates(tmp_path / "fused") == [3] * 6
    assert _replicates(tmp_path / "alone") == [1] * 6
    for trial, row in here.items():
        assert _val_loss(row) == pytest.approx(_val_loss(there[trial]), abs=1e-4)
        assert row.status.attempts == 1
        assert not row.folder.lease.exists()
    assert len({_val_loss(row) for row in here.values()}) == 6
    items.clear()
    assert "nothing to do" in run_here(grid, tmp_path / "fused")[1]
    assert items == []


def test_rates_of_a_search_go_together_and_find_the_winners_that_they_find_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items, losses = _items(monkeypatch), []
    tune = {"trials": 3, "seeds": [1001], "search": {"type": "grid"}, "space": {"optimizer.lr": [1e-3, 1e-2, 3e-2]}}
    grid = write_grid(tmp_path, ROTARY, resources={"fused": 3}, seeds=2, tune=tune)
    for fused in (3, 1):
        results = tmp_path / str(fused)
        code, said, _ = run_here(grid, results, f"resources.fused={fused}")
        assert code == OK, said
        losses.append({trial: _val_loss(row) for trial, row in rows(results).items()})
    assert items[:4] == [("train", 3), ("train", 3), ("train", 2), ("train", 2)]  # two searches, two arms' seeds
    assert {size for _, size in items[4:]} == {1}
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert len(set(losses[0].values())) == 10


def test_on_ray_too(tmp_path: Path, ray_up: Capacity) -> None:
    code, said = run(write_grid(tmp_path, ROTARY, **FUSED), tmp_path / "results")
    assert code == OK, said
    assert _replicates(tmp_path / "results") == [3] * 6
    assert {row.status.state for row in rows(tmp_path / "results").values()} == {"done"}


def test_a_budget_and_seeds_that_go_as_one_do_not_go_together(tmp_path: Path) -> None:
    grid = write_grid(tmp_path, ROTARY, budget={"trials": 4}, **FUSED)
    with pytest.raises(UserError, match=r"resources\.fused: 3: seeds .* leave the budget out"):
        run_here(grid, tmp_path / "results")


def test_the_loop_of_a_stack_is_part_of_what_makes_a_row() -> None:
    modules = code_record(entry_modules(TrialConfig.from_dict(spec_of().config)), [])["modules"]
    assert {"tinker.train.fused.loop", "tinker.train.fused.clipping", "tinker.train.fused.updates"} <= set(modules)


def test_what_fails_together_is_tried_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(together, "run_replicates", fails)
    code, said, _ = run_here(write_grid(tmp_path, {}, **FUSED), tmp_path / "results")
    assert code == OK, said
    assert _replicates(tmp_path / "results") == [1] * 3
    log = next(iter(rows(tmp_path / "results").values())).folder.log.read_text()
    assert "each trial is trained alone" in log
    assert "out of luck" in log


def test_a_lost_worker_costs_each_a_try_and_they_come_again_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tinker.schedule.events import Crashed, Started

    items, submit = _items(monkeypatch), InThread.submit

    def crash_first(self: InThread, number: int, item: WorkItem, *rest: Any) -> None:
        if len(item.specs) > 1:
            items.append((item.task, len(item.specs)))
            self._events.put(Started(number))
            self._events.put(Crashed(number, "a signal"))
        else:
            submit(self, number, item, *rest)

    monkeypatch.setattr(InThread, "submit", crash_first)
    code, said, _ = run_here(write_grid(tmp_path, {}, **FUSED), tmp_path / "results")
    assert code == OK, said
    assert items == [("train", 3), ("train", 1), ("train", 1), ("train", 1)]
    assert {row.status.attempts for row in rows(tmp_path / "results").values()} == {2}


def test_the_plan_and_the_report_say_who_is_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = _items(monkeypatch)
    grid = write_grid(tmp_path, {"experts": {"model.mlp": "moe"}}, **FUSED)
    fused = make_plan(str(grid), [], tmp_path / "results")["fused"]
    assert fused["seeds"] == 3
    assert list(fused["alone"]) == ["experts"]
    assert "nonzero" in fused["alone"]["experts"]
    code, said, _ = run_here(grid, tmp_path / "results")
    assert code == OK, said
    assert "arm experts: its seeds are trained alone: the model cannot be batched" in said
    assert _replicates(tmp_path / "results") == [1] * 3 + [3] * 3
    assert sorted(items) == [("train", 1)] * 3 + [("train", 3)]  # other workers may have them meanwhile
    made = make_report(tmp_path / "results", "g")
    [note] = [note for note in made.report.notes if "as one program" in note]
    assert "those of experts alone" in note
    [experts] = [row for row in made.analysis.comparisons if row["arm"] == "experts" and row["primary"]]
    assert experts["tokens_per_s_ratio"] is None


def test_a_part_of_a_card_for_several_cannot_be_measured_on_one(tmp_path: Path) -> None:
    grid = write_grid(tmp_path, {}, seeds=3, resources={"fused": 3, "gpus": "auto"})
    with pytest.raises(UserError, match=r"resources.fused=3"):
        make_plan(str(grid), [], tmp_path / "results")
