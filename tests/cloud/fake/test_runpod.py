"""The fake behaves as RunPod's description says, bills by the second, and leaves nothing behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx2
import psutil
import pytest

from tinker.cloud.api.client import Api
from tinker.cloud.api.errors import Forbidden, NoCapacity, NoFunds, Unavailable, Unclear
from tinker.cloud.api.wire import PodOrder
from tinker.cloud.fake.account import DEAD
from tinker.cloud.fake.belongings import belonging
from tinker.cloud.fake.clock import VirtualClock
from tinker.cloud.fake.runpod import FakeRunPod

ORDER = PodOrder("tinker-1", "ubuntu", "NVIDIA L4", 2, "SECURE", 20, {"A": "b"}, ("bash", "-c", "true"))


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeRunPod]:
    with FakeRunPod(tmp_path, clock=VirtualClock(), start=10, pull=50) as made:
        yield made


def client(fake: FakeRunPod, key: str | None = None) -> Api:
    return Api(key or fake.key, fake.url, sleep=lambda _: None)


def clock(fake: FakeRunPod) -> VirtualClock:
    assert isinstance(fake.clock, VirtualClock)
    return fake.clock


def until(met: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not met():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_a_light_pod_lives_and_bills_by_the_second(fake: FakeRunPod) -> None:
    api = client(fake)
    id = api.create_pod(ORDER).id
    seen = []
    for wait in (0, 10, 50):
        clock(fake).advance(wait)
        pod = api.pod(id)
        assert pod is not None
        seen.append((pod.status, pod.started, pod.ssh is not None))
    assert seen == [("PROVISIONING", False, False), ("RUNNING", False, False), ("RUNNING", True, True)]
    api.delete_pod(id)
    clock(fake).advance(1000)
    assert fake.meter.seconds(id) == 60
    assert fake.meter.usd(id) == fake.meter.total() == api.billed(id) == pytest.approx(60 * 0.86 / 3600)
    assert api.pod(id) is None and len(fake.foreign) == 3


@pytest.mark.parametrize(
    ("change", "status"), [({"bogus": 1}, 422), ({"env": {"A": 1}}, 422), ({"env": {"A": "x" * 102_400}}, 413)]
)
def test_a_wrong_order_is_refused_as_problem_json(fake: FakeRunPod, change: dict[str, object], status: int) -> None:
    auth = {"Authorization": f"Bearer {fake.key}"}
    answer = httpx2.post(f"{fake.url}/v2/pods", json={**ORDER.body(), **change}, headers=auth)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert bool(answer.json().get("errors")) == (status == 422)
    assert "RateLimit" in answer.headers and fake.pods == []


def test_keys_open_only_what_is_theirs(fake: FakeRunPod) -> None:
    assert httpx2.get(f"{fake.url}/v2/pods").status_code == 401
    first, second = (client(fake).create_pod(replace(ORDER, name=name)).id for name in ("tinker-1", "tinker-2"))
    own = client(fake, fake.account.pods[first].key)
    with pytest.raises(Forbidden):
        own.pods()
    with pytest.raises(Forbidden):
        own.delete_pod(second)
    fake.faults.plan("pod_key_refused")
    with pytest.raises(Forbidden):
        own.delete_pod(first)
    own.delete_pod(first)
    assert [pod.id for pod in fake.living] == [second]
    assert fake.calls[-1].by == fake.calls[-1].pod_id == first


def test_lists_come_in_pages(fake: FakeRunPod) -> None:
    auth = {"Authorization": f"Bearer {fake.key}"}
    first = httpx2.get(f"{fake.url}/v2/pods?limit=2&bogus=1", headers=auth).json()
    cursor = first["pagination"]["nextCursor"]
    rest = httpx2.get(f"{fake.url}/v2/pods", params={"limit": "2", "cursor": cursor}, headers=auth).json()
    assert [len(first["pods"]), len(rest["pods"]), rest["pagination"]["hasNextPage"]] == [2, 1, False]


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        ("created_but_500", Unclear, 1),
        ("lost_answer", Unclear, 1),
        ("no_capacity", NoCapacity, 0),
        ("no_funds", NoFunds, 0),
        ("forbidden", Forbidden, 0),
    ],
)
def test_orders_fail_by_script_and_only_so_often(
    fake: FakeRunPod, fault: str, error: type[Exception], made: int
) -> None:
    fake.faults.plan(fault, card=ORDER.card)
    client(fake).create_pod(replace(ORDER, card="NVIDIA A100 80GB PCIe"))
    with pytest.raises(error):
        client(fake).create_pod(ORDER)
    client(fake).create_pod(ORDER)
    assert len(fake.living) == 2 + made


def test_deletion_fails_by_script(fake: FakeRunPod) -> None:
    api = client(fake)
    id = api.create_pod(ORDER).id
    fake.faults.plan("delete_fails", None)
    fake.faults.plan("terminate_fails", 5)
    with pytest.raises(Unavailable):
        api.delete_pod(id)
    assert len(fake.living) == 1
    api.delete_pod(id)
    assert fake.living == []


def test_pods_fail_by_script(fake: FakeRunPod) -> None:
    api = client(fake)
    for name, value in (("never_ready", 0), ("dies", 100), ("lag", 30), ("late_address", 70), ("dead_network", 0)):
        fake.faults.plan(name, value=value)
    id = api.create_pod(replace(ORDER, global_networking=True)).id
    assert api.pod(id) is None
    clock(fake).advance(60)
    pod = api.pod(id)
    assert pod is not None and (pod.status, pod.started, pod.address) == ("RUNNING", False, None)
    clock(fake).advance(10)
    pod = api.pod(id)
    assert pod is not None and pod.address == DEAD
    clock(fake).advance(30)
    pod = api.pod(id)
    assert pod is not None and pod.status == "EXITED"
    clock(fake).advance(1)
    assert fake.meter.seconds(id) == 101


def test_too_many_calls_say_when_to_come_again(fake: FakeRunPod) -> None:
    fake.faults.plan("too_many", value=7)
    waits: list[float] = []
    assert len(Api(fake.key, fake.url, sleep=waits.append).pods()) == 3
    assert waits and waits[0] >= 7
    assert [call.status for call in fake.calls] == [429, 200]


SCRIPT = """
echo "start $RUNPOD_POD_ID $RUNPOD_GPU_COUNT"; env > "$HOME/../seen"
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits
python3 -c 'import psutil; print("python has psutil")'
env -i setsid sleep 2000 &
[ -e "$HOME/again" ] && exec sleep 1000
touch "$HOME/again"
"""


def test_a_real_pod_restarts_keeps_the_key_out_and_is_deleted_with_its_daemons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNPOD_API_KEY", "secretofhome")
    of_others = set(psutil.Process().children(recursive=True))  # what earlier tests of this process left running
    with FakeRunPod(tmp_path, "real") as fake:
        api = client(fake)
        pod = api.create_pod(replace(ORDER, command=("bash", "-c", SCRIPT)))
        machine = fake.pods[0].machine
        until(lambda: sum(line.startswith(f"start {pod.id} 2") for line in machine.lines()) == 2)
        until(lambda: machine.lines().count("python has psutil") == 2)
        assert machine.lines().count("NVIDIA L4, 23034, 580.95.05") == 4
        seen = (tmp_path / "seen").read_text()
        assert "secretofhome" not in seen and fake.key not in seen and fake.pods[0].key in seen
        assert api.logs(pod.id, 2)
        children = set(psutil.Process().children(recursive=True)) - of_others
        assert any("2000" in words for words in map(_command_line, children)), "the daemon is not found"
        api.delete_pod(pod.id)
        assert not [process for process in children if process.is_running()]
        assert not (tmp_path / pod.id).exists()


def _command_line(process: psutil.Process) -> list[str]:
    with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
        return process.cmdline()
    return []


def test_no_process_outlives_a_fake_that_is_killed(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            fake = FakeRunPod(tmp_path, "real")
            fake.account.order(replace(ORDER, command=("bash", "-c", "sleep 3000")).body())
            (tmp_path / "id").write_text(fake.pods[0].id)
            time.sleep(60)
        finally:
            os._exit(1)
    until(lambda: (tmp_path / "id").exists() and (tmp_path / "id").read_text())
    id = (tmp_path / "id").read_text()
    until(lambda: belonging(id, str(tmp_path / id)))
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    until(lambda: not belonging(id, str(tmp_path / id)) and not (tmp_path / id).exists())
