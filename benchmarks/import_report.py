"""How long `tinker import` and `tinker report` take on 1,500 runs of 200 arms, as commands.

    python benchmarks/import_report.py [TIMES]

Once from a CSV file with a row for each run, once from one with a curve of 50 points for each. The commands alternate,
and include the start of Python.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
RUN = "import sys; sys.argv[0] = 'tinker'; from tinker.cli.main import main; main()"
ARMS, RUNS, POINTS = 200, 1500, 50
RULE = ("--control", "arm000", "--min-effect", "0.005", "--metric", "val_loss", "--metric", "train_loss")


def runs() -> Iterator[tuple[str, int, float]]:
    """Arm, seed and final loss of each run: every tenth arm is better, every tenth worse."""
    draw = random.Random(0)
    for run in range(RUNS):
        arm, seed = run % ARMS, run // ARMS
        effect = {3: -0.05, 7: 0.05}.get(arm % 10, 0.0)
        yield f"arm{arm:03d}", seed, 3.0 + effect + draw.gauss(0, 0.005)


def write_runs(path: Path) -> None:
    """A row for each run."""
    rows = [f"{arm},{seed},{loss!r},{loss - 0.1!r}" for arm, seed, loss in runs()]
    path.write_text("\n".join(["arm,seed,val_loss,train_loss", *rows]) + "\n", encoding="utf-8")


def write_curves(path: Path) -> None:
    """A row for each run and step."""
    rows = [
        f"{arm},{seed},{100 * step},{loss + 1 / step!r},{loss - 0.1 + 1 / step!r}"
        for arm, seed, loss in runs()
        for step in range(1, POINTS + 1)
    ]
    path.write_text("\n".join(["arm,seed,step,val_loss,train_loss", *rows]) + "\n", encoding="utf-8")


def seconds(folder: Path, *arguments: str) -> float:
    """Of one command."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {RUN}", *arguments],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def main(times: int) -> None:
    """Prints the median, the fastest and the slowest of each command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_runs(folder / "runs.csv")
        write_curves(folder / "curves.csv")
        commands = {
            "import, a row a run": ("import", "runs.csv", *RULE),
            "report of it": ("report", "runs"),
            f"import, {POINTS} points a run": ("import", "curves.csv", "--step", "step", *RULE),
            "report of it, with curves": ("report", "curves"),
        }
        taken: dict[str, list[float]] = {label: [] for label in commands}
        for _ in range(times):
            for label, arguments in commands.items():
                taken[label].append(seconds(folder, *arguments))
    print(f"{RUNS} runs of {ARMS} arms, {times} times each: median (fastest to slowest)")
    for label, found in taken.items():
        print(f"{label:28} {median(found):6.2f} s ({min(found):.2f} to {max(found):.2f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
