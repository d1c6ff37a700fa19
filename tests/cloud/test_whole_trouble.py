"""Launchers that are killed, terminals that are closed and machines that die, with real SSH and real Ray."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.held import Held
from tests.cloud.terminal import MARKS, Home, Said, nothing_left, until
from tinker.cloud.fake.pods import FakePod
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.errors import INTERRUPTED, OK

pytestmark = MARKS

RUN = ("run", "g.yaml", "--on", "runpod", "--yes")
BEGUN = "the run has begun"
#: Seconds from an order to the deadline of its pod: enough for a slow computer to begin a run there.
NEAR = 90


@pytest.fixture
def service(tmp_path: Path) -> Iterator[FakeRunPod]:
    """It ends with nothing of ours left, and with all that is not ours."""
    with FakeRunPod(tmp_path / "service", "real") as fake, nothing_left(fake):
        yield fake


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, float]]:
    """A home whose launcher was killed for good, with a pod that has a deadline; it comes while other tests run."""
    folder = tmp_path_factory.mktemp("doomed")
    with FakeRunPod(folder / "service", "real") as fake, nothing_left(fake):
        home = Home(fake, folder / "home")
        Held(home.folder, 2)
        launcher = home.tinker(*RUN, TEST_DEADLINE=str(NEAR))
        launcher.until(BEGUN)
        _kill(launcher)
        yield home, fake.clock.now()


def _kill(launcher: Said) -> None:
    launcher.send(signal.SIGKILL)
    assert launcher.end() == -signal.SIGKILL


def _on_pod(pod: FakePod, service: FakeRunPod) -> list[Path]:
    return list((service.account.folder / pod.id / "results").glob("trials/*/*/result.json"))


def _pod_log(home: Home) -> str:
    return "\n".join(line for pod in home.mine for line in pod.machine.lines())


@pytest.mark.usefixtures("doomed")
def test_whatever_becomes_of_its_launcher_a_grid_goes_on_with_what_it_has(service: FakeRunPod, tmp_path: Path) -> None:
    home = Home(service, tmp_path / "home")
    held = Held(home.folder, 4)

    # A launcher that is killed, and a pod that may not delete itself: home was told, and a reaper does it.
    service.faults.plan("pod_key_refused", None)
    launcher = home.tinker(*RUN, TEST_DEADLINE="20")
    launcher.until(BEGUN)
    assert "refuses" in launcher.text
    (pod,) = home.mine
    first = held.next(pod)
    launcher.send(signal.SIGSTOP)  # so that nothing comes home any more
    held.let_go(first)
    until(lambda: _on_pod(pod, service))
    held.next(pod)
    _kill(launcher)
    assert home.results_there() == {}
    until(lambda: "deleting: not yet" in _pod_log(home), lambda: _pod_log(home))
    reaper = home.tinker("cloud", "reap")
    assert reaper.end() == OK, reaper.text
    assert home.mine == []
    assert home.ledger.account.closed
    one = home.results_there()
    assert len(one) == 1
    service.faults.clear("pod_key_refused")

    # The same command goes on. Its terminal is closed: the run stays. Ctrl-C in another one ends it.
    launcher = home.tinker(*RUN)
    launcher.until(BEGUN)
    (pod,) = home.mine
    second = held.next(pod)
    launcher.send(signal.SIGHUP)
    assert launcher.end() == OK, launcher.text
    assert home.mine == [pod]
    assert home.ledger.account.detached
    looking = home.tinker("attach")
    held.let_go(second)
    until(lambda: len(home.results_there()) == 2, lambda: looking.text)
    third = held.next(pod)
    looking.send(signal.SIGINT)
    looking.until("trials at work get")
    held.let_go(third)  # it can save itself now
    assert looking.end() == INTERRUPTED, looking.text
    assert home.mine == []
    assert home.ledger.account.closed
    two = home.results_there()
    assert one.items() < two.items()

    # What came home is what a run goes on with, on this computer too.
    held.let_go(*held.arms)
    last = home.tinker("run", "g.yaml", "resources.gpus=0")
    assert last.end() == OK, last.text
    assert f"{len(held.arms)} trials: {len(two)} done" in last.text
    assert two.items() < home.results_there().items()
    assert len(home.results_there()) == len(held.arms)


def test_machines_that_die_are_replaced_and_the_run_completes(service: FakeRunPod, tmp_path: Path) -> None:
    home = Home(service, tmp_path / "home")
    held = Held(home.folder, 4)
    launcher = home.tinker(*RUN, "fleet.pods=2", "--detach")
    assert launcher.end() == OK, launcher.text
    looking = home.tinker("attach")  # another terminal
    head, worker = sorted(home.mine, key=lambda pod: pod.name)
    first = held.next(head)
    held.next(worker)

    service.die(worker.id)  # the one without the run's driver
    looking.until(f"{worker.name} died")
    until(lambda: worker not in home.mine and len(home.mine) == 2, lambda: looking.text)
    (other,) = (pod for pod in home.mine if pod is not head)
    held.let_go(first)
    held.next(other)
    until(home.results_there, lambda: looking.text)
    had = home.results_there()

    service.die(head.id)  # the one with it
    looking.until(f"{head.name} died")
    held.let_go(*held.arms)
    assert looking.end() == OK, looking.text
    assert home.mine == []
    assert home.ledger.account.closed
    assert home.ledger.account.submissions == 2
    assert had.items() < home.results_there().items()
    assert len(home.results_there()) == len(held.arms)


def test_without_its_launcher_a_pod_deletes_itself_by_its_deadline(doomed: tuple[Home, float]) -> None:
    home, killed = doomed
    fake = home.fake
    until(lambda: home.mine == [], lambda: _pod_log(home))
    (pod,) = fake.pods
    assert killed < float(pod.order["env"]["TINKER_DEADLINE"])
    assert all(call.by == pod.id for call in fake.calls if call.method == "DELETE")
    assert "deadline passed: deleting" in "\n".join(pod.machine.lines())
    reaper = home.tinker("cloud", "reap")
    assert reaper.end() == OK, reaper.text
    assert home.ledger.account.closed
    assert home.ledger.account.usd(0.0) == pytest.approx(fake.meter.total(), abs=0.005)
