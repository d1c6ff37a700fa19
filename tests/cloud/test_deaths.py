"""Machines that die or do not fit while a fleet is at work: replaced, done without, or begun anew from what is home."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from tests.cloud.flight import Flight, Machine
from tests.cloud.light import TRIALS
from tinker.cloud.host import Facts, Signs, Unreachable
from tinker.errors import FAILED, OK, UserError
from tinker.grid.fleet import Fleet


def once(flight: Flight, what: str, number: int, pod: int) -> None:
    """With the call of that number something asks of the machines, that pod dies."""
    seen: list[Machine] = []

    def happens(machine: Machine) -> None:
        seen.append(machine)
        if len(seen) == number:
            flight.die(flight.name(pod))

    flight.on[what] = [happens]


def trained(flight: Flight) -> list[str]:
    """Every trial that a machine has done, in order."""
    return (flight.folder / "machines" / "trained").read_text().split()


def test_a_worker_that_dies_is_replaced_beside_the_head_and_the_run_goes_on(pair: Flight) -> None:
    once(pair, "beat", 7, pod=2)
    assert pair.run() == OK
    assert [pod.name for pod in pair.fake.pods] == [pair.name(1), pair.name(2), pair.name(3)]
    assert pair.did("submit") == [pair.name(1)]
    assert pair.did("unpack").count(pair.name(1)) == 1
    assert f"{pair.name(2)} died" in pair.words()
    assert trained(pair) == list(TRIALS)
    pair.check_over()


@pytest.mark.parametrize("fault", ["no_capacity", "forbidden", "no_funds", "never_ready"])
def test_without_a_replacement_the_run_goes_on_with_the_others(pair: Flight, fault: str) -> None:
    once(pair, "beat", 7, pod=2)
    pair.on["submit"] = [lambda machine: pair.fake.faults.plan(fault, None)]
    assert pair.run() == OK
    assert "going on with 1" in pair.words()
    assert pair.did("submit") == [pair.name(1)]
    pair.check_over()


def test_a_replacement_that_the_cap_does_not_pay_for_is_done_without(tmp_path: Path) -> None:
    with Flight(tmp_path, pods=2, beats=8, look=10.0, fleet=Fleet(max_usd=0.17)) as flight:
        once(flight, "beat", 30, pod=2)
        assert flight.run() == OK
        assert len(flight.fake.pods) == 2
        assert "fleet.max_usd 0.17" in flight.words()
        assert "going on with 1" in flight.words()
        flight.check_over()


def test_of_two_replacements_that_are_not_both_to_be_had_neither_is_left_over(tmp_path: Path) -> None:
    with Flight(tmp_path, pods=3, beats=8) as flight:
        once(flight, "beat", 7, pod=2)
        alive = flight.name(3)
        both = [lambda machine: flight.die(alive) if flight.lives(alive) and not flight.lives(flight.name(2)) else None]
        flight.on["beat"] += both
        flight.ordering = lambda number: flight.fake.faults.plan("no_funds", None) if number > 4 else None
        assert flight.run() == OK
        assert len(flight.ledger.account.pods) == 5
        assert len(flight.fake.pods) == 4
        assert flight.fake.meter.seconds(flight.fake.pods[3].id) < 5
        flight.check_over()


@pytest.mark.parametrize("pods", [1, 2])
def test_without_its_head_the_run_begins_anew_with_what_is_home(tmp_path: Path, pods: int) -> None:
    with Flight(tmp_path, pods=pods, beats=3) as flight:

        def die(machine: Machine) -> None:
            if len(flight.trials()) == 2 and machine.pod == flight.name(1) and flight.lives(machine.pod):
                flight.die(machine.pod)

        flight.on["beat"] = [die]
        assert flight.run() == OK
        assert len(flight.fake.pods) == pods + 1
        first, second = flight.did("submit")
        assert first == flight.name(1)
        assert second != first
        assert len(trained(flight)) <= len(TRIALS) + 1  # what was not home yet is done again, and nothing else
        assert flight.ledger.account.submissions == 2
        flight.check_over()


def test_a_head_that_does_not_answer_while_a_worker_is_replaced_does_not_lose_the_run(pair: Flight) -> None:
    """It is gone for good: whoever is the head then gets the run, and what is home."""
    once(pair, "beat", 7, pod=2)

    def die(machine: Machine) -> None:
        if machine.pod == pair.name(3) and pair.lives(pair.name(1)):
            pair.die(pair.name(1))

    pair.on["install"] = [die]
    assert pair.run() == OK
    assert pair.did("submit")[0] == pair.name(1)
    assert len(pair.did("submit")) == 2
    assert len(trained(pair)) <= len(TRIALS) + 1
    pair.check_over()


def test_a_fleet_whose_pods_die_again_and_again_gives_up_and_leaves_nothing(flight: Flight) -> None:
    flight.on["submit"] = [lambda machine: flight.die(machine.pod)]
    with pytest.raises(UserError, match=r"the fleet did not come to work: .* nothing of it is left"):
        flight.run()
    assert len(flight.fake.pods) <= 6
    flight.check_over(trials=())


def test_a_refused_pod_key_is_said_at_the_start_and_once_while_it_runs(
    flight: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, beat = Machine.facts, Machine.beat

    def may_not(machine: Machine) -> Facts:
        return replace(facts(machine), can_delete=False)

    def refused(machine: Machine) -> Signs:
        signs = beat(machine)
        return Signs(signs.job, signs.code, refused="403 access denied")

    monkeypatch.setattr(Machine, "facts", may_not)
    monkeypatch.setattr(Machine, "beat", refused)
    assert flight.run() == OK
    assert flight.words().count(f"RunPod refuses {flight.name(1)} the right to delete itself") == 1
    assert flight.words().count("cannot delete itself (403 access denied); `tinker cloud reap` can") == 1
    flight.check_over()


@pytest.mark.parametrize("dead", [1, 2])
def test_a_pod_whose_private_network_is_dead_is_replaced(pair: Flight, dead: int) -> None:
    pair.ordering = lambda number: pair.fake.faults.plan("dead_network") if number == dead else None
    assert pair.run() == OK
    assert pair.ledger.account.pods[pair.name(dead)].open is False
    assert pair.name(dead) not in pair.did("start_ray")
    assert len(pair.fake.pods) <= 4
    pair.check_over()


@pytest.mark.parametrize(("late", "pods"), [(100.0, 2), (1e6, 3)])
def test_a_late_private_address_is_waited_for_but_not_for_ever(pair: Flight, late: float, pods: int) -> None:
    pair.fake.faults.plan("late_address", value=late)
    assert pair.run() == OK
    assert len(pair.fake.pods) == pods
    pair.check_over()


def test_a_list_that_fails_while_a_run_is_watched_stops_nothing(tmp_path: Path) -> None:
    with Flight(tmp_path, beats=5, look=10.0) as flight:
        silent: list[str] = []

        def answers(request: httpx2.Request) -> httpx2.Response | None:
            if flight.did("submit") and request.method == "GET" and len(silent) < 30:
                silent.append(request.url.path)
                return httpx2.Response(503)
            return None

        flight.answers = answers
        assert flight.run() == OK
        assert len(silent) == 30
        assert "RunPod does not answer" in flight.words()
        assert len(flight.fake.pods) == 1
        flight.check_over()


def test_a_head_out_of_reach_for_a_while_is_kept_and_said_once(tmp_path: Path) -> None:
    with Flight(tmp_path, beats=3, look=10.0) as flight:
        beats: list[Machine] = []

        def away(machine: Machine) -> None:
            beats.append(machine)
            if 4 <= len(beats) < 14:
                raise Unreachable("no route to host")

        flight.on["beat"] = [away]
        assert flight.run() == OK
        assert flight.words().count("no contact with the head (no route to host)") == 1
        assert flight.words().count("the head answers again") == 1
        assert len(flight.fake.pods) == 1
        flight.check_over()


def test_a_head_that_never_answers_again_costs_no_more_than_the_cap(tmp_path: Path) -> None:
    with Flight(tmp_path, beats=3, look=30.0) as flight:

        def away(machine: Machine) -> None:
            if flight.trials():
                raise Unreachable("no route to host")

        for what in ("beat", "fetch", "stop", "all_home"):
            flight.on[what] = [away]
        assert flight.run() == FAILED
        assert "the last results could not be fetched" in flight.words()
        flight.check_over(trials=flight.trials())
        assert flight.trials()
