"""What thousands of trials would make dear: counted on some of them."""

from __future__ import annotations

import gc
import weakref
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.train.tiny import plugin, spec_of
from tinker.grid.schema import Budget
from tinker.schedule import missing
from tinker.schedule.budget import GridPurse
from tinker.schedule.cluster import Capacity
from tinker.schedule.course import Course, GridRun, Limits
from tinker.schedule.driver import Driver
from tinker.schedule.events import Ended, Event, Started
from tinker.schedule.executor import Executor
from tinker.schedule.job import Job, Stage
from tinker.schedule.missing import class_of, code_of, sort_out
from tinker.schedule.work import Outcome, Task, WorkItem
from tinker.spec import Seeds, TrialSpec
from tinker.store.presence import Presence
from tinker.store.store import Store
from tinker.train.result import Probes, TrialResult


def _seeds(spec: TrialSpec, count: int) -> list[TrialSpec]:
    return [replace(spec, seeds=Seeds(seed, seed)) for seed in range(1, count + 1)]


def _result(code: str) -> TrialResult:
    made = {"environment": {"git": None}, "code": {"fingerprint": code, "modules": {}}}
    return TrialResult("done", 1, {"val_loss": 1.0}, [], 1, 1, 1, 1.0, Probes([], [], ""), **made)


def _finish(store: Store, specs: Collection[TrialSpec]) -> None:
    for spec in specs:
        plain = _result(code_of(spec)).as_dict()
        assert store.commit(spec, class_of(spec), plain, [], plain["environment"], plain["code"])


class Jobs:
    """An agenda of one stage."""

    def __init__(self, specs: Collection[TrialSpec]) -> None:
        self.jobs = tuple(Job(spec, "base", spec.seeds.label) for spec in specs)

    def stages(self) -> Iterator[Stage]:
        yield Stage("comparing", self.jobs)

    def run(self, results: Path) -> GridRun:
        """With a worker at a time and no budget."""
        return GridRun("g", self, Limits(1.0, 0.0, None, 0), GridPurse(Budget(), results, "g"))


class AtOnce(Executor):
    """Every item is done as soon as it comes. `made` has what was said of each, as long as somebody keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.capacity = Capacity(1.0, 0.0)
        self.most = 0
        self.made: list[weakref.ref[Outcome]] = []
        self._items: deque[tuple[int, WorkItem]] = deque()

    def begin(self) -> None:
        pass

    def end(self) -> None:
        pass

    def submit(self, number: int, item: WorkItem, resources: Mapping[str, float], line: str, width: int) -> None:
        self._items.append((number, item))
        self.most = max(self.most, len(self._items))

    def poll(self, timeout: float) -> list[Event]:
        number, item = self._items.popleft()
        spec = item.specs[0]
        outcome = Outcome(spec.id, class_of(spec), _result(item.code[0]))
        self.made.append(weakref.ref(outcome))
        return [Started(number), Ended(number, (outcome,))]


class Unseen:
    """A view that nobody looks at."""

    def stage(self, grid: str, stage: Stage, done: Collection[str]) -> None:
        pass

    def started(self, job: Job, task: Task) -> None:
        pass

    def finished(self, job: Job, status: str, note: str) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def refresh(self) -> None:
        pass


def test_what_files_say_of_an_arm_is_asked_once_for_all_its_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [spec for arm in (spec_of(), spec_of("optimizer.lr=0.5")) for spec in _seeds(arm, 10)]
    store, asked = Store(tmp_path), []
    _finish(store, specs)
    monkeypatch.setattr(missing, "code_of", lambda spec: asked.append(spec.config_json) or code_of(spec))
    assert len(sort_out(specs, store).done) == 20
    assert len(asked) == len(set(asked)) == 2


def test_an_edited_plugin_is_seen_at_the_next_question(tmp_path: Path) -> None:
    file = plugin(tmp_path, "ours", "STRENGTH = 1\n")
    store, specs = Store(tmp_path / "results"), _seeds(spec_of(f"plugins=[{file}]"), 3)
    _finish(store, specs)
    assert sort_out(specs, store).done == specs
    file.write_text("STRENGTH = 2\n")
    assert sort_out(specs, store).probation == specs


def test_taking_every_trial_looks_at_each_once(tmp_path: Path) -> None:
    class Counting(set[str]):
        looks = 0

        def __contains__(self, trial: object) -> bool:
            self.looks += 1
            return super().__contains__(trial)

    course = Course(Jobs(_seeds(spec_of(), 200)).run(tmp_path), Store(tmp_path))
    course.advance()
    busy = Counting()
    while course.take(busy, idle=True):
        pass
    assert busy.looks == 200


def test_a_driver_keeps_nothing_of_trials_that_have_ended(tmp_path: Path) -> None:
    executor, presence = AtOnce(), Presence(tmp_path)
    with presence:
        driver = Driver(Store(tmp_path), executor, presence, Unseen(), fail_fast=False)
        summary = driver.run([Jobs(_seeds(spec_of(), 10)).run(tmp_path)])["g"]
    assert summary.ended == {"done": 10}
    assert executor.most == 2
    gc.collect()
    assert [made() for made in executor.made] == [None] * 10
    assert (driver.hands.handed, driver.courses[0].open, driver.courses[0].waiting) == ({}, {}, [])
