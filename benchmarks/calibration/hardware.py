"""Two kinds of machine that differ, in their losses or in their noise, with unequal numbers of runs on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from numpy.random import Generator

from benchmarks.calibration.grids import COVERS, ERROR, SHARP, covers, differs, judged
from benchmarks.calibration.simulate import Setting
from tests.stats.made_up import row

RULE = replace(SHARP, blocks="hardware")
#: Between the machines, in sd between seeds.
EFFECT = 3.0


def blocks(
    rng: Generator, arm: Sequence[int], control: Sequence[int], arm_sd: float, new_sd: float
) -> Mapping[str, float]:
    """Nothing differs between the arms; runs of each side on the old machine and on the new one, `new_sd` as noisy."""
    trials = []
    for name, counts, sd in (("control", control, 1.0), ("1", arm, arm_sd)):
        machines = ["old"] * counts[0] + ["new"] * counts[1]
        noise = [sd] * counts[0] + [sd * new_sd] * counts[1]
        values = rng.normal(0.0, noise).tolist()
        trials += [
            row(name, seed, value + EFFECT * (machine == "new"), environment_class=machine)
            for seed, (value, machine) in enumerate(zip(values, machines, strict=True))
        ]
    found = judged(trials, RULE)
    return {"better or worse": differs(found), "interval": covers(found["1"], 0.0)}


BOUNDS = {"better or worse": ERROR, "interval": COVERS}


def _setting(arm: tuple[int, int], control: tuple[int, int], sd: float, new_sd: float = 1.0) -> Setting:
    label = f"arm {arm[0]}+{arm[1]}, control {control[0]}+{control[1]}, arm sd x{sd:g}"
    label += f", new machine x{new_sd:g}" if new_sd != 1.0 else ""
    simulated = partial(blocks, arm=arm, control=control, arm_sd=sd, new_sd=new_sd)
    return Setting("blocks", label, simulated, BOUNDS, 10_000)


SETTINGS = [
    _setting((2, 4), (4, 2), 1.0),
    _setting((3, 5), (6, 2), 1.0),
    _setting((5, 5), (8, 2), 1.0),
    _setting((2, 4), (4, 2), 3.0),
    _setting((5, 5), (8, 2), 3.0),
    _setting((9, 1), (9, 1), 1.0, new_sd=3.0),
    _setting((9, 2), (9, 2), 1.0, new_sd=2.0),
    _setting((9, 2), (9, 2), 1.0, new_sd=5.0),
]
