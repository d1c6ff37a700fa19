"""What a trial costs beside its training, once the actors are warm: 60 trials of one step through Ray Tune.

    python benchmarks/overhead.py [TRIALS]

A trial does one step and one evaluation of a few tokens, so all of it counts as overhead: the time between two commits
of the run, times the trials that run at once. The first trial of each actor, which imports torch, is left out.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import mean, median, quantiles, stdev

import yaml
from rich.console import Console

from tinker.schedule.executor import Executor
from tinker.schedule.grid_run import run_grids
from tinker.store.store import Store

EMPTY = {
    "model.n_layer": 1,
    "model.n_embd": 16,
    "model.context": 16,
    "train.steps": 1,
    "train.eval_every": 1,
    "train.batch_size": 16,
    "schedule.warmup_steps": 0,
    "data.validation_documents": 1,
}


def main(trials: int) -> None:
    """Runs the trials and prints what each cost."""
    with tempfile.TemporaryDirectory() as folder, Executor() as executor:
        while executor.capacity is None:
            executor.poll(1.0)
        at_once = executor.capacity.fits(1, 0)
        grid = Path(folder, "empty.yaml")
        content = {
            "name": "empty",
            "question": "What does a trial cost that does nothing?",
            "control": "base",
            "scale": "smoke",
            "seeds": trials + at_once,
            "base": {**EMPTY, "train.accelerator": "cpu"},
            "decide": {"metric": "val_loss", "min_effect": 1},
        }
        grid.write_text(yaml.safe_dump(content))
        start = time.perf_counter()
        assert run_grids([str(grid)], [], Path(folder, "results"), Console(quiet=True), executor=executor) == 0
        total = time.perf_counter() - start
        ends = []
        for row in Store(Path(folder, "results")).rows():
            assert row.result is not None
            ends.append(datetime.fromisoformat(row.result["record"]["committed"]).timestamp())
    ends.sort()
    gaps = [later - earlier for earlier, later in zip(ends[at_once - 1 :], ends[at_once:], strict=False)]
    cost = [at_once * gap for gap in gaps]
    low, *_, high = quantiles(cost, n=20)
    figures = {
        "trials": trials,
        "at_once": at_once,
        "total_s": round(total, 1),
        "wall_s_per_trial": round(mean(gaps), 4),
        "overhead_s": {
            "mean": round(mean(cost), 4),
            "median": round(median(cost), 4),
            "sd": round(stdev(cost), 4),
            "p5": round(low, 4),
            "p95": round(high, 4),
        },
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
