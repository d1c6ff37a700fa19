"""Do the verdicts err as rarely, and find as much, as is promised? Prints figures with their Monte Carlo error.

    python -m benchmarks.calibration [--replications N] [--only TEXT] [--workers 2]

About half an hour on two cores; --only takes the settings whose question or label has the text. Writes nothing; exits
with 1 where a figure is beyond its bound by more than two standard errors.
"""

from __future__ import annotations

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
from benchmarks.calibration.command import command

QUESTIONS = (power, coverage, peeking, diverging, tuning, declared_tests, hardware, shapes, error)

if __name__ == "__main__":
    settings = [setting for module in QUESTIONS for setting in module.SETTINGS]
    sys.exit(command("benchmarks.calibration", __doc__, settings))
