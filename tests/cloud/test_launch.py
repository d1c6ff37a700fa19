"""Whatever ends a launch, everything is given back, and the exit code says how it went."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from tests.cloud.flight import Flight, Machine
from tests.cloud.light import TRIALS
from tinker.cloud.ledger import Ledger
from tinker.cloud.reap import look, reap, release, settle
from tinker.errors import FAILED, INTERRUPTED, OK, UserError


def at_trial(flight: Flight, number: int, does: Any) -> None:
    """Does that once with the first sign of life after so many trials are at home."""
    done: list[Machine] = []

    def happens(machine: Machine) -> None:
        if len(flight.trials()) >= number and not done:
            done.append(machine)
            does(machine)

    flight.on["beat"] = [happens]


def pressed(flight: Flight) -> None:
    """Ctrl-C, as the terminal tells it."""
    os.kill(os.getpid(), signal.SIGINT)


def test_a_quiet_life_orders_once_runs_brings_home_and_gives_back(flight: Flight) -> None:
    assert flight.run() == OK
    name = flight.name(1)
    steps = [step for step in flight.asked if step[0] in ("unpack", "install", "start_ray", "submit", "all_home")]
    assert steps == [(what, name) for what in ("unpack", "install", "start_ray", "submit", "all_home")]
    kinds = [line.split('"')[3] for line in flight.ledger.path.read_text().splitlines()]
    assert kinds == (
        ["fleet", "intent", "created", "ready", "submitted", "ended", "deleting", "deleted", "billed", "closed"]
    )
    assert flight.words().endswith(f"has cost ${flight.fake.meter.total():.2f}")
    flight.check_over()


@pytest.mark.parametrize("code", [1, 3])
def test_the_exit_code_is_the_runs_own(flight: Flight, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinker.cloud.host import Signs

    monkeypatch.setattr(Machine, "beat", lambda machine: Signs("ended", code))
    assert flight.run() == code
    flight.check_over(trials=())


# --- what is asked for meanwhile -------------------------------------------------------------------------------------


def test_ctrl_c_saves_brings_home_and_gives_back(flight: Flight) -> None:
    at_trial(flight, 2, lambda machine: pressed(flight))
    assert flight.run() == INTERRUPTED
    assert flight.did("stop") == [flight.name(1)]
    assert flight.did("all_home") == [flight.name(1)]
    flight.check_over(trials=TRIALS[:3])


def test_a_second_ctrl_c_does_not_wait_for_the_run_and_gives_back_all_the_same(
    flight: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Machine, "stop", lambda machine: pressed(flight))
    at_trial(flight, 1, lambda machine: pressed(flight))
    flight.beats = 4
    began: list[float] = []
    flight.on["stop"] = [lambda machine: began.append(flight.clock.now())]
    assert flight.run() == INTERRUPTED
    assert flight.launch.asked.stops == 2
    flight.check_over(trials=flight.trials())


def test_a_run_that_does_not_stop_is_waited_for_no_longer_than_it_may_take(
    flight: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    flight.beats = 30
    monkeypatch.setattr(Machine, "stop", lambda machine: asked.append(flight.clock.now()))
    at_trial(flight, 0, lambda machine: pressed(flight))
    assert flight.run() == INTERRUPTED
    assert 60 <= flight.clock.now() - asked[0] < 90
    flight.check_over(trials=flight.trials())


@pytest.mark.parametrize("when", ["boot", "installation"])
def test_ctrl_c_before_the_run_gives_back_at_once(flight: Flight, when: str) -> None:
    if when == "boot":
        flight.sleeping = lambda: pressed(flight) if flight.fake.living and not flight.launch.asked.stops else None
    else:
        flight.on["install"] = [lambda machine: pressed(flight)]
    assert flight.run() == INTERRUPTED
    assert flight.did("submit") == []
    assert flight.fake.meter.total() > 0
    flight.check_over(trials=())


def test_a_closed_terminal_leaves_the_run_and_another_launcher_goes_on_with_it(flight: Flight) -> None:
    at_trial(flight, 1, lambda machine: os.kill(os.getpid(), signal.SIGHUP))
    assert flight.run() == OK
    assert flight.calls("DELETE", "/v2/pods/") == 0
    assert [pod.name for pod in flight.fake.living] == [flight.name(1)]
    assert flight.ledger.account.detached
    assert flight.did("close") == [flight.name(1)]
    flight.launch.asked.left = False
    assert flight.launch.go_on(flight.launch.crew.members, [], head_lost=False) == OK
    assert flight.did("submit") == [flight.name(1)]
    flight.check_over()


def test_a_launch_may_leave_once_the_run_has_begun(flight: Flight) -> None:
    assert flight.run(detach=True) == OK
    assert len(flight.fake.living) == 1
    assert flight.did("submit") == [flight.name(1)]
    assert Ledger(flight.ledger.path).account.detached


def test_a_detached_fleet_without_any_pod_left_can_be_taken_down(flight: Flight) -> None:
    flight.run(detach=True)
    flight.clock.advance(1e5)  # it has given itself back by its deadline
    assert flight.fake.living == []
    flight.launch.asked.stops = 1
    with pytest.raises(UserError, match=r"every pod of .* is gone; what had come home is kept"):
        flight.launch.go_on([], [flight.name(1)], head_lost=True)
    assert flight.ledger.account.closed


# --- what fails ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["facts", "install", "start_ray", "submit", "beat", "fetch", "all_home"])
def test_a_mistake_of_ours_anywhere_gives_everything_back_and_is_raised(flight: Flight, where: str) -> None:
    def wrong(machine: Machine) -> None:
        raise KeyError("a mistake of ours")

    flight.on[where] = [wrong]
    with pytest.raises(KeyError, match="a mistake of ours"):
        flight.run()
    flight.check_over(trials=flight.trials())


def test_a_connection_that_cannot_be_closed_keeps_no_pod(flight: Flight, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(machine: Machine) -> None:
        raise OSError("broken pipe")

    monkeypatch.setattr(Machine, "close", close)
    with pytest.raises(OSError, match="broken pipe"):
        flight.run()
    assert flight.fake.living == []


def test_results_that_never_come_home_are_an_error_of_the_run(flight: Flight) -> None:
    from tinker.cloud.host import Unreachable

    def away(machine: Machine) -> None:
        raise Unreachable("no route")

    flight.on["fetch"] = [away]
    assert flight.run() == FAILED
    assert "the last results could not be fetched; what had come home before is kept" in flight.words()
    assert flight.did("all_home") == []
    flight.check_over(trials=())


@pytest.mark.parametrize("full", ["created", "ready", "submitted", "ended", "deleting", "deleted", "billed", "closed"])
def test_a_full_disk_at_home_keeps_no_pod(flight: Flight, full: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Ledger.write
    met: list[str] = []

    def failing(ledger: Ledger, kind: Any, **facts: Any) -> None:
        if kind == full:
            met.append(kind)
        if met:
            raise UserError(f"{ledger.path}: No space left on device", exit_code=FAILED)
        write(ledger, kind, **facts)

    monkeypatch.setattr(Ledger, "write", failing)
    if full in ("created", "ready", "submitted", "ended"):
        with pytest.raises(UserError, match="No space left"):
            flight.run()
    else:
        assert flight.run() == OK
    assert met
    assert flight.fake.living == []
    assert "No space left" in flight.words()
    monkeypatch.undo()
    flight.fleet_folder.let_go()
    settle(flight.api, flight.state)
    assert Ledger(flight.ledger.path).account.open == []


# --- pods that will not go -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 4, 12])
def test_a_deletion_that_fails_for_a_while_is_tried_until_it_works(flight: Flight, times: int) -> None:
    flight.fake.faults.plan("delete_fails", times)
    flight.fake.faults.plan("terminate_fails", times)
    assert flight.run() == OK
    assert "WARNING" not in flight.words()
    flight.check_over()


def test_where_delete_never_works_the_other_way_is_taken(flight: Flight) -> None:
    flight.fake.faults.plan("delete_fails", None)
    assert flight.run() == OK
    assert "WARNING" not in flight.words()
    flight.check_over()


def test_a_pod_that_cannot_be_deleted_is_said_loudly_and_is_for_the_reaper(flight: Flight) -> None:
    flight.fake.faults.plan("delete_fails", None)
    flight.fake.faults.plan("terminate_fails", None)
    assert flight.run() == FAILED
    (pod,) = flight.fake.living
    (warning,) = [line for line in flight.said if line.startswith("WARNING")]
    for word in (pod.name, pod.id, "$0.43 an hour", "`tinker cloud reap`", "https://console.runpod.io/pods"):
        assert word in warning
    assert not flight.ledger.account.closed
    assert flight.trials() == sorted(TRIALS)
    flight.fake.faults.clear("delete_fails")
    flight.fake.faults.clear("terminate_fails")
    flight.fleet_folder.let_go()
    found = look(flight.api, flight.state)
    assert [each.standing for each in found] == ["orphan"]
    assert reap(flight.api, found, flight.said.append) == []
    release(found)
    settle(flight.api, flight.state)
    flight.ledger.account = Ledger(flight.ledger.path).account
    flight.launch.ledger.account.closed = True
    flight.check_over()
