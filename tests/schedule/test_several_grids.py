"""Several grids in one run, on an executor that does what a test tells it."""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.train.tiny import spec_of
from tinker.errors import UserError
from tinker.grid.schema import Budget
from tinker.schedule import retry
from tinker.schedule.budget import GridPurse
from tinker.schedule.cluster import Capacity
from tinker.schedule.course import Course, GridRun, Limits, Summary, Ticket
from tinker.schedule.driver import Driver
from tinker.schedule.events import Ended, Event, Lost, Started
from tinker.schedule.executor import Executor
from tinker.schedule.job import Job, Stage
from tinker.schedule.missing import class_of, code_of
from tinker.schedule.work import Outcome, WorkItem
from tinker.spec import Seeds, TrialSpec
from tinker.store.presence import Presence
from tinker.store.store import Store
from tinker.train.result import Probes, TrialResult

OTHERS = "0" * 16  # the fingerprint of other code


def _result(code: str) -> TrialResult:
    made: dict[str, Any] = {"environment": {"git": None}, "code": {"fingerprint": code, "modules": {}}}
    return TrialResult("done", 1, {"val_loss": 1.0}, [], 1, 1, 1, 1.0, Probes([], [], ""), **made)


def _done(item: WorkItem) -> Outcome:
    spec = item.specs[0]
    return Outcome(spec.id, class_of(spec), _result(item.code[0]))


def _seeds(first: int, last: int) -> list[TrialSpec]:
    return [replace(spec_of(), seeds=Seeds(seed, seed)) for seed in range(first, last + 1)]


class Told(Executor):
    """One item ends at each poll, the oldest first. `begun` has the seed and the task of each, as it was handed over.

    Args:
        outcome: what becomes of an item.
    """

    def __init__(self, cpus: float = 1.0, outcome: Callable[[WorkItem], Outcome] = _done) -> None:
        super().__init__()
        self.capacity, self.outcome = Capacity(cpus, 0.0), outcome
        self.begun: list[tuple[int, str]] = []
        self.numbers: list[int] = []
        self.at_work: list[list[int]] = []  # the seeds that were in hand when each item came
        self.lost: list[str] = []
        self.items: list[tuple[int, WorkItem]] = []

    def begin(self) -> None:
        self.items = []

    def end(self) -> None:
        pass

    def restart(self) -> None:
        self.items = []

    def submit(self, number: int, item: WorkItem, resources: Mapping[str, float], line: str, width: int) -> None:
        self.at_work.append([other.specs[0].seeds.init for _, other in self.items])
        self.items.append((number, item))
        self.numbers.append(number)
        self.begun.append((item.specs[0].seeds.init, item.task))

    def poll(self, timeout: float) -> list[Event]:
        if self.lost:
            return [Lost(self.lost.pop())]
        if not self.items:
            return []
        number, item = self.items.pop(0)
        return [Started(number), Ended(number, (self.outcome(item),))]


