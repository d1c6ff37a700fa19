"""Coming back to a fleet changes nothing that somebody wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.cloud.flight import Flight, Machine
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.going import at_work
from tinker.cloud.host import Unreachable
from tinker.cloud.ledger import Ledger
from tinker.cloud.reap import settle
from tinker.cloud.resume import watch_again
from tinker.errors import BUSY, OK, UserError
from tinker.grid.fleet import Fleet


@pytest.fixture
def left(flight: Flight) -> Iterator[Flight]:
    """A fleet whose launcher has left its run alone."""
    about = {**flight.ledger.account.about, "fleet": asdict(Fleet()), "folder": str(flight.folder)}
    more = {"file": "g.yaml", "overrides": [], "options": [], "account": flight.api.mark}
    flight.ledger.write("fleet", **{**about, **more})
    assert flight.run(detach=True) == OK
    flight.fleet_folder.let_go()
    yield flight


def test_leaving_says_how_to_come_back_what_it_costs_and_until_when(left: Flight) -> None:
    name = left.fleet_folder.name
    assert f"`tinker attach {name}`" in left.words()
    assert "it costs $0.43 an hour" in left.words()
    assert f"`tinker cloud down {name}`" in left.words()


def test_a_pod_without_an_endpoint_for_a_moment_is_not_taken_for_gone(left: Flight) -> None:
    pod = left.fake.living[0]
    pod.ready = left.clock.now() + 60  # its container starts anew
    with pytest.raises(UserError, match=r"no SSH endpoint at the moment.*nothing was changed"):
        watch_again(left.api, left.state, left.fleet_folder, left.said.append, left.said.append)
    assert left.fake.living == [pod]
    assert Ledger(left.ledger.path).account.detached


def test_another_account_writes_no_fleet_off(left: Flight, tmp_path: Path) -> None:
    with FakeRunPod(tmp_path / "other", clock=left.clock) as other:
        here = left.client(other.key)
        here._wires._client.base_url = other.url
        with pytest.raises(UserError, match="rented with another RUNPOD_API_KEY or RUNPOD_API_BASE_URL"):
            watch_again(here, left.state, left.fleet_folder, left.said.append, left.said.append, stop=True)
        left.fleet_folder.let_go()
        settle(here, left.state)
    account = Ledger(left.ledger.path).account
    assert len(account.open) == 1
    assert not account.closed
    assert len(left.fake.living) == 1


def test_a_head_that_does_not_answer_now_goes_on(left: Flight) -> None:
    def silent(machine: Machine) -> None:
        raise Unreachable("no route to host")

    left.on["facts"] = [silent]
    with pytest.raises(Unreachable):
        left.launch.go_on(left.launch.crew.members, [], head_lost=False)
    assert len(left.fake.living) == 1
    assert Ledger(left.ledger.path).account.detached


def test_a_run_that_was_written_down_and_never_begun_is_begun_once(left: Flight) -> None:
    head = left.launch.crew.members[0].host
    head.stop()  # no job is there, as where the launcher died just after its ledger's line
    left.launch.crew._begun_on = None  # another process has written that line
    sent = len(left.did("unpack"))
    left.said.clear()
    assert left.launch.go_on(left.launch.crew.members, [], head_lost=False) == OK
    assert "though it was written down here: it is begun now" in left.words()
    assert left.did("submit") == [left.name(1)] * 2
    assert left.did("unpack")[sent:] == [left.name(1)], "a cluster of one's own may have been made anew"
    assert left.ledger.account.submissions == 1
    left.check_over()


def test_a_run_that_is_only_starting_is_not_begun_anew(flight: Flight) -> None:
    beats: list[Machine] = []

    def start(machine: Machine) -> None:
        job, hidden = machine.folder / "job", machine.folder / "later"
        beats.append(machine)
        if len(beats) == 1:
            job.rename(hidden)
        if len(beats) == 3:
            hidden.rename(job)

    flight.on["beat"] = [start]
    assert flight.run() == OK
    assert flight.did("submit") == [flight.name(1)]
    flight.check_over()


def test_a_worker_that_dies_after_coming_back_does_not_send_the_head_its_own_past(pair: Flight) -> None:
    assert pair.run(detach=True) == OK
    members = pair.launch.crew.members
    pair.launch.crew.ready = {}  # as of another process
    sent = len(pair.did("unpack"))

    def die(machine: Machine) -> None:
        if pair.trials() and pair.lives(pair.name(2)):
            pair.die(pair.name(2))

    pair.on["beat"] = [die]
    assert pair.launch.go_on(members, [], head_lost=False) == OK
    assert pair.did("unpack")[sent:] == [pair.name(3)]
    pair.check_over()


def test_a_fleet_that_is_only_booting_is_at_work_too(flight: Flight) -> None:
    with pytest.raises(UserError, match="at work on g already") as caught:
        at_work(flight.api, flight.state, flight.home, "g")
    assert caught.value.exit_code == BUSY
