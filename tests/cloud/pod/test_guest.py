"""The watch over a machine of the user's own."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cloud.kept import until
from tinker.cloud.pod import guest, place, ray_part


@pytest.fixture
def fake_ray(machine: Path) -> subprocess.Popen[bytes]:
    """A process that is noted as the Ray that was started here."""
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    place.RAY.write_text(
        json.dumps({"pid": child.pid, "born": ray_part.born(child.pid), "asked": {}, "temp": str(machine / "ray")})
    )
    return child


def orders(deadline: float, idle: float) -> None:
    mine = {"pid": os.getpid(), "born": ray_part.born(os.getpid()), "start": time.time()}
    place.GUEST.write_text(json.dumps({"deadline": deadline, "idle": idle, **mine}))


def test_it_ends_the_run_and_ray_at_the_deadline(fake_ray: subprocess.Popen[bytes]) -> None:
    run = subprocess.Popen(["sleep", "600"])
    place.RUN_PID.write_text(f"{run.pid} {ray_part.born(run.pid)}")
    place.UNFETCHED.touch()
    orders(deadline=time.time(), idle=1000)
    guest.keep(tick=0.01, grace=0.1)
    assert run.wait(timeout=10) == -signal.SIGINT
    assert fake_ray.wait(timeout=10) == -signal.SIGTERM
    assert ray_part.running() is None


def test_it_ends_ray_when_idle_and_all_is_home(fake_ray: subprocess.Popen[bytes]) -> None:
    orders(deadline=time.time() + 1000, idle=0)
    guest.keep(tick=0.01, grace=0.1)
    assert fake_ray.wait(timeout=10) == -signal.SIGTERM


def test_another_process_with_the_number_of_ours_is_left_alone(machine: Path) -> None:
    place.RAY.write_text(json.dumps({"pid": os.getpid(), "born": "1", "asked": {}}))
    assert ray_part.running() is None


def test_a_second_call_gives_the_watch_new_orders(machine: Path) -> None:
    guest.watch(time.time() + 1000, 1000)
    first = json.loads(place.GUEST.read_text())
    guest.watch(time.time(), 1000)
    second = json.loads(place.GUEST.read_text())
    assert (second["pid"], second["born"]) == (first["pid"], first["born"])
    os.kill(first["pid"], signal.SIGKILL)
    until(lambda: os.waitpid(first["pid"], os.WNOHANG)[0])