class Quiet:
    """A view that keeps what is noted."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def stage(self, *event: object) -> None:
        pass

    def started(self, *event: object) -> None:
        pass

    def finished(self, *event: object) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)

    def refresh(self) -> None:
        pass


class Stages:
    """An agenda; an error among the stages is raised in its place."""

    def __init__(self, *stages: Sequence[TrialSpec] | UserError) -> None:
        self.all = stages

    def stages(self) -> Iterator[Stage]:
        for stage in self.all:
            if isinstance(stage, UserError):
                raise stage
            yield Stage("comparing", tuple(Job(spec, "base", spec.seeds.label) for spec in stage))


def _grid(results: Path, name: str, agenda: Stages, priority: int = 0, **limits: float) -> GridRun:
    asked = replace(Limits(1.0, 0.0, None, 1), **limits)  # type: ignore[arg-type]
    return GridRun(name, agenda, asked, GridPurse(Budget(), results, name), priority)


def _drive(results: Path, executor: Executor, *grids: GridRun, view: Quiet | None = None) -> dict[str, Summary]:
    with Presence(results) as presence:
        return Driver(Store(results), executor, presence, view or Quiet(), fail_fast=False).run(grids)


def _of_other_code(results: Path, spec: TrialSpec) -> None:
    plain = _result(OTHERS).as_dict()
    assert Store(results).commit(spec, class_of(spec), plain, [], plain["environment"], plain["code"])


@pytest.mark.parametrize(("held", "tasks"), [(True, ["probation"]), (False, ["probation", "train"])])
def test_a_shared_row_of_other_code_is_replayed_once_and_both_grids_end(
    tmp_path: Path, held: bool, tasks: list[str]
) -> None:
    [shared] = _seeds(1, 1)
    _of_other_code(tmp_path, shared)

    def outcome(item: WorkItem) -> Outcome:
        if item.task == "train":
            return _done(item)
        code = {"fingerprint": code_of(shared), "modules": {}}
        said = {"held": held, "how": "ends", "difference": None if held else "step 1", "code": code}
        return Outcome(shared.id, class_of(shared), probation=said)

    executor = Told(outcome=outcome)
    one, two = (_grid(tmp_path, name, Stages([shared])) for name in ("one", "two"))
    summaries = _drive(tmp_path, executor, one, two)
    assert executor.begun == [(1, task) for task in tasks]
    assert [summary.stopped for summary in summaries.values()] == [None, None]
    assert summaries["two"].ended["elsewhere"] == 1


def test_a_grid_that_fits_nowhere_is_refused_before_another_one_starts(tmp_path: Path) -> None:
    executor = Told()
    fits, never = (
        _grid(tmp_path, "fits", Stages(_seeds(1, 2)), 1),
        _grid(tmp_path, "never", Stages(_seeds(3, 3)), cpus=9),
    )
    with pytest.raises(UserError, match="resources: a trial asks for 9 CPUs"):
        _drive(tmp_path, executor, fits, never)
    assert executor.begun == []


def test_a_grid_that_cannot_go_on_leaves_the_others_alone(tmp_path: Path) -> None:
    view, broken = Quiet(), UserError("tune: no stable configuration")
    lost = _grid(tmp_path, "lost", Stages(_seeds(1, 1), broken), 1)
    summaries = _drive(tmp_path, Told(), lost, _grid(tmp_path, "other", Stages(_seeds(2, 9))), view=view)
    assert summaries["lost"].error is broken
    assert summaries["other"].ended == {"done": 8}
    assert view.notes == ["lost: tune: no stable configuration"]


def test_few_at_once_of_a_higher_priority_do_not_wait_for_many_of_a_lower_one(tmp_path: Path) -> None:
    executor = Told(cpus=4.0)
    few = _grid(tmp_path, "few", Stages(_seeds(1, 4)), 1, concurrent=1)
    _drive(tmp_path, executor, few, _grid(tmp_path, "many", Stages(_seeds(11, 40))))
    seeds = [seed for seed, _ in executor.begun]
    assert seeds.index(4) < seeds.index(30)


def test_a_trial_that_needs_a_machine_alone_gets_one_while_other_grids_have_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.0)
    tried: list[str] = []

    def outcome(item: WorkItem) -> Outcome:
        spec = item.specs[0]
        if spec.seeds.init == 1 and not tried:
            tried.append(spec.id)
            return Outcome(spec.id, class_of(spec), error="MemoryError: out of memory")
        return _done(item)

    executor = Told(4.0, outcome)
    large = _grid(tmp_path, "large", Stages(_seeds(1, 1)), 1)
    summaries = _drive(tmp_path, executor, large, _grid(tmp_path, "small", Stages(_seeds(11, 60))))
    seeds = [seed for seed, _ in executor.begun]
    again = seeds.index(1, 1)
    assert executor.at_work[again] == []
    assert again < seeds.index(60)
    assert (summaries["large"].ended, summaries["small"].ended) == ({"retry": 1, "done": 1}, {"done": 50})


def test_what_had_not_begun_when_ray_was_lost_comes_again_in_its_order(tmp_path: Path) -> None:
    executor = Told(cpus=3.0)
    executor.lost = ["a node"]
    _drive(tmp_path, executor, _grid(tmp_path, "g", Stages(_seeds(1, 6))))
    assert [seed for seed, _ in executor.begun] == [1, 2, 3, 4, 5, 6] * 2


def test_numbers_of_items_are_never_used_twice_with_one_executor(tmp_path: Path) -> None:
    executor = Told()
    for name, seed in (("one", 1), ("two", 2)):
        _drive(tmp_path, executor, _grid(tmp_path, name, Stages(_seeds(seed, seed))))
    assert len(set(executor.numbers)) == 2


def test_a_signal_is_taken_up_where_everything_is_whole(tmp_path: Path) -> None:
    seen = []

    class Interrupted(Course):
        def settle(self, ticket: Ticket, status: str) -> None:
            signal.raise_signal(signal.SIGINT)
            seen.append(self.ended)
            super().settle(ticket, status)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tinker.schedule.driver.Course", Interrupted)
        summary = _drive(tmp_path, Told(), _grid(tmp_path, "g", Stages(_seeds(1, 5))))["g"]
    assert seen == [False], "it was not stopped in the middle"
    assert (summary.stopped, summary.ended) == ("interrupted", {"done": 1})


def test_a_disk_that_answers_with_an_error_is_one_message_and_leaves_no_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Store, "begin", broken)
    with pytest.raises(UserError, match=r"the results folder cannot be used: .*Input/output error"):
        _drive(tmp_path, Told(), _grid(tmp_path, "g", Stages(_seeds(1, 2))))
    assert not list(tmp_path.rglob("lease.json"))
    assert not list(tmp_path.rglob("*.stop"))


def test_a_trial_that_failed_and_then_ended_well_counts_as_done(tmp_path: Path) -> None:
    course = Course(_grid(tmp_path, "g", Stages(_seeds(1, 2))), Store(tmp_path))
    course.advance()
    first, second = (Ticket(job, "train", course) for job in list(course.open.values()))
    for ticket, status in ((first, "failed"), (second, "failed"), (first, "done")):
        course.settle(ticket, status)
    assert course.summary.ended == {"done": 1, "failed": 1}
