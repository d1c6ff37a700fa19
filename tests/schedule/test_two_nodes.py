"""A cluster of two nodes with two logical GPUs each, of which one is killed while trials run on it."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.schedule.conftest import numbers, rows, run, write_grid
from tests.train import tiny
from tinker.errors import OK
from tinker.schedule.cluster import Capacity
from tinker.schedule.executor import Executor
from tinker.schedule.grid_run import run_grids
from tinker.store.store import Store

pytestmark = pytest.mark.xdist_group("ray")

#: A cluster of its own process; a line on stdin kills the node of that id.
CLUSTER = """
import sys
from ray.cluster_utils import Cluster
small = {"object_store_memory": 80 * 2**20, "include_dashboard": False}
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "num_gpus": 0, **small})
nodes = [cluster.add_node(num_cpus=4, num_gpus=2, object_store_memory=80 * 2**20) for _ in range(2)]
cluster.wait_for_nodes()
print(cluster.address, flush=True)
for line in sys.stdin:
    for node in nodes:
        if node.node_id == line.strip():
            cluster.remove_node(node, allow_graceful=False)
    print("killed", flush=True)
cluster.shutdown()
"""

#: Cross entropy that takes its time, and leaves behind where it ran from when to when.
PLACED = """
import os, time
from dataclasses import dataclass
from pathlib import Path
import ray
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

@LOSS.variant()
class Placed(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        pass

    def __init__(self, config, model):
        super().__init__(config, model)
        self.calls = 0

    def forward(self, x, targets, head):
        self.calls += 1
        context = ray.get_runtime_context() if ray.is_initialized() else None
        if self.calls > 2 and context and context.get_accelerator_ids()["GPU"]:
            if self.calls == 3:
                card = context.get_accelerator_ids()["GPU"][0]
                where = f"{context.get_node_id()}_{card}_{os.getpid()}_{time.monotonic()}"
                self.file = Path(__file__).with_name(f"{where}.placed")
            self.file.write_text(str(time.monotonic()))
            time.sleep(0.05)
        return super().forward(x, targets, head)
"""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """Its process; RAY_ADDRESS names it."""
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", CLUSTER], **pipes, text=True)
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        monkeypatch.setenv("RAY_ADDRESS", process.stdout.readline().strip())
        yield process
        process.stdin.close()


def _stays(folder: Path) -> list[tuple[str, str, float, float]]:
    """Node, card, start and end of each attempt."""
    found = []
    for path in folder.glob("*.placed"):
        node, card, _, start = path.stem.split("_")
        found.append((node, card, float(start), float(path.read_text() or start)))
    return found


def _kill_a_node(cluster: subprocess.Popen[str], folder: Path) -> None:
    """One of the two, once trials run on both."""
    end = time.monotonic() + 240
    while len({node for node, *_ in _stays(folder)}) < 2:
        if time.monotonic() > end:
            return
        time.sleep(0.1)
    assert cluster.stdin is not None
    cluster.stdin.write(f"{_stays(folder)[0][0]}\n")
    cluster.stdin.flush()


@pytest.mark.timeout(600)
def test_a_grid_on_two_nodes_outlives_one_of_them(
    tmp_path: Path, ray_up: Capacity, cluster: subprocess.Popen[str]
) -> None:
    tiny.plugin(tmp_path, "placed", PLACED)
    keys = {"seeds": 3, "plugins": ["placed.py"], "resources": {"gpus": 0.5, "cpus": 0.5}}
    base = {"model.loss": "placed", "train.steps": 60, "train.eval_every": 30, "checkpoint.minutes": 0.01}
    grid = write_grid(tmp_path, {"rotary": {"model.position": "rotary"}}, base=base, **keys)
    killer = threading.Thread(target=_kill_a_node, args=(cluster, tmp_path))
    said = io.StringIO()
    with Executor() as executor:
        killer.start()
        code = run_grids([str(grid)], [], tmp_path / "results", Console(file=said, width=300), executor=executor)
        left = executor.capacity
    killer.join()
    assert code == OK, said.getvalue()
    assert left is not None
    assert (left.cpus, left.gpus) == (4.0, 2.0), "one node is left"

    stays = _stays(tmp_path)
    assert len({node for node, *_ in stays}) == 2
    for node, card, start, _ in stays:
        there = [stay for stay in stays if stay[:2] == (node, card) and stay[2] <= start < stay[3]]
        assert len(there) <= 2, "a card has two trials at most"

    stored = rows(tmp_path / "results")
    assert len(stored) == 6
    kinds = [cause["kind"] for row in Store(tmp_path / "results").rows() for cause in row.status.causes]
    assert kinds
    assert set(kinds) == {"node lost"}
    assert run(grid, tmp_path / "here", "resources.gpus=0")[0] == OK
    here = rows(tmp_path / "here")
    assert {trial: numbers(row) for trial, row in stored.items()} == {t: numbers(r) for t, r in here.items()}
