"""A launcher that is killed after any of its steps leaves no pod behind, no foreign pod touched, and loses no result.

Every call to RunPod and every line of the ledger is a step; a step is what a launcher can be killed between.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.cloud.light import FLEET_ASKED, TRIALS, process, reap_all
from tinker.cloud.fake.clock import VirtualClock
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.ledger import Ledger
from tinker.cloud.owned import DEADLINE
from tinker.cloud.state import State

PROCESSES = multiprocessing.get_context("forkserver")
#: Seconds of the fake's clock between two calls.
STEP = 7.0


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """The processes are forked from one that has imported everything."""
    PROCESSES.set_forkserver_preload(["tests.cloud.light"])


def _life(fake: FakeRunPod, folder: Path, kill_at: int, pods: int) -> int | None:
    child = PROCESSES.Process(target=process, args=(fake.url, fake.key, str(folder), kill_at, pods))
    child.start()
    child.join(60)
    return child.exitcode


def _fake(folder: Path) -> FakeRunPod:
    return FakeRunPod(folder, clock=VirtualClock(step=STEP), start=20, pull=40)


def _trained(folder: Path) -> Counter[str]:
    path = folder / "machines" / "trained"
    return Counter(path.read_text().split()) if path.exists() else Counter()


def _steps(folder: Path, pods: int) -> list[str]:
    with _fake(folder / "service") as fake:
        assert _life(fake, folder, 0, pods) == 0
        assert fake.living == []
    assert sorted(path.name for path in (folder / "home").iterdir()) == sorted(TRIALS)
    return (folder / "steps").read_text().splitlines()


def _cents(folder: Path, fake: FakeRunPod) -> None:
    """The ledgers agree with the service's meter, to the cent, pod by pod."""
    for fleet in State(folder / "state").fleets():
        for pod in Ledger(fleet.ledger).account.pods.values():
            assert not pod.open
            if pod.pod_id is not None:
                assert pod.cost(0.0) == pytest.approx(fake.meter.usd(pod.pod_id), abs=0.01)


@pytest.mark.parametrize("pods", [1, 2])
def test_after_each_single_step_a_reaper_leaves_nothing_and_the_next_run_completes(tmp_path: Path, pods: int) -> None:
    steps = _steps(tmp_path / "quiet", pods)
    assert sum(step.startswith("ledger ") for step in steps) >= 5 + 4 * pods
    assert sum(step.startswith("POST ") for step in steps) == pods
    assert sum(step.startswith("DELETE ") for step in steps) == pods
    for number in range(1, len(steps) + 1):
        folder = tmp_path / f"{number}"
        with _fake(folder / "service") as fake:
            foreign = len(fake.foreign)
            where = f"killed after step {number}, {steps[number - 1]}"
            assert _life(fake, folder, number, pods) == -signal.SIGKILL, where
            reap_all(fake.url, fake.key, folder)
            assert fake.living == [], where
            assert len(fake.foreign) == foreign, where
            _cents(folder, fake)
            assert _life(fake, folder, 0, pods) == 0, where
            assert fake.living == [], where
            assert fake.meter.total() <= 2 * FLEET_ASKED.max_usd  # two fleets, each with its cap
            assert sorted(path.name for path in (folder / "home").iterdir()) == sorted(TRIALS), where
            # What was killed on a machine may have to be done again, but never what was at home.
            assert set(_trained(folder)) == set(TRIALS), where
            assert sum(_trained(folder).values()) <= len(TRIALS) + pods, where


def test_a_killed_fleet_costs_at_most_its_cap_if_nobody_ever_reaps(tmp_path: Path) -> None:
    with _fake(tmp_path / "service") as fake:
        steps = _steps(tmp_path / "quiet", 1)
        after_order = 1 + next(n for n, step in enumerate(steps) if step.startswith("POST "))
        assert _life(fake, tmp_path, after_order, 1) == -signal.SIGKILL
        (pod,) = fake.living
        seconds = float(pod.order["env"][DEADLINE]) - pod.created
        assert seconds * pod.usd_per_hour / 3600 <= FLEET_ASKED.max_usd
