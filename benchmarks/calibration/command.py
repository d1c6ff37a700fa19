"""The command line of a benchmark made of settings: it prints a line for each figure."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.calibration.simulate import Setting, all_figures

LINE = "{:9} {:52} {:26} {:>7} {:>6} {:>13} {:>7} {}"


def command(name: str, described: str | None, settings: Sequence[Setting]) -> int:
    """Reads the arguments, prints, and returns the exit code: 1 where a figure is out of its bounds."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=described)
    parser.add_argument("--replications", type=int, help="grids a setting, instead of its own number")
    parser.add_argument("--only", default="", metavar="TEXT", help="of the question and the setting")
    parser.add_argument("--workers", type=int, default=2, help="processes; the figures are the same for any number")
    options = parser.parse_args()
    chosen = [s for s in settings if options.only in f"{s.question} {s.label}"]
    if not chosen:
        print(f"no setting has {options.only!r} in its question or label", file=sys.stderr)
        return 2
    return show(chosen, options.replications, options.workers)


def show(settings: Sequence[Setting], replications: int | None, workers: int) -> int:
    """Prints a line for each figure; returns the exit code."""
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
