"""What the scheduler costs in a grid of thousands of trials that do next to nothing, by the real `tinker run`.

    python -m benchmarks.scale [--trials 10000] [--arms 100] [--workers 2] [--results FOLDER]

Every trial does one step of the smallest model. Two figures say what the driver costs a trial, and each must be at most
50 ms. One is the wall time that the workers' trials do not explain, (wall - busy / workers) / trials, where a worker is
busy with a trial from its start, as the driver is told, to the entry in `progress.json` at its end. The other is the
CPU seconds that the driver and Ray Tune's process used while trials ran. The wall is that from the first start to the
last commit: Ray's own start and the imports are in the time of the whole command only. Memory is sampled from outside,
twice a second.

Then 100 trials are deleted at random, and a fresh process is asked what is missing, twice: the first may have to make
the store's index. With `--results` the results stay there; they must not exist.
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
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psutil
import yaml

from benchmarks.overhead import EMPTY

ROOT = Path(__file__).resolve().parents[1]
RUN = "import sys; sys.argv[0] = 'tinker'; from tinker.cli.main import main; main()"
NAME = "scale"
#: Runs in a process of its own: seconds of the imports, seconds of `prepare`, trials done, trials to run.
PREPARE = """
import sys, time
from pathlib import Path
start = time.perf_counter()
from tinker.schedule.prepared import prepare
imported = time.perf_counter()
missing = prepare(sys.argv[1], [], Path(sys.argv[2])).missing
print(imported - start, time.perf_counter() - imported, len(missing.done), len(missing.todo))
"""
SAMPLE_EVERY, SAY_EVERY = 0.5, 30.0  # seconds
DELETED = 100


def write_grid(folder: Path, trials: int, arms: int, workers: int) -> Path:
    """A grid of so many arms that differ in their learning rate."""
    path = folder / f"{NAME}.yaml"
    content = {
        "name": NAME,
        "question": "What does the scheduler cost?",
        "control": "base",
        "scale": "smoke",
        "seeds": trials // arms,
        "base": {**EMPTY, "train.accelerator": "cpu"},
        "decide": {"metric": "val_loss", "min_effect": 0.01},
        "arms": {f"lr{arm}": {"optimizer.lr": round(1e-3 + arm * 1e-5, 6)} for arm in range(1, arms)},
        "resources": {"concurrent": workers},
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def command(*arguments: str) -> list[str]:
    """`tinker` with these arguments, from this source."""
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {RUN}", *arguments]


class Process:
    """One process of the run as seen from outside: its highest memory (bytes), and its CPU seconds at each sample."""

    def __init__(self, name: str, process: psutil.Process) -> None:
        self.name, self.process = name, process
        self.peak = 0
        self.cpu: list[tuple[float, float]] = []

    def sample(self) -> None:
        """Does nothing once it has ended."""
        try:
            with self.process.oneshot():
                times = self.process.cpu_times()
                self.peak = max(self.peak, self.process.memory_info().rss)
        except psutil.NoSuchProcess:
            return
        self.cpu.append((time.time(), times.user + times.system))

    def seconds(self, begin: float, end: float) -> float:
        """CPU seconds between two moments since the epoch, to half a second or so."""
        within = [cpu for at, cpu in self.cpu if begin <= at <= end]
        return within[-1] - within[0] if within else float("nan")


def tune_process(driver: psutil.Process) -> psutil.Process | None:
    """The driver's child that runs Ray Tune, once it is there."""
    for child in driver.children():
        try:
            if any("spawn_main" in word for word in child.cmdline()):
                return child
        except psutil.NoSuchProcess:
            continue
    return None


