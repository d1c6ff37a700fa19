"""A folder that Ray Tune itself wrote becomes a grid. Needs Ray to write it, and none to read it."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.importing.made_up import import_, reasons, trials, verdicts
from tinker.schedule.cluster import Capacity

STEPS = 3


def _train(config: dict[str, Any]) -> None:
    """Losses of one arm that is better, one that diverges and one that breaks."""
    from ray import tune  # not before the fixture, which says how Ray is to start

    arm, seed = config["run"]["arm"], config["run"]["seed"]
    for step in range(1, STEPS + 1):
        if arm == "broken" and step == 2:
            raise RuntimeError("out of memory")
        loss = (1.0 if arm == "good" else 2.0) + 0.01 * seed - 0.1 * step
        tune.report({"val_loss": float("nan") if arm == "lost" and step == STEPS else loss, "step": 10 * step})


def test_what_ray_tune_wrote_is_imported_with_every_outcome(
    ray_up: Capacity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray import tune

    monkeypatch.delenv("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", raising=False)  # tinker's own runs do without these files
    runs = [{"arm": a, "seed": s} for a, s in (*product(("base", "good"), (0, 1)), ("lost", 0), ("broken", 0))]
    tune.Tuner(
        tune.with_resources(_train, {"cpu": 1}),
        param_space={"run": tune.grid_search(runs)},
        run_config=tune.RunConfig(name="exp", storage_path=str(tmp_path / "ray"), verbose=0),
        tune_config=tune.TuneConfig(reuse_actors=True),
    ).fit()
    columns = ("--arm", "config/run/arm", "--seed", "config/run/seed", "--step", "step")
    folder = import_(tmp_path / "ray" / "exp", *columns, results=tmp_path / "results")
    states = {(row["arm"], row["seed_init"]): (row["status"], row["steps"]) for row in trials(folder)}
    done = dict.fromkeys(product(("base", "good"), (0, 1)), ("done", 10 * STEPS))
    assert states == {**done, ("lost", 0): ("diverged", 10 * STEPS), ("broken", 0): ("failed", 10)}
    said = verdicts(folder)
    assert (said["base"], said["good"], said["broken"]) == ("control", "better", "invalid")
    assert "seed 0 of the arm failed" in reasons(folder)["broken"]
