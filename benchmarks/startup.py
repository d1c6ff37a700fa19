"""How long the command line keeps one waiting: `--help`, `plan` of seven arms, and the first training step of the demo.

    python -m benchmarks.startup [--times 5] [--runs 3]

Whole commands, from their start: to their end, and of `tinker run` until a trial says that it has done a step. Plans
come in two kinds: of models that this machine has counted before, and with an empty cache.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
RUN = "import sys; sys.argv[0] = 'tinker'; from tinker.cli.entry import main; main()"
DEMO = str(ROOT / "grids" / "attention_variants.yaml")
PATIENCE = 300.0  # seconds for the first step


def start(*arguments: str, cache: Path | None = None) -> subprocess.Popen[bytes]:
    """`tinker` with these arguments, from this source."""
    own = {"TINKER_CACHE": str(cache)} if cache else {}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", RUN, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **own},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def whole(*arguments: str, cache: Path | None = None) -> tuple[float, float]:
    """Seconds and CPU seconds of a command."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    if start(*arguments, cache=cache).wait() != 0:
        sys.exit(f"tinker {' '.join(arguments)} failed")
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_step(cache: Path) -> float:
    """Seconds from the command to a trial's word of its first step; the run is stopped then."""
    with tempfile.TemporaryDirectory() as name:
        began = time.perf_counter()
        run = start("run", DEMO, "--results", name, cache=cache)
        try:
            while not any(_step(path) for path in Path(name).glob("trials/*/*/progress.json")):
                if run.poll() is not None or time.perf_counter() - began > PATIENCE:
                    sys.exit("the run ended, or did no step in time")
                time.sleep(0.02)
            return time.perf_counter() - began
        finally:
            run.send_signal(signal.SIGINT)
            run.wait()


def _step(progress: Path) -> int:
    try:
        return int(json.loads(progress.read_bytes())["step"])
    except (OSError, ValueError):
        return 0


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    taken: dict[str, list[tuple[float, float]]] = {"help": [], "plan, sizes known": [], "plan, empty cache": []}
    with tempfile.TemporaryDirectory() as name:
        cache = Path(name, "cache")
        whole("plan", DEMO, "--results", name, cache=cache)
        for turn in range(options.times):
            taken["help"].append(whole("--help"))
            taken["plan, sizes known"].append(whole("plan", DEMO, "--results", name, cache=cache))
            taken["plan, empty cache"].append(whole("plan", DEMO, "--results", name, cache=Path(name, str(turn))))
        steps = [first_step(cache) for _ in range(options.runs)]
    print(f"n={options.times}: median (range)")
    for label, found in taken.items():
        wall, cpu = zip(*found, strict=True)
        print(f"{label:20} {_said(wall)} s, CPU {_said(cpu)} s")
    if steps:
        print(f"{'first step':20} {_said(steps)} s, n={len(steps)}")


def _said(values: tuple[float, ...] | list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
