"""A worker that waits for its next item may die, and must not keep for ever what others of a cluster wait for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("ray")

#: A session of Tune's over items that say which process did them; its Ray is its own, with two CPUs.
SESSION = """
import json, os, signal, sys, threading, time
from multiprocessing import Pipe
from pathlib import Path
from tinker.schedule import cluster
from tinker.schedule.places import Asked
cluster.cores = lambda: 2
cluster.guard()
from tinker.schedule.pool import ray, tune
from tinker.schedule import warm
from tinker.schedule.tune_session import Session
warm.KEPT = 5.0

class Named(tune.Trainable):
    def setup(self, config):
        if config["item"] == "deadly":
            os._exit(1)
    def reset_config(self, config):
        self.setup(config)
        return True
    def step(self):
        time.sleep(0.5)
        return {"outcomes": os.getpid(), "done": True}

mine, theirs = Pipe()
session, seen = Session(theirs, Named), {}

def ended(*numbers, item="{}"):
    for number in numbers:
        session.inbox.put(Asked(number, item, {"CPU": 1.0}, "grid", 2))
    heard = {}
    while set(heard) != set(numbers):
        word, *rest = mine.recv()
        if word in ("ended", "crashed"):
            heard[rest[0]] = rest[1] if word == "ended" else word
    return list(heard.values())

def feed():
    first = ended(1, 2)
    for worker in first:
        os.kill(worker, signal.SIGKILL)
    time.sleep(1)
    seen["after idle workers died"] = [word for word in ended(3, 4) if word == "crashed"]
    seen["of a worker that always dies"] = ended(5, item="deadly")
    seen["others"] = len(set(ended(6, 7)))
    until = time.monotonic() + 60
    while ray.available_resources().get("CPU", 0.0) < 2 and time.monotonic() < until:
        time.sleep(0.2)
    seen["free"] = ray.available_resources().get("CPU", 0.0)
    session.ended.set()

with cluster.ray_cluster():
    feeder = threading.Thread(target=feed)
    feeder.start()
    session.run(Path(sys.argv[1]))
    feeder.join()
print(json.dumps(seen))
"""


def test_items_outlive_idle_workers_and_idle_workers_give_back_what_they_hold(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-P", "-c", SESSION, str(tmp_path)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout.splitlines()[-1]) == {
        "after idle workers died": [],
        "of a worker that always dies": ["crashed"],
        "others": 2,
        "free": 2.0,
    }
