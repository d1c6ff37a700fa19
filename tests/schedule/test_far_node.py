"""A cluster of two nodes of which the second does not see the results folder, though it has one of the same path."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from tests.schedule.conftest import numbers, rows, run, write_grid
from tests.train import tiny
from tinker.errors import OK
from tinker.schedule.cluster import Capacity
from tinker.schedule.executor import Executor
from tinker.schedule.grid_run import run_grids
from tinker.schedule.mirror import scratch

pytestmark = [
    pytest.mark.xdist_group("ray"),
    pytest.mark.skipif(
        shutil.which("unshare") is None or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0,
        reason="a private mount needs Linux and root",
    ),
]

HEAD = """
import sys, time
import ray
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, connect=True, head_node_args=dict(
    num_cpus=2, num_gpus=1, object_store_memory=80 * 2**20, include_dashboard=False))
print(cluster.address, flush=True)
while len(ray.nodes()) < 2:
    time.sleep(0.1)
print("both", flush=True)
sys.stdin.read()
ray.shutdown()
cluster.shutdown()
"""
#: In a mount namespace of its own, where something else lies over the results: what it writes there nobody else sees.
#: Over Ray's folder too, in which `ray start` would leave a note that later programs take for a cluster of theirs.
FAR = """
mount -t tmpfs none "$1" && touch "$1/mine" && mkdir -p /tmp/ray && mount -t tmpfs none /tmp/ray &&
FAR_AWAY=1 exec "$2" start --address "$3" --block --num-cpus 2 --num-gpus 1 --object-store-memory 80000000
"""

#: Cross entropy that notes its calls by process, and where it is far away waits there for `go` once, and is killed.
KILLED = """
import os, signal, time
from dataclasses import dataclass
from pathlib import Path
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

HERE = Path(__file__).parent

@LOSS.variant()
class Killed(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        pass

    def __init__(self, config, model):
        super().__init__(config, model)
        self.calls, self.name = 0, f"{os.environ.get('FAR_AWAY', '0')}-{os.getpid()}-{time.monotonic()}"

    def forward(self, x, targets, head):
        if self.training:
            self.calls += 1
            (HERE / f"{self.name}.calls").write_text(str(self.calls))
            time.sleep(0.02)
            if self.calls == 30 and "FAR_AWAY" in os.environ and not (HERE / "killed").exists():
                while not (HERE / "go").exists():
                    time.sleep(0.05)
                (HERE / "killed").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x, targets, head)
"""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The results folder; RAY_ADDRESS names the cluster."""
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    results = tmp_path / "results"
    results.mkdir()
    script = Path(sys.executable).with_name("ray")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HEAD], **pipes, text=True) as head:
        assert head.stdin is not None
        assert head.stdout is not None
        address = head.stdout.readline().strip()
        monkeypatch.setenv("RAY_ADDRESS", address)
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", FAR, "sh", results, script, address]
        far = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert head.stdout.readline() == "both\n"
        yield results
        for process in [psutil.Process(far.pid), *psutil.Process(far.pid).children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        far.wait()
        head.stdin.close()
    scratch().rmdir()  # with what the killed workers have left


def _let_it_be_killed(results: Path, ended: threading.Event) -> None:
    """Once a checkpoint of the trial that waits for it has come over."""
    folder = results.parent
    while not ended.wait(0.2):
        far = [int(path.read_text() or 0) for path in folder.glob("1-*.calls")]
        if 30 in far and len(list(results.glob("trials/*/*/checkpoint/last.ckpt"))) == 2:
            (folder / "go").touch()
            return


@pytest.mark.timeout(300)
def test_a_grid_on_a_node_without_the_results_is_what_it_is_here(
    tmp_path: Path, ray_up: Capacity, cluster: Path
) -> None:
    tiny.plugin(tmp_path, "killed", KILLED)
    keys = {"plugins": ["killed.py"], "resources": {"gpus": 1, "cpus": 1}}
    base = {"model.loss": "killed", "train.steps": 60, "train.eval_every": 30, "checkpoint.minutes": 0.005}
    grid = write_grid(tmp_path, {"rotary": {"model.position": "rotary"}}, base=base, **keys)
    ended = threading.Event()
    killer = threading.Thread(target=_let_it_be_killed, args=(cluster, ended))
    with Executor() as executor, (tmp_path / "said").open("w") as said:
        killer.start()
        code = run_grids([str(grid)], [], cluster, Console(file=said, width=300), executor=executor)
    ended.set()
    killer.join()
    assert code == OK, (tmp_path / "said").read_text()
    attempts = {path.name: int(path.read_text()) for path in tmp_path.glob("*-*.calls")}
    assert (tmp_path / "killed").exists(), "both nodes had trials"
    [cause] = [cause for row in rows(cluster).values() for cause in row.status.causes]
    assert cause["kind"] == "crash"
    again = [calls for calls in attempts.values() if 30 < calls < 60]
    assert len(again) == 1, "what was killed far away went on from its checkpoint"
    assert not any(path.name.startswith((".last", "mine")) for path in cluster.rglob("*"))

    assert run(grid, tmp_path / "here", "resources.gpus=0")[0] == OK
    there, here = rows(cluster), rows(tmp_path / "here")
    assert len(there) == 4
    assert {trial: numbers(row) for trial, row in there.items()} == {t: numbers(r) for t, r in here.items()}
    for trial, row in there.items():
        kept = {path.name for path in row.folder.checkpoint.iterdir()}
        assert kept == {path.name for path in here[trial].folder.checkpoint.iterdir()}
