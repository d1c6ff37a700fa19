"""Does what makes a trial fast change what comes out? The same seeds with each switch on and off, to the last step.

    python -m benchmarks.equivalence [--seeds 12] [--steps 1000] [--sides 'fused;compile'] [OVERRIDE ...]

The overrides are those of `tinker train`; without any it is `scale=cpu` on one thread of the CPU, with a schedule of as
many steps as are asked for. Of each side and the plain one: the largest difference of a training loss in the first 50
steps; then of the final validation losses the mean difference between equal seeds with its 90 % interval (which lies
within a margin where two one-sided tests at 5 % say "equivalent"), the largest difference, all three in sd between
seeds; and the ratio of the sd of the two sides, with an F interval that takes them for independent samples.

Two sides are yardsticks. `rounding` has one weight of each seed moved to the next number that a float can hold: what it
ends with nobody can be closer than. `lr x 1.1` is a fault, which the figures have to show.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from math import inf, sqrt
from statistics import fmean
from typing import Any

import torch

from benchmarks.fused import specs_of, trained
from model.gpt import GPT
from tinker.stats.moments import variance
from tinker.stats.paired import paired
from tinker.stats.spread import sd_ratio_interval
from tinker.stats.t_test import TTest
from tinker.stats.tost import tost
from tinker.train import recorder, training
from tinker.train.result import TrialResult

#: Steps whose training losses are compared one by one.
FIRST = 50
FUSED_OPTIMIZER, COMPILE, ONEDNN = "train.fused_optimizer=true", "train.compile=true", "train.matmul=onednn"
#: Overrides of each side, and whether its seeds are trained as one program.
SIDES: dict[str, tuple[tuple[str, ...], bool]] = {
    "fused": ((), True),
    "fused_optimizer": ((FUSED_OPTIMIZER,), False),
    "fused, fused_optimizer": ((FUSED_OPTIMIZER,), True),
    "compile": ((COMPILE,), False),
    "compile, fused_optimizer": ((COMPILE, FUSED_OPTIMIZER), False),
    "matmul": ((ONEDNN,), False),
    "matmul, fused": ((ONEDNN,), True),
    "matmul, compile, fused_optimizer": ((ONEDNN, COMPILE, FUSED_OPTIMIZER), False),
}
ROUNDING, FAULT = "rounding", "lr x 1.1"
SETTING = ("scale=cpu", "train.accelerator=cpu", "train.threads=1")


@dataclass(frozen=True)
class Agreement:
    """How far trials of equal seeds end from each other; all but `first` and `sd_ratio` in sd between plain seeds."""

    n: int
    first: float
    difference: float
    low: float
    high: float
    furthest: float
    sd_ratio: float
    sd_ratio_interval: tuple[float, float]
    _test: TTest | None

    @classmethod
    def of(cls, plain: Sequence[float], other: Sequence[float], first: float) -> Agreement:
        """Of final losses; place i of both has the same seed."""
        sds = [sqrt(variance(side)) for side in (other, plain)]
        there, here = ([value / sds[1] for value in side] for side in (other, plain))
        pairs = [a - b for a, b in zip(there, here, strict=True)]
        test = paired(there, here, alpha=0.10)
        mean = fmean(pairs)
        low, high = (test.low, test.high) if test else (mean, mean)
        interval = sd_ratio_interval(sds[0], len(pairs), sds[1], len(pairs)) or (0.0, inf)
        return cls(len(pairs), first, mean, low, high, max(map(abs, pairs)), sds[0] / sds[1], interval, test)

    def p(self, margin: float) -> float:
        """Of two one-sided paired tests against +-`margin` sd between seeds: small says that the sides are equivalent.

        Pairs that are all equally far apart leave nothing to chance.
        """
        if self._test is None:
            return 0.0 if abs(self.difference) < margin else 1.0
        return tost(self._test, margin)


def agreement(plain: Sequence[TrialResult], other: Sequence[TrialResult]) -> Agreement:
    """Of trials; place i of both has the same seed."""
    pairs = [
        (a, b)
        for mine, its in zip(other, plain, strict=True)
        for a, b in zip(mine.probes.first[:FIRST], its.probes.first[:FIRST], strict=True)
    ]
    ends = [[result.metrics["val_loss"] for result in side] for side in (plain, other)]
    return Agreement.of(*ends, first=max(abs(a - b) for a, b in pairs))


def results_of(overrides: Sequence[str], seeds: Sequence[int], *, fused: bool = False) -> list[TrialResult]:
    """Whole trials, with the losses of their first 50 steps."""
    before = recorder.PROBE_STEPS
    recorder.PROBE_STEPS = FIRST
    try:
        results = trained(specs_of(overrides, seeds), fused=fused)[0]
    finally:
        recorder.PROBE_STEPS = before
    assert all(("fused" in result.environment) is fused for result in results), "it was not fused: see the log"
    return results


@contextmanager
def nudged() -> Iterator[None]:
    """Inside, one weight of every model starts at the next larger number of 32 bits."""

    def build(config: Any, seed: int) -> GPT:
        model = GPT(config, seed)
        with torch.no_grad():
            weight = next(model.parameters())[0]
            weight[0] = torch.nextafter(weight[0], torch.tensor(inf))
        return model

    training.GPT = build  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        training.GPT = GPT  # type: ignore[misc]


def main() -> None:
    """Prints a line for each side as it is done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--sides", help="of: " + "; ".join((*SIDES, ROUNDING, FAULT)) + " (with ; between them)")
    parser.add_argument("overrides", nargs="*")
    asked = parser.parse_args()
    length = [f"train.steps={asked.steps}", f"train.eval_every={asked.steps}"]
    overrides, seeds = [*(asked.overrides or SETTING), *length], range(1, asked.seeds + 1)
    began = time.perf_counter()
    plain = results_of(overrides, seeds)
    losses = [result.metrics["val_loss"] for result in plain]
    print(
        f"{' '.join(overrides)}; torch {torch.__version__}; plain: val_loss {fmean(losses):.5f}, "
        f"sd between seeds {sqrt(variance(losses)):.5f}, n={asked.seeds}, {time.perf_counter() - began:.0f} s"
    )
    peak = specs_of(overrides, [1])[0].config["optimizer"]["lr"]
    for name in asked.sides.split(";") if asked.sides else (*SIDES, ROUNDING, FAULT):
        began = time.perf_counter()
        own, fused = SIDES.get(name, ((), False))
        if name == FAULT:
            own = (f"optimizer.lr={1.1 * peak!r}",)
        with nudged() if name == ROUNDING else nullcontext():
            found = agreement(plain, results_of([*overrides, *own], seeds, fused=fused))
        print(
            f"{name:25} first {FIRST} steps {found.first:.1e}; mean {found.difference:+.4f} sd "
            f"[{found.low:+.4f}, {found.high:+.4f}]; furthest {found.furthest:.4f} sd; sd x{found.sd_ratio:.4f} "
            f"[{found.sd_ratio_interval[0]:.2f}, {found.sd_ratio_interval[1]:.2f}]; n={found.n}; "
            f"{time.perf_counter() - began:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