def watch(run: subprocess.Popen[bytes], results: Path, trials: int) -> list[Process]:
    """Samples the run until it ends, and says how far it is."""
    driver = psutil.Process(run.pid)
    seen = [Process("driver", driver)]
    start = said = time.monotonic()
    while run.poll() is None:
        if len(seen) == 1 and (tune := tune_process(driver)) is not None:
            seen.append(Process("Ray Tune", tune))
        for process in seen:
            process.sample()
        now = time.monotonic()
        if now - said >= SAY_EVERY:
            said, begun = now, sum(1 for _ in (results / "trials").glob("*/"))
            left = f", about {(now - start) / begun * (trials - begun) / 60:.0f} min left" if begun else ""
            memory = ", ".join(f"{process.name} {process.peak / 2**20:.0f} MB" for process in seen)
            print(f"{now - start:.0f} s: {begun} of {trials} begun{left}; {memory}", flush=True)
        time.sleep(SAMPLE_EVERY)
    return seen


def spans(results: Path) -> Iterator[tuple[float, float, float]]:
    """Of each trial: when the driver heard of its start, when its worker was done, when it was committed."""
    for path in (results / "trials").glob("*/*/result.json"):
        status = json.loads((path.parent / "status.json").read_bytes())
        worked = json.loads((path.parent / "progress.json").read_bytes())["time"]
        clocks = (status["started"], json.loads(path.read_bytes())["record"]["committed"])
        started, committed = (datetime.fromisoformat(clock).timestamp() for clock in clocks)
        yield started, worked, committed


def resume(grid: Path, results: Path) -> None:
    """Deletes trials, and prints how long it takes to know which."""
    folders = sorted(path.parent for path in (results / "trials").glob("*/*/result.json"))
    for folder in random.Random(0).sample(folders, DELETED):
        shutil.rmtree(folder.parent)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for when in ("first", "second"):
        start = time.perf_counter()
        asked = [sys.executable, "-c", PREPARE, str(grid), str(results)]
        said = subprocess.run(asked, env=environment, check=True, capture_output=True, text=True).stdout
        imports, prepare, done, todo = said.split()
        whole = time.perf_counter() - start
        print(
            f"resume, {when}: {done} done, {todo} to run; known after {float(prepare):.2f} s, with imports "
            f"({float(imports):.2f} s) and Python's start {whole:.2f} s",
            flush=True,
        )


def report(results: Path) -> None:
    """Prints how long `tinker report` takes."""
    start = time.perf_counter()
    subprocess.run(command("report", NAME, "--results", str(results)), check=True, stdout=subprocess.DEVNULL)
    print(f"tinker report: {time.perf_counter() - start:.1f} s")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--arms", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    trials, workers = options.trials // options.arms * options.arms, options.workers
    with tempfile.TemporaryDirectory() as name:
        grid = write_grid(Path(name), trials, options.arms, workers)
        results = options.results or Path(name, "results")
        if results.exists():
            parser.error(f"{results} exists; name a folder that does not")
        output = Path(name, "said.txt")
        began = time.time()
        with output.open("wb") as said:
            run = subprocess.Popen(command("run", str(grid), "--results", str(results)), stdout=said, stderr=said)
            seen = watch(run, results, trials)
        took = time.time() - began
        if run.returncode != 0:
            sys.exit(f"tinker run ended with {run.returncode}:\n{output.read_text(errors='replace')[-3000:]}")
        found = sorted(spans(results))
        first, last = found[0][0], max(committed for *_, committed in found)
        wall, busy = last - first, sum(max(0.0, worked - started) for started, worked, _ in found)
        print(f"{len(found)} trials of {options.arms} arms on {workers} workers in {took:.0f} s")
        print(f"  from the first start to the last commit {wall:.1f} s, {1e3 * wall / len(found):.1f} ms a trial")
        print(f"  workers were busy with trials for {busy:.1f} s, {1e3 * busy / len(found):.1f} ms a trial")
        print(f"driver overhead, wall beside the trials: {1e3 * (wall - busy / workers) / len(found):.1f} ms a trial")
        cpu = {process.name: 1e3 * process.seconds(first, last) / len(found) for process in seen}
        parts = ", ".join(f"{name} {value:.1f}" for name, value in cpu.items())
        print(f"driver overhead, CPU: {sum(cpu.values()):.1f} ms a trial ({parts})")
        print("peak memory: " + ", ".join(f"{process.name} {process.peak / 2**20:.0f} MB" for process in seen))
        resume(grid, results)
        report(results)


if __name__ == "__main__":
    main()
