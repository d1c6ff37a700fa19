"""What do looks cost in power, and what do they save, beside a fixed number of seeds? Figures with their error.

    python -m benchmarks.adaptive [--replications N] [--only TEXT] [--workers 2]

Grids of simulated losses, run as the scheduler runs them: `next_seeds` is asked, and what it asks for is trained. Looks
are at 4, 8 and 12 seeds an arm and the control goes by need; the fixed design has 12 seeds an arm and, for both alike,
sqrt(arms) times that of the control: 30 beside six arms, 102 trials. Power is the part of the arms with an effect that
get the right verdict. A few minutes on two cores; the figures are kept in figures.txt.
"""

from __future__ import annotations

import sys

from benchmarks.adaptive.compared import SETTINGS
from benchmarks.calibration.command import command

if __name__ == "__main__":
    sys.exit(command("benchmarks.adaptive", __doc__, SETTINGS))
