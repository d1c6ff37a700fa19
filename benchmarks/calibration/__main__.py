"""Do the verdicts err as rarely, and find as much, as is promised? Prints figures with their Monte Carlo error.

    python -m benchmarks.calibration [--replications N] [--only TEXT] [--workers 2]

About half an hour on two cores; --only takes the settings whose question or label has the text. Writes nothing; exits
with 1 where a figure is beyond its bound by more than two standard errors.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.calibration import (
    coverage,
    declared_tests,
    diverging,
    error,
    hardware,
    peeking,
    power,
    shapes,
    tuning,
)
from benchmarks.calibration.simulate import all_figures

QUESTIONS = (power, coverage, peeking, diverging, tuning, declared_tests, hardware, shapes, error)
LINE = "{:9} {:52} {:26} {:>7} {:>6} {:>13} {:>7} {}"


def main(replications: int | None, only: str, workers: int) -> int:
    """Prints a line for each figure; returns the exit code."""
    settings = [s for module in QUESTIONS for s in module.SETTINGS if only in f"{s.question} {s.label}"]
    if not settings:
        print(f"no setting has {only!r} in its question or label", file=sys.stderr)
        return 2
    print(LINE.format("question", "setting", "figure", "value", "+-", "bound", "grids", ""))
    failed = 0
    for setting, found in all_figures(settings, replications, workers):
        for figure in found:
            failed += not figure.holds()
            value, noise = f"{figure.value:.4f}", f"{figure.error:.4f}"
            bound = "{:.3f}..{:.3f}".format(*figure.bound)
            count = replications or setting.replications
            said = "ok" if figure.holds() else "FAIL"
            print(
                LINE.format(setting.question, setting.label, figure.name, value, noise, bound, count, said), flush=True
            )
    print(f"{failed} figures out of bounds" if failed else "all figures within their bounds")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--replications", type=int, help="grids a setting, instead of its own number")
    parser.add_argument("--only", default="", metavar="TEXT", help="of the question and the setting")
    parser.add_argument("--workers", type=int, default=2, help="processes; the figures are the same for any number")
    options = parser.parse_args()
    sys.exit(main(options.replications, options.only, options.workers))
