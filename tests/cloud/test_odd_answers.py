"""While a run is watched, no odd answer and no full disk costs a result; and its words are printed once."""

from __future__ import annotations

import os
import signal
from email.utils import formatdate

import httpx2
import pytest

from tests.cloud.flight import Flight, Machine
from tests.cloud.light import TRIALS
from tinker.cloud.api.errors import Unavailable
from tinker.cloud.host import Say, Signs, Unreachable
from tinker.errors import FAILED, INTERRUPTED, OK, UserError


def trained(flight: Flight) -> list[str]:
    """The trials that a machine has done."""
    path = flight.folder / "machines" / "trained"
    return path.read_text().split() if path.exists() else []


def odd(times: int) -> tuple[list[int], object]:
    left = [times]

    def happens(machine: Machine) -> None:
        if left[0]:
            left[0] -= 1
            raise UserError(f"{machine.pod}: sh: fork: Resource temporarily unavailable")

    return left, happens


@pytest.mark.parametrize("what", ["beat", "log", "fetch"])
def test_an_odd_answer_of_the_head_ends_nothing(flight: Flight, what: str) -> None:
    left, happens = odd(3)
    flight.on[what] = [happens]  # type: ignore[list-item]
    assert flight.run() == OK
    assert left == [0] or what == "log"
    assert len(flight.fake.pods) == 1
    flight.check_over()


def test_an_odd_answer_of_a_worker_ends_nothing(pair: Flight) -> None:
    def happens(machine: Machine) -> None:
        if machine.pod == pair.name(2):
            raise UserError("exit code 137")

    pair.on["beat"] = [happens]
    assert pair.run() == OK
    assert len(pair.fake.pods) == 2
    pair.check_over()


def test_a_head_that_has_forgotten_everything_is_replaced(flight: Flight) -> None:
    first = flight.name(1)

    def happens(machine: Machine) -> None:
        if machine.pod == first and len(flight.trials()) >= 2:
            raise UserError("sh: 1: cd: can't cd to /root/tinker/code")

    flight.on["beat"] = flight.on["fetch"] = [happens]
    assert flight.run() == OK
    assert len(flight.did("submit")) == 2
    flight.check_over()


def test_a_disk_that_is_full_for_a_while_loses_no_result(flight: Flight, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch, full = Machine.fetch, [True]

    def fetched(machine: Machine, say: Say) -> int:
        if full[0]:
            if len(flight.said) and "asked for" in flight.said[-1]:
                full[0] = False  # the user has made room once the run had ended
            raise UserError("results: the disk is full")
        return fetch(machine, say)

    monkeypatch.setattr(Machine, "fetch", fetched)
    assert flight.run() == OK
    assert flight.words().count("the disk is full") == 1
    flight.check_over()


def test_the_last_results_are_waited_for_while_the_way_home_is_broken(flight: Flight) -> None:
    broken = [20]

    def happens(machine: Machine) -> None:
        if broken[0] and len(trained(flight)) == len(TRIALS):
            broken[0] -= 1
            raise Unreachable("no route to host")

    flight.on["fetch"] = [happens]
    assert flight.run() == OK
    assert broken == [0]
    flight.check_over()


def test_ctrl_c_gives_the_last_results_up(flight: Flight) -> None:
    def happens(machine: Machine) -> None:
        if flight.words().count("asked for"):
            os.kill(os.getpid(), signal.SIGINT)
        raise Unreachable("no route to host")

    flight.on["fetch"] = [happens]
    assert flight.run() == FAILED
    assert flight.fake.living == []
    assert flight.fake.meter.total() < 0.1


def test_ctrl_c_while_a_fleet_is_mended_brings_home_what_there_is(pair: Flight) -> None:
    def fetch_and_die(machine: Machine) -> None:
        if pair.did("submit") and len(trained(pair)) == 2 and pair.lives(pair.name(2)):
            pair.die(pair.name(2))

    def press(number: int) -> None:
        if number == 3:
            os.kill(os.getpid(), signal.SIGINT)

    pair.on["log"] = pair.on["fetch"] = [fetch_and_die]
    pair.ordering = press
    assert pair.run() == INTERRUPTED
    assert pair.fake.living == []
    assert pair.trials() == list(TRIALS[:2])


def test_the_words_of_a_run_are_printed_once_though_a_worker_is_replaced(
    pair: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = b"one\ntwo\nthree\n"
    beat = Machine.beat

    def beats(machine: Machine) -> Signs:
        signs = beat(machine)
        return Signs(signs.job, signs.code, len(log))

    def log_from(machine: Machine, start: int) -> bytes:
        if pair.lives(pair.name(2)):
            pair.die(pair.name(2))
        return log[start:]

    monkeypatch.setattr(Machine, "beat", beats)
    monkeypatch.setattr(Machine, "log", log_from)
    assert pair.run() == OK
    assert len(pair.fake.pods) == 3
    assert pair.printed == ["one", "two", "three"]
    pair.check_over()


def test_a_table_of_costs_that_cannot_be_written_ends_nothing(flight: Flight) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    flight.launch.keep_account = full
    assert flight.run() == OK
    assert flight.words().count("cannot be written down for the tables") == 1
    flight.check_over()


def test_a_pod_of_somebody_else_that_cannot_be_read_hides_none_of_ours(flight: Flight) -> None:
    fake, said = flight.fake, {"name": "web-ui", "id": "x", "cost": None}

    def answers(request: httpx2.Request) -> httpx2.Response | None:
        if request.method == "GET" and request.url.path == "/v2/pods":
            pods = [pod.shown(flight.clock.now()) for pod in fake.living]
            date = formatdate(flight.clock.now(), usegmt=True)
            return httpx2.Response(200, json={"pods": [said, *pods]}, headers={"Date": date})
        return None

    flight.answers = answers
    assert flight.run() == OK
    flight.check_over()
    said["name"] = "tinker-0badcafe-1"
    with pytest.raises(Unavailable, match="not understood"):
        flight.api.pods()
