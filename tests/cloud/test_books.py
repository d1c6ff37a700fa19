"""A deletion is over when the pod is gone, and counted for as long as it was there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.cloud.flight import L4, Flight
from tinker.cloud.ledger import Ledger
from tinker.errors import FAILED, UserError


def test_a_new_pod_that_a_deletion_does_not_find_yet_is_deleted_once_it_shows(flight: Flight) -> None:
    flight.fake.faults.plan("lag", value=30)
    flight.renting._ordered(L4, 0)
    assert flight.renting.give_back([flight.name(1)])
    assert flight.fake.living == []
    assert flight.fake.meter.total() > 0
    flight.check_cents()


def test_a_pod_that_ended_while_this_computer_slept_is_counted_to_its_deadline(flight: Flight) -> None:
    flight.renting._ordered(L4, 0)
    flight.clock.advance(10 * 3600)
    assert flight.fake.living == []
    assert flight.renting.give_back([flight.name(1)])
    flight.check_cents()
    assert flight.ledger.account.usd(flight.clock.now()) <= flight.fleet.max_usd


def test_a_full_disk_keeps_a_pod_whose_order_was_not_answered_from_nothing(
    flight: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Ledger.write

    def full(ledger: Ledger, kind: Any, **facts: Any) -> None:
        if kind not in ("fleet", "intent"):
            raise UserError("ledger.jsonl: No space left on device", exit_code=FAILED)
        write(ledger, kind, **facts)

    monkeypatch.setattr(Ledger, "write", full)
    flight.fake.faults.plan("lost_answer")
    with pytest.raises(UserError, match="No space left"):
        flight.run()
    assert flight.fake.living == []


def test_whatever_goes_wrong_with_one_pod_the_others_are_deleted(pair: Flight, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.renting._ordered(L4, 1)
    pair.renting._ordered(L4, 0)
    delete, wrong = pair.api.delete_pod, pair.fake.pods[0].id

    def odd(id: str) -> bool:
        if id == wrong:
            raise RuntimeError("a mistake")
        return delete(id)

    monkeypatch.setattr(pair.api, "delete_pod", odd)
    assert not pair.renting.give_back([pair.name(1), pair.name(2)])
    assert [pod.id for pod in pair.fake.living] == [wrong]
    assert f"WARNING: {pair.name(1)}" in pair.words()


def test_a_pod_that_one_list_lacks_is_not_taken_for_dead(flight: Flight) -> None:
    lacking: Iterator[bool] = iter([True, True, True])

    def answers(request: httpx2.Request) -> httpx2.Response | None:
        if flight.did("submit") and request.url.path == "/v2/pods" and next(lacking, False):
            return httpx2.Response(200, json={"pods": []}, headers={"Date": "Mon, 23 Nov 2026 01:00:00 GMT"})
        return None

    flight.answers = answers
    assert flight.run() == 0
    assert len(flight.fake.pods) == 1
    flight.check_over()
