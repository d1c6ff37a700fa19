"""How long `tinker report` takes on a store of 10,000 trials with 200 curve points each, as a command, and its memory.

    python -m benchmarks.report_at_scale [--trials 10000] [--arms 100] [--points 200] [--times 3] [--store FOLDER]

The trials are written straight into a store, as commits write them, and nothing is trained. Then, so many times: the
first report of a store without caches and tables; a second one after one more trial was committed; and a third with
nothing new. Seconds include the start of Python; CPU seconds
tell what other work on the cores hides; memory is the highest resident set of the process. With `--store` the
store stays there, and is taken as it is if it exists.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tinker.spec import Seeds, TrialSpec
from tinker.store.layout import Layout
from tinker.store.sealed import seal
from tinker.store.store import Store
from tinker.store.strict_json import encode

ROOT = Path(__file__).resolve().parents[1]
RUN = "import sys; sys.argv[0] = 'tinker'; from tinker.cli.entry import main; main()"
NAME, CLASS = "large", "cpu-made-up-torch2.13-t1-000000"
RULE = {
    "metric": "val_loss", "direction": "lower", "min_effect": 0.01, "alpha": 0.05, "correction": "holm",
    "diverged": "worst",
}  # fmt: skip
CODE = {"fingerprint": "c0de" * 4, "modules": {f"model/part{n}.py": "0123456789abcdef" for n in range(60)}}
ENVIRONMENT: dict[str, Any] = {
    "torch": "2.13.0", "cuda": None, "cores": 2, "os": "Linux", "python": "3.11.9",
    "device": {"type": "cpu", "name": "A CPU", "capability": "AVX512"}, "places": ["0a1b2c3d"], "rented": None,
    "libraries": {f"library{n}": "1.2.3" for n in range(12)},
    "git": {"commit": "f00" * 13, "diff": "", "diff_cut": False, "untracked": []},
}  # fmt: skip
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def spec(arm: int, seed: int) -> TrialSpec:
    """One trial of the grid."""
    config = {
        "model": {"context": 64, "n_layer": 4, "n_embd": 128, "attention": {"type": "causal", "kv_heads": 4}},
        "train": {"batch_size": 12, "threads": 1, "precision": "fp32", "steps": 2000, "eval_every": 10},
        "optimizer": {"type": "adamw", "lr": round(1e-3 + arm * 1e-5, 6), "weight_decay": 0.1, "betas": [0.9, 0.99]},
    }
    return TrialSpec.of(config, Seeds(seed, seed), "corpus")


def finish(results: Path, arm: int, seed: int, points: int) -> None:
    """Puts a finished trial there, not synced to the disk."""
    trial, draw = spec(arm, seed), random.Random(arm * 1000 + seed)
    start = FIRST + timedelta(minutes=10 * (seed * 100 + arm))
    final = 2.0 - 0.0002 * arm + draw.gauss(0, 0.005)
    curve = [
        {"step": 10 * step, "metric": "val_loss", "value": final + 2.0 / step + draw.gauss(0, 0.01)}
        for step in range(1, points + 1)
    ]
    result = {
        "status": "done", "steps": 10 * points, "params": 800_000 + arm, "flops_per_token": 5e6,
        "metrics": {"val_loss": final, "train_loss": final - 0.1, "seconds": 80.0, "tokens_per_s": 18e3,
                    "rss_bytes": 4e8},
    }  # fmt: skip
    committed = (start + timedelta(minutes=2)).isoformat(timespec="milliseconds")
    token, parts, sealed = seal(trial, CLASS, result, curve, ENVIRONMENT, CODE, committed)
    folder = Layout(results).trial(trial.id, CLASS)
    folder.path.mkdir(parents=True)
    for name, data in parts.items():
        folder.part(name, token).write_bytes(data)
    status = {"state": "done", "attempts": 1, "cause": None, "owner": "x", "causes": []}
    times = {"started": start.isoformat(timespec="milliseconds"), "finished": committed}
    folder.spec.write_bytes(encode(trial.as_dict()))
    folder.status.write_bytes(encode(status | times))
    folder.result.write_bytes(sealed)


def write_grid(results: Path, trials: int, arms: int) -> None:
    """`grid.json` with one trial more than the store has: the last seed of the last arm is still to come."""
    names = [f"lr{arm}" if arm else "base" for arm in range(arms)]
    grid = {
        "schema": 1, "name": NAME, "question": "Does it help?", "hypothesis": "It does.", "control": "base",
        "decide": RULE, "rule_hash": "abc", "skipped": [], "environment_class": CLASS,
        "rule_history": [{"hash": "abc", "decide": RULE, "time": "2026-01-01", "results_existed": False}],
        "arms": [
            {"name": name, "is_control": not arm, "diff": {}, "changes_scale": False, "params": 800_000 + arm,
             "flops_per_token": 5e6}
            for arm, name in enumerate(names)
        ],
        "cells": [
            {"arm": name, "trial_id": spec(arm, seed).id, "seed_init": seed, "seed_data": seed, "corpus": "grammar",
             "scale": "cpu"}
            for arm, name in enumerate(names) for seed in range(trials // arms)
        ],
    }  # fmt: skip
    path = results / NAME / "grid.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(grid), encoding="utf-8")


def report(results: Path) -> tuple[float, float, float]:
    """Seconds, CPU seconds and MB of one `tinker report`."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {RUN}"
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code, "report", NAME, "--results", str(results)], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # it is reaped: Popen is not to wait again
    if process.returncode:
        sys.exit(f"tinker report ended with {process.returncode}")
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, kilobytes / 1024


def forget(results: Path) -> None:
    """Removes whatever is made from the files of the trials."""
    kept = {"grid.json", "trials"}
    for path in [*(results / NAME).iterdir(), *results.iterdir()]:
        if path.name not in kept and path.name != NAME:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (results / "trials").iterdir():
        if not path.is_dir() or path.name.startswith("."):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def measure(results: Path, arms: int, seeds: int, points: int) -> dict[str, tuple[float, float, float]]:
    """One round: seconds, CPU seconds and MB of each report."""
    last = Store(results).folder(spec(arms - 1, seeds - 1), CLASS).path.parent
    if last.exists():
        shutil.rmtree(last)
    forget(results)
    found = {"the first report": report(results)}
    finish(results, arms - 1, seeds - 1, points)
    time.sleep(0.2)  # what was written this moment is not remembered
    found["after one more trial"] = report(results)
    found["with nothing new"] = report(results)
    return found


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--arms", type=int, default=100)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--store", type=Path)
    options = parser.parse_args()
    arms, seeds = options.arms, options.trials // options.arms
    with tempfile.TemporaryDirectory() as folder:
        results: Path = options.store or Path(folder)
        if not (results / NAME).exists():
            write_grid(results, arms * seeds, arms)
            for arm in range(arms):
                for seed in range(seeds):
                    finish(results, arm, seed, options.points)
        taken = [measure(results, arms, seeds, options.points) for _ in range(options.times)]
    print(f"{arms * seeds} trials of {arms} arms, {options.points} curve points each, n={len(taken)}: median (range)")
    for label in taken[0]:
        figures = zip(*(found[label] for found in taken), strict=True)
        said = [f"{median(each):.2f} ({min(each):.2f} to {max(each):.2f})" for each in figures]
        print("{:22} {} s, CPU {} s, peak {} MB".format(label, *said))


if __name__ == "__main__":
    main()
