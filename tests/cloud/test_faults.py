"""Orders that fail, pods that do not come up: each costs no more than it must, and something else is tried."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.cloud.flight import L4, RTX, Flight, Machine
from tinker.cloud.api.errors import BadKey, Forbidden, NoCapacity, NoFunds, Unavailable
from tinker.cloud.host import Unreachable
from tinker.cloud.lender import Placement
from tinker.errors import OK


def cards(flight: Flight) -> list[str]:
    """Of the pods that there were."""
    return [str(pod.order["gpu"]["id"]) for pod in flight.fake.pods]


def check_nothing(flight: Flight) -> None:
    """No pod was left, and no trial was made."""
    flight.check_over(trials=())


@pytest.mark.parametrize("lag", [0.0, 30.0])
@pytest.mark.parametrize("fault", ["created_but_500", "lost_answer"])
def test_a_pod_whose_order_was_not_answered_is_found_by_its_name_and_used(
    flight: Flight, fault: str, lag: float
) -> None:
    flight.fake.faults.plan(fault)
    flight.fake.faults.plan("lag", value=lag)
    assert flight.run() == OK
    assert flight.calls("POST") == 1
    flight.check_over()


def test_an_order_that_failed_without_a_pod_is_tried_again_under_another_name(flight: Flight) -> None:
    failed: list[str] = []

    def answers(request: httpx2.Request) -> httpx2.Response | None:
        if request.method == "POST" and not failed:
            failed.append(request.url.path)
            return httpx2.Response(502, json={"title": "Bad Gateway"})
        return None

    flight.answers = answers
    assert flight.run() == OK
    assert [pod.name for pod in flight.fake.pods] == [flight.name(2)]
    assert "no pod came of it" in flight.words()
    flight.check_over()


def test_a_pod_that_is_listed_late_is_not_taken_for_dead(flight: Flight) -> None:
    flight.fake.faults.plan("lag", value=50)
    assert flight.run() == OK
    assert len(flight.fake.pods) == 1
    flight.check_over()


def test_a_stray_that_appears_long_after_its_order_failed_is_deleted_and_counted(tmp_path: Path) -> None:
    with Flight(tmp_path, beats=40, look=10.0) as flight:
        flight.fake.faults.plan("created_but_500")
        flight.fake.faults.plan("lag", value=200)
        assert flight.run() == OK
        assert len(flight.fake.pods) == 2
        assert f"{flight.name(1)} is there though its order seemed to fail" in flight.words()
        stray, used = flight.fake.pods
        assert flight.fake.meter.seconds(stray.id) < flight.fake.meter.seconds(used.id)
        flight.check_over()


def test_a_stray_that_appears_while_the_fleet_is_given_back_goes_with_it(tmp_path: Path) -> None:
    with Flight(tmp_path, beats=8, look=10.0) as flight:
        flight.fake.faults.plan("created_but_500")
        flight.fake.faults.plan("lag", value=1e6)
        late = flight.fake.pods

        def found_out(machine: object) -> None:
            late.extend(flight.fake.pods)
            late[0].seen = flight.clock.now()

        flight.on["all_home"] = [found_out]
        assert flight.run() == OK
        assert len(flight.fake.pods) == 2
        flight.check_over()


def test_a_card_without_capacity_is_followed_by_the_next_candidate(flight: Flight) -> None:
    flight.fake.faults.plan("no_capacity", None, card=L4.card)
    assert flight.run() == OK
    assert cards(flight) == [RTX.card]
    assert "no NVIDIA L4 to be had in EU-RO-1" in flight.words()
    flight.check_over()


def test_without_the_second_of_two_pods_the_first_is_given_back_before_another_place_is_tried(pair: Flight) -> None:
    pair.ordering = lambda number: pair.fake.faults.plan("no_capacity") if number == 2 else None
    alive: list[int] = []
    noted = pair.ordering

    def ordering(number: int) -> None:
        noted(number)
        alive.append(len(pair.fake.living))

    pair.ordering = ordering
    assert pair.run() == OK
    assert cards(pair) == [L4.card, RTX.card, RTX.card]
    assert alive == [0, 1, 0, 1]
    pair.check_over()


@pytest.mark.parametrize("fault", ["no_capacity", "forbidden"])
def test_where_nothing_can_be_had_at_all_that_is_said_and_nothing_is_paid(flight: Flight, fault: str) -> None:
    flight.fake.faults.plan(fault, None)
    with pytest.raises(NoCapacity if fault == "no_capacity" else Forbidden):
        flight.run()
    assert flight.calls("POST") == 2
    assert flight.fake.meter.total() == 0
    check_nothing(flight)


def test_a_card_that_the_key_may_not_rent_is_skipped(flight: Flight) -> None:
    flight.fake.faults.plan("forbidden", card=L4.card)
    assert flight.run() == OK
    assert cards(flight) == [RTX.card]
    flight.check_over()


def test_without_money_no_other_candidate_is_tried(flight: Flight) -> None:
    flight.fake.faults.plan("no_funds", None)
    with pytest.raises(NoFunds, match="the account needs money"):
        flight.run()
    assert flight.calls("POST") == 1
    check_nothing(flight)


def test_money_that_ends_with_the_second_pod_gives_the_first_one_back(pair: Flight) -> None:
    pair.ordering = lambda number: pair.fake.faults.plan("no_funds", None) if number == 2 else None
    with pytest.raises(NoFunds):
        pair.run()
    assert pair.calls("POST") == 2
    check_nothing(pair)


def test_a_key_that_is_none_is_said_with_what_to_do(flight: Flight) -> None:
    flight.renting.api = flight.client("rpa_wrong")
    with pytest.raises(BadKey, match="check RUNPOD_API_KEY"):
        flight.renting.rent([L4], 1)
    assert flight.calls("POST") == 0


def test_a_pod_dearer_than_offered_is_given_back_at_once_and_the_next_candidate_is_tried(tmp_path: Path) -> None:
    cheap = Placement(L4.card, 0.30, L4.data_centers)
    with Flight(tmp_path, market=lambda: (cheap, RTX)) as flight:
        assert flight.run() == OK
        assert cards(flight) == [L4.card, RTX.card]
        assert flight.fake.meter.seconds(flight.fake.pods[0].id) <= 1
        assert "costs $0.43 an hour, not the $0.30 offered" in flight.words()
        flight.check_over()


def test_a_pod_that_never_gets_ready_is_given_back_at_the_limit_and_is_paid_for(flight: Flight) -> None:
    flight.fake.faults.plan("never_ready")
    assert flight.run() == OK
    assert cards(flight) == [L4.card, RTX.card]
    bad = flight.fake.pods[0]
    assert 300 <= flight.fake.meter.seconds(bad.id) <= 311
    assert f"{bad.name} did not come up within 5 minutes" in flight.words()
    flight.check_over()


def test_a_pod_that_runs_but_does_not_answer_is_given_back_at_the_limit(flight: Flight) -> None:

    def facts(machine: Machine) -> None:
        if machine.pod == flight.name(1):
            raise Unreachable("no route")

    flight.on["facts"] = [facts]
    assert flight.run() == OK
    assert cards(flight) == [L4.card, RTX.card]
    flight.check_over()


def test_a_pod_that_dies_while_it_boots_is_given_back_at_once(flight: Flight) -> None:
    flight.fake.faults.plan("dies", value=30)
    assert flight.run() == OK
    assert cards(flight) == [L4.card, RTX.card]
    bad = flight.fake.pods[0]
    assert flight.fake.meter.seconds(bad.id) < 60
    assert f"{bad.name} ended while it booted (EXITED)" in flight.words()
    flight.check_over()


def test_of_two_pods_the_one_that_does_not_come_up_is_ordered_again_beside_the_other(pair: Flight) -> None:
    pair.ordering = lambda number: pair.fake.faults.plan("never_ready") if number == 2 else None
    assert pair.run() == OK
    assert cards(pair) == [L4.card] * 3
    pair.check_over()


def test_where_no_pod_comes_up_that_is_said(flight: Flight) -> None:
    flight.fake.faults.plan("never_ready", None)
    with pytest.raises(NoCapacity, match="no pod came up on any of 2 offers; nothing of them is left"):
        flight.run()
    check_nothing(flight)
    assert flight.fake.meter.total() > 0


def test_too_many_calls_are_waited_out(flight: Flight) -> None:
    began = flight.clock.now()
    flight.ordering = lambda number: flight.fake.faults.plan("too_many", 10, value=12)
    flight.on["submit"] = [lambda machine: flight.fake.faults.plan("too_many", 10, value=12)]
    assert flight.run() == OK
    assert flight.calls("POST") == 1 + 10
    assert len(flight.fake.pods) == 1
    assert flight.clock.now() - began > 240
    flight.check_over()


def test_too_many_calls_without_end_are_an_error_and_leave_nothing(flight: Flight) -> None:
    flight.ordering = lambda number: flight.fake.faults.plan("too_many", 15, value=12)
    with pytest.raises(Unavailable, match="too many calls"):
        flight.run()
    check_nothing(flight)


def test_a_list_that_cannot_be_had_while_a_pod_boots_is_asked_for_again(flight: Flight) -> None:
    silent = {"left": 6}

    def answers(request: httpx2.Request) -> httpx2.Response | None:
        if request.method == "GET" and flight.fake.living and silent["left"]:
            silent["left"] -= 1
            return httpx2.Response(503)
        return None

    flight.answers = answers
    assert flight.run() == OK
    assert len(flight.fake.pods) == 1
    flight.check_over()
