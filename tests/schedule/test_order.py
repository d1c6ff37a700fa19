"""The order in which trials start: seed blocks kept, long trials first, equal ones in an order that is drawn."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.schedule.conftest import write_grid
from tinker.grid.expand import Plan, expand
from tinker.grid.load import load_grid
from tinker.schedule.agenda import GridAgenda
from tinker.schedule.grid_file import write_grid_file
from tinker.schedule.job import Job
from tinker.schedule.missing import class_of
from tinker.schedule.order import Order, in_order, settled_order
from tinker.schedule.timing import Timing, write_timing
from tinker.store.store import Store
from tinker.tables.grid_shape import checked

ARMS = {"linear": {"model.attention": "linear"}, "rotary": {"model.position": "rotary"}}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Three arms of small trials, eight seeds."""
    return expand(load_grid(write_grid(tmp_path_factory.mktemp("order"), ARMS, seeds=8)))


def _jobs(plan: Plan) -> list[Job]:
    return [Job(cell.spec, cell.arm, cell.seeds.label) for cell in plan.cells]


def _blocks(jobs: list[Job]) -> list[list[str]]:
    return [[job.arm for job in jobs[start : start + 3]] for start in range(0, len(jobs), 3)]


def test_seed_blocks_are_kept_and_long_trials_come_first(plan: Plan) -> None:
    jobs = in_order(_jobs(plan), {"base": 1.0, "linear": 9.0, "rotary": 3.0}, "g")
    assert [job.seed for job in jobs] == [job.seed for job in _jobs(plan)]
    assert _blocks(jobs) == [["linear", "rotary", "base"]] * 8


def test_arms_of_about_equal_weight_have_another_order_in_each_block(plan: Plan) -> None:
    jobs = in_order(_jobs(plan), {"base": 95.0, "linear": 100.0, "rotary": 10.0}, "g")
    assert {block[2] for block in _blocks(jobs)} == {"rotary"}
    assert {block[0] for block in _blocks(jobs)} == {"base", "linear"}


def test_no_arm_has_a_place_of_its_own_when_all_weigh_the_same(plan: Plan) -> None:
    firsts = Counter(in_order(_jobs(plan)[:3], dict.fromkeys(("base", *ARMS), 1.0), f"g{i}")[0].arm for i in range(600))
    assert all(150 < firsts[arm] < 250 for arm in ("base", *ARMS)), firsts


def test_the_order_is_a_function_of_the_name_and_the_block_alone(plan: Plan) -> None:
    weights = dict.fromkeys(("base", *ARMS), 1.0)
    jobs = in_order(_jobs(plan), weights, "g")
    shuffled = list(zip(*[iter(_jobs(plan))] * 3, strict=True))
    mixed = [job for block in shuffled for job in random.Random(1).sample(block, 3)]
    assert in_order(mixed, weights, "g") == jobs
    # A second driver that has only half of the trials left to do starts them in the same order.
    assert in_order(_jobs(plan)[12:], weights, "g") == jobs[12:]
    assert in_order(_jobs(plan), weights, "h") != jobs


def test_weights_are_grouped_from_the_heaviest_on() -> None:
    order = Order.of("g", {"a": 100.0, "b": 91.0, "c": 89.0, "d": 81.0, "e": 79.0}, "seconds")
    assert order.arms == (("a", "b"), ("c", "d"), ("e",))
    assert Order.from_dict(json.loads(json.dumps(order.as_dict()))) == order


def _declared(plan: Plan, results: Path) -> Store:
    write_grid_file(plan, results, [], class_of(plan.cells[0].spec))
    return Store(results)


def _timed(plan: Plan, store: Store, seconds: dict[str, float]) -> None:
    """A pilot for each arm."""
    for cell in plan.blocks[0]:
        timing = Timing(2, seconds[cell.arm], 0.0, 0.0, 0, None, None)
        write_timing(store.folder(cell.spec, class_of(cell.spec)), timing)


def test_the_order_is_written_into_the_grid_and_stands_there(plan: Plan, tmp_path: Path) -> None:
    store = _declared(plan, tmp_path)
    stage = next(GridAgenda(plan, store).stages())
    document = checked(json.loads((tmp_path / "g" / "grid.json").read_text()), "g")
    order = Order.from_dict(document["order"])
    assert order.weighed_by == "FLOPs"
    assert stage.jobs == tuple(order.sort(_jobs(plan)))
    _declared(plan, tmp_path)  # the next run, which knows more
    _timed(plan, store, {"base": 1.0, "linear": 5.0, "rotary": 9.0})
    assert settled_order(plan, store) == order


def test_seconds_decide_where_every_arm_was_timed(plan: Plan, tmp_path: Path) -> None:
    store = _declared(plan, tmp_path)
    _timed(plan, store, {"base": 1.0, "linear": 5.0, "rotary": 9.0})
    order = settled_order(plan, store)
    assert (order.weighed_by, order.arms) == ("seconds", (("rotary",), ("linear",), ("base",)))


def test_a_grid_with_other_arms_gets_an_order_of_its_own(plan: Plan, tmp_path: Path) -> None:
    store = _declared(plan, tmp_path / "results")
    settled_order(plan, store)
    fewer = expand(load_grid(write_grid(tmp_path, {"rotary": ARMS["rotary"]})))
    _declared(fewer, tmp_path / "results")
    order = settled_order(fewer, store)
    assert {arm for group in order.arms for arm in group} == {"base", "rotary"}
