"""A machine that cannot do the work is given back before the run, and says why; the others stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cloud.flight import Flight, Machine
from tinker.cloud.host import Facts, Unreachable
from tinker.errors import FAILED, OK, UserError


def unfit(monkeypatch: pytest.MonkeyPatch, name: str, **facts: object) -> None:
    """Lets the machine of that name have something else."""
    has = Machine.facts

    def found(machine: Machine) -> Facts:
        given = has(machine)
        return replace(given, **facts) if machine.pod == name else given  # type: ignore[arg-type]

    monkeypatch.setattr(Machine, "facts", found)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"cards": ()}, "1 cards were ordered, and nvidia-smi shows 0"),
        ({"disk_gb": 3.25}, "3.2 GB of disk are free, and 12 are needed; raise fleet.disk"),
        ({"shm_gb": 0.06}, "/dev/shm has 0.06 GB, and 0.2 are needed"),
        ({"cuda": "12.8", "driver": "570.1"}, "its driver 570.1 is for CUDA 12.8, older than 13.0"),
        ({"cuda": None, "driver": None}, "its driver (none) is for CUDA (none), older than 13.0"),
    ],
)
def test_a_machine_that_lacks_something_is_replaced_before_anything_is_sent(
    flight: Flight, monkeypatch: pytest.MonkeyPatch, facts: dict[str, object], said: str
) -> None:
    flight.launch.crew.errand = replace(flight.launch.errand, min_cuda="13.0")
    unfit(monkeypatch, flight.name(1), **facts)
    assert flight.run() == OK
    assert f"{flight.name(1)}: {said}" in flight.words()
    assert flight.did("unpack") == [flight.name(2)]
    flight.check_over()


def fails(what: str, number: int, error: Callable[[], Exception]) -> Callable[[Flight], None]:
    """Lets a call of the pod that was ordered as that one fail."""

    def arrange(flight: Flight) -> None:
        def happens(machine: Machine) -> None:
            if machine.pod == flight.name(number):
                raise error()

        flight.on[what] = [happens]

    return arrange


@pytest.mark.parametrize(
    ("what", "said"),
    [("install", "the environment cannot be installed: no such wheel"), ("start_ray", "no such wheel")],
)
@pytest.mark.parametrize("number", [1, 2])
def test_a_machine_that_cannot_be_made_ready_is_replaced_and_the_other_one_stays(
    tmp_path: Path, what: str, said: str, number: int
) -> None:
    with Flight(tmp_path, pods=2) as flight:
        fails(what, number, lambda: UserError("no such wheel", exit_code=FAILED))(flight)
        assert flight.run() == OK
        assert f"{flight.name(number)}: {said}" in flight.words()
        assert {pod.name for pod in flight.fake.pods} == {flight.name(each) for each in (1, 2, 3)}
        assert flight.did("submit") == [flight.name(1 if number == 2 else 2)]
        flight.check_over()


def test_another_code_than_that_of_home_never_runs(flight: Flight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "fingerprint", lambda machine: "another")
    with pytest.raises(UserError, match=r"its code is not that of home: another for code; nothing of it is left"):
        flight.run()
    assert flight.did("install") == flight.did("submit") == []
    flight.check_over(trials=())


def test_a_machine_that_falls_silent_while_it_is_made_ready_is_replaced(flight: Flight) -> None:
    flight.on["install"] = [lambda machine: flight.die(machine.pod) if machine.pod == flight.name(1) else None]
    assert flight.run() == OK
    assert "no answer any more" in flight.words()
    assert flight.did("submit") == [flight.name(2)]
    flight.check_over()


def test_a_machine_that_only_stumbles_at_the_start_of_the_run_gets_it_once(flight: Flight) -> None:
    stumbles: list[Machine] = []

    def happens(machine: Machine) -> None:
        stumbles.append(machine)
        if len(stumbles) < 3:
            raise Unreachable("connection reset")

    flight.on["submit"] = [happens]
    assert flight.run() == OK
    assert len(flight.fake.pods) == 1
    assert flight.ledger.account.submissions == 1
    flight.check_over()


def test_a_machine_on_which_no_run_can_be_begun_is_replaced(flight: Flight) -> None:
    fails("submit", 1, lambda: Unreachable("connection reset"))(flight)
    assert flight.run() == OK
    assert f"the run could not be begun: connection reset; {flight.name(1)} is given back" in flight.words()
    assert flight.did("submit")[-1] == flight.name(2)
    flight.check_over()


def test_all_machines_are_ordered_before_any_is_waited_for(tmp_path: Path) -> None:
    with Flight(tmp_path, pods=4) as flight:
        assert flight.run() == OK
        created = [pod.created for pod in flight.fake.pods]
        assert max(created) - min(created) < 20
        assert len(flight.did("start_ray")) == 4
        assert flight.did("submit") == [flight.name(1)]
        flight.check_over()
