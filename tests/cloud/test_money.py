"""Nothing is rented unasked or beyond a cap, a cap that is reached ends the fleet, and the account is right."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.cloud.flight import L4, Flight, Machine
from tests.cloud.house import GRID, House
from tests.cloud.light import TRIALS
from tinker.cloud.caps import CapReachedError
from tinker.cloud.lender import Placement
from tinker.cloud.state import State
from tinker.errors import FAILED, INTERRUPTED, OK, UserError
from tinker.grid.fleet import Fleet

# --- before anything is rented ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("pods", [1, 3])
@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        (Fleet(max_usd=0.05), r"fleet\.max_usd 0\.05"),
        (Fleet(max_usd=20, max_usd_per_hour=0.4), r"fleet\.max_usd_per_hour"),
        (Fleet(max_hours=0.1), r"fleet\.max_hours 0\.1"),
    ],
)
def test_a_cap_that_is_too_small_stops_before_an_order(tmp_path: Path, pods: int, fleet: Fleet, said: str) -> None:
    with Flight(tmp_path, pods=pods, fleet=fleet) as flight:
        with pytest.raises(CapReachedError, match=said):
            flight.run()
        assert flight.calls("POST") == 0
        flight.check_over(trials=())


def test_a_cap_that_pays_for_one_of_two_pods_rents_none(tmp_path: Path) -> None:
    with Flight(tmp_path, pods=2, fleet=Fleet(max_usd=0.12)) as flight:
        with pytest.raises(CapReachedError, match="minutes of 2 pods"):
            flight.run()
        assert flight.calls("POST") == 0


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["fleet.max_usd=0.01"], "nothing that can be had fits the fleet"),
        (["fleet.max_usd_per_hour=0.1"], "nothing that can be had fits the fleet"),
        (["fleet.max_hours=0.1"], r"fleet\.max_hours 0\.1"),
        (["fleet.strict_card=true", "fleet.cards=[L4]", "fleet.max_usd=0.01"], "nothing that can be had fits"),
        (["fleet.strict_card=true", "fleet.cards=[L4]", "fleet.max_usd_per_hour=0.1"], "nothing that can be had fits"),
        (["fleet.strict_card=true", "fleet.cards=[B200]", "fleet.cloud=community"], "nothing that can be had fits"),
        (["fleet.strict_card=true", "fleet.cards=[L4]", "fleet.gpus_per_pod=0"], r"fleet\.gpus_per_pod"),
        (["fleet.pods=2", "fleet.cloud=community"], "no private network"),
        (["fleet.cards=[L5]"], "L5"),
    ],
)
def test_a_run_that_its_fleet_rules_out_sends_no_order(house: House, overrides: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        house.run(*overrides)
    assert house.ordered() == 0


def test_where_nobody_can_be_asked_nothing_is_rented(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(UserError, match=r"Rent 1 pod, at most \$17.94 in 6 h\? Nobody can be asked here; give --yes"):
        house.run(yes=False)
    assert house.ordered() == 0


@pytest.mark.parametrize("answer", ["n\n", "", "yess\n"])
def test_anything_but_yes_rents_nothing(house: House, answer: str) -> None:
    house.typed(answer)
    with pytest.raises(UserError, match="nothing was rented"):
        house.run(yes=False)
    assert house.said[-1].endswith("[y/N]")
    assert "L4" in "\n".join(house.said)
    assert house.ordered() == 0
    assert not list(State().fleets())


def test_yes_rents(house: House) -> None:
    house.typed("y\n")
    house.fake.faults.plan("no_funds", None)
    with pytest.raises(UserError, match="the account needs money"):
        house.run(yes=False)
    assert house.ordered() == 1


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        (GRID.replace("seeds: 2", "seeds: 0"), "seeds"),
        (GRID.replace("attention: linear", "attention: lineal"), "lineal"),
        (GRID + "plugins: [missing.py]\n", r"missing\.py"),
        (GRID.replace("data: grammar", "data: text"), "data.path"),
    ],
)
def test_a_grid_or_a_bundle_with_a_mistake_sends_no_order(house: House, grid: str, said: str) -> None:
    (house.folder / "g.yaml").write_text(grid)
    with pytest.raises(UserError, match=said):
        house.run()
    assert house.ordered() == 0


# --- while it runs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fleet", "said"),
    [(Fleet(max_usd=0.2, max_hours=5), "max_usd 0.2 used up"), (Fleet(max_usd=2, max_hours=0.5), "max_hours 0.5 used")],
)
def test_a_cap_that_is_reached_brings_home_what_is_done_and_gives_everything_back(
    tmp_path: Path, fleet: Fleet, said: str
) -> None:
    with Flight(tmp_path, fleet=fleet, beats=60, look=10.0) as flight:
        assert flight.run() == FAILED
        assert said in flight.words()
        assert flight.did("stop")
        assert flight.did("all_home")
        assert 0 < len(flight.trials()) < len(TRIALS)
        flight.check_over(trials=flight.trials())
        assert flight.clock.now() < flight.ledger.account.pods[flight.name(1)].deadline


def test_a_cap_holds_for_a_run_that_does_not_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "stop", lambda machine: None)
    with Flight(tmp_path, fleet=Fleet(max_usd=0.2), beats=1000, look=10.0) as flight:
        assert flight.run() == FAILED
        flight.check_over(trials=flight.trials())


def test_a_cap_holds_with_failed_boots_and_replaced_pods(tmp_path: Path) -> None:
    with Flight(tmp_path, pods=2, fleet=Fleet(max_usd=0.9, max_hours=9), beats=40, look=10.0) as flight:
        flight.ordering = lambda number: flight.fake.faults.plan("never_ready") if number in (1, 3) else None
        lost: list[str] = []

        def die(machine: Machine) -> None:
            if len(flight.trials()) > len(lost):
                lost.append(flight.launch.crew.members[-1].name)
                flight.die(lost[-1])

        flight.on["fetch"] = [die]
        flight.launch.crew.wanted = 2
        flight.run()
        assert lost
        assert len(flight.fake.pods) >= 5
        flight.check_over(trials=flight.trials())


def test_a_launcher_that_dies_for_good_leaves_pods_that_stay_below_the_cap(tmp_path: Path) -> None:
    with Flight(tmp_path, pods=2, fleet=Fleet(max_usd=0.5), beats=1000) as flight:
        assert flight.run(detach=True) == OK
        flight.clock.advance(1e6)
        assert flight.fake.living == []
        assert 0.4 < flight.fake.meter.total() <= 0.5


# --- a card that is waited for ---------------------------------------------------------------------------------------


def waiting(folder: Path, sold_out: float, fleet: Fleet | None = None) -> Flight:
    """For a card that comes back after so many seconds; the market is asked each time."""
    flight = Flight(folder, patient=True, market=lambda: market(), fleet=fleet)
    began = flight.clock.now()

    def market() -> list[Placement]:
        flight.api.pods()
        return [L4] if flight.clock.now() - began > sold_out else []

    return flight


def test_a_card_that_alone_will_do_is_waited_for_and_nothing_is_ordered_meanwhile(tmp_path: Path) -> None:
    with waiting(tmp_path, 3600.0) as flight:
        assert flight.run() == OK
        assert flight.calls("POST") == 1
        assert flight.words().count("waiting until the card can be had") == 1
        assert flight.fake.pods[0].created >= flight.clock.now() - 3600
        flight.check_over()


def test_the_hours_of_a_fleet_begin_with_its_first_pod(tmp_path: Path) -> None:
    with waiting(tmp_path, 36000.0, Fleet(max_usd=1.0, max_hours=1.0)) as flight:
        assert flight.run() == OK
        flight.check_over()


def test_a_card_that_is_gone_when_it_is_ordered_is_waited_for_too(tmp_path: Path) -> None:
    with Flight(tmp_path, patient=True, market=lambda: [L4]) as flight:
        flight.fake.faults.plan("no_capacity", 5)
        assert flight.run() == OK
        assert flight.calls("POST") == 6
        assert len(flight.fake.pods) == 1
        flight.check_over()


def test_ctrl_c_while_a_card_is_waited_for_rents_nothing(tmp_path: Path) -> None:
    with waiting(tmp_path, 1e9) as flight:
        late = flight.clock.now() + 7200

        def pressed() -> None:
            if flight.clock.now() > late and not flight.launch.asked.stops:
                os.kill(os.getpid(), signal.SIGINT)

        flight.sleeping = pressed
        assert flight.run() == INTERRUPTED
        assert flight.calls("POST") == 0
        assert flight.fake.meter.total() == 0
        flight.check_over(trials=())


def test_a_dearer_card_is_no_reason_to_wait_beyond_the_cap(tmp_path: Path) -> None:
    with Flight(tmp_path, patient=True, market=lambda: [Placement(L4.card, 9.0)]) as flight:
        with pytest.raises(CapReachedError):
            flight.run()
        assert flight.calls("POST") == 0
