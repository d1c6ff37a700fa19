"""Against RunPod itself, with real money (well below a dollar): `make test-runpod`, with RUNPOD_API_KEY set."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tinker.cloud.api.client import Api
from tinker.cloud.lender import Placement
from tinker.cloud.orders import Orders
from tinker.cloud.owned import owned
from tinker.cloud.state import State
from tinker.grid.fleet import Fleet
from tinker.store.rented import read_rented
from tinker.store.store import Store

LIVE = "TINKER_TEST_RUNPOD"
GRID = """
name: live
question: Does one trial run on a rented card?
control: control
scale: smoke
base: {train.accelerator: cuda}
arms: {}
seeds: 1
decide: {metric: val_loss, direction: lower, min_effect: 0.01}
fleet: {max_usd: 1, max_usd_per_hour: 0.8, max_hours: 1, cloud: community}
"""

pytestmark = [
    pytest.mark.skipif(os.environ.get(LIVE) != "1", reason=f"rents a pod for money: {LIVE}=1 and RUNPOD_API_KEY"),
    pytest.mark.timeout(5400),
]


def test_one_trial_on_a_small_pod_comes_home_and_the_pod_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINKER_STATE", str(tmp_path / "state"))
    (tmp_path / "live.yaml").write_text(GRID)
    command = [sys.executable, "-c", "from tinker.cli.entry import main; main()"]
    done = subprocess.run([*command, "run", "live.yaml", "--on", "runpod", "--yes"], cwd=tmp_path)
    assert done.returncode == 0
    rows = [row for row in Store(tmp_path / "results").rows() if row.result is not None]
    assert len(rows) == 1
    api = Api(os.environ["RUNPOD_API_KEY"])
    assert owned(api.pods(), State().owner()) == []
    (fleet,) = read_rented(tmp_path / "results", "live")
    assert 0.0 < fleet.usd < 1.0
    until = time.monotonic() + 3600
    while api.billed(fleet.pods[-1].pod_id) is None and time.monotonic() < until:
        time.sleep(60)
    assert api.billed(fleet.pods[-1].pod_id) == pytest.approx(fleet.usd, abs=0.02)


def test_a_pod_that_nobody_looks_after_deletes_itself(tmp_path: Path) -> None:
    state = State(tmp_path)
    api, owner, folder = Api(os.environ["RUNPOD_API_KEY"]), state.owner(), state.new_fleet()
    cards = [card for card in api.cards(1, "COMMUNITY") if card.level != "NONE" and "community" in card.price]
    card = min(cards, key=lambda each: each.price["community"])
    orders = Orders(Fleet(cloud="community", idle_minutes=60), folder, owner)
    deadline = api.now() + 900
    pod = api.create_pod(orders(f"{folder.name}-1", Placement(card.id, card.price["community"]), deadline))
    try:
        while api.now() < deadline + 180 and owned(api.pods(), owner):
            time.sleep(15)
        assert owned(api.pods(), owner) == []
        assert api.now() >= deadline - 5
    finally:
        api.delete_pod(pod.id)
