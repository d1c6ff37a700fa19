"""What the fake's pods do by themselves, as real ones would."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import PodOrder
from tinker.cloud.fake.clock import VirtualClock
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.pod.knock import listen, reach

ORDER = PodOrder("tinker-1", "ubuntu", "NVIDIA L4", 1, "SECURE", 20, {}, ("bash", "-c", "true"))


def client(fake: FakeRunPod) -> Api:
    return Api(fake.key, fake.url, sleep=lambda _: None)


def until(met: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not met():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def due(clock: VirtualClock, seconds: float) -> PodOrder:
    return replace(ORDER, env={"TINKER_DEADLINE": str(int(clock.now() + seconds))})


def test_a_light_pod_ends_itself_at_its_deadline_and_bills_no_second_more(tmp_path: Path) -> None:
    clock = VirtualClock()
    with FakeRunPod(tmp_path, clock=clock) as fake:
        id = client(fake).create_pod(due(clock, 100)).id
        clock.advance(99)
        assert len(fake.living) == 1
        clock.advance(500)
        assert fake.meter.seconds(id) == 100
        assert fake.living == []
        assert client(fake).pod(id) is None


def test_a_light_pod_whose_key_is_refused_or_that_never_started_bills_on(tmp_path: Path) -> None:
    clock = VirtualClock()
    with FakeRunPod(tmp_path, clock=clock) as fake:
        client(fake).create_pod(due(clock, 100))
        fake.faults.plan("pod_key_refused", None)
        fake.faults.plan("never_ready")
        client(fake).create_pod(due(clock, 100))
        clock.advance(500)
        assert [fake.meter.seconds(pod.id) for pod in fake.living] == [500, 500]
        fake.faults.clear("pod_key_refused")
        assert len(fake.living) == 1


def test_nobody_gets_through_to_a_dead_address_though_its_pod_listens_there(tmp_path: Path) -> None:
    with FakeRunPod(tmp_path) as fake:
        fake.faults.plan("dead_network")
        address = client(fake).create_pod(replace(ORDER, global_networking=True)).address
    assert address is not None
    before = set(psutil.Process().children())
    listen(address, 46127)
    assert not reach(address, 46127)
    for process in set(psutil.Process().children()) - before:
        process.kill()
        process.wait()


def test_foreign_pods_do_not_end_and_cost_us_nothing(tmp_path: Path) -> None:
    clock = VirtualClock()
    with FakeRunPod(tmp_path, clock=clock) as fake:
        there = [pod.id for pod in client(fake).pods()]
        clock.advance(10**6)
        assert [pod.id for pod in fake.foreign] == there != []
        assert any(pod.name.startswith("tinker-") and pod.order["env"].get("TINKER_OWNER") for pod in fake.foreign)
        assert fake.meter.total() == 0


@pytest.mark.parametrize("status", ["EXITED", "ERROR"])
def test_a_dead_pod_is_still_there_and_bills(tmp_path: Path, status: str) -> None:
    clock = VirtualClock()
    with FakeRunPod(tmp_path, clock=clock) as fake:
        id = client(fake).create_pod(ORDER).id
        fake.die(id, status)
        clock.advance(60)
        pod = client(fake).pod(id)
        assert pod is not None
        assert (pod.status, pod.ssh, pod.usd_per_hour > 0) == (status, None, True)
        assert fake.meter.seconds(id) == 60


LEAVES_A_DAEMON = """
echo "base $RUNPOD_API_BASE_URL"
env -i setsid sleep 4321 &
sleep 0.1
"""


def test_a_container_that_starts_again_finds_no_process_of_the_last_time(tmp_path: Path) -> None:
    with FakeRunPod(tmp_path, "real") as fake:
        client(fake).create_pod(replace(ORDER, command=("bash", "-c", LEAVES_A_DAEMON)))
        machine = fake.pods[0].machine
        until(lambda: len(machine.lines()) >= 3)
        assert set(machine.lines()) == {f"base {fake.url}"}, "its keeper would call the real service"
        daemons = [one for one in psutil.Process().children(recursive=True) if "4321" in _words(one)]
        assert len(daemons) <= 1


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
