"""R seeds of an arm as one program beside the same seeds one after another: how long both take, and whether they agree.

    python benchmarks/fused.py [--seeds R] [--rounds N] [--equivalence SEEDS] [OVERRIDE ...]

The overrides are those of `tinker train`; without any it is the smoke scale on the CPU. First the time: in each round
R seeds are trained fused and then one after another, whole trials both, and the ratio is of the two sides of a round.
Then the final losses of other SEEDS seeds, fused against alone: rounding sends a trial elsewhere, so that they agree
in distribution only; the 90 % interval of the mean difference is given in seed standard deviations, as two one-sided
tests at 5 % would use it, for independent samples and for pairs. 0 seeds leaves this out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import torch
from scipy import stats

from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.spec import Seeds, TrialSpec
from tinker.train.fused.run import run_replicates
from tinker.train.result import TrialResult
from tinker.train.trial import run_trial

SMOKE = ("scale=smoke", "train.accelerator=cpu")


def specs_of(overrides: Sequence[str], seeds: Sequence[int]) -> list[TrialSpec]:
    """The trial that the overrides ask for, once for each seed."""
    config = TrialConfig.from_dict(compose([*overrides, "checkpoint.keep=none"], config_dirs=[]))
    corpus = corpus_of(config).fingerprint
    return [TrialSpec.of(config.as_dict(), Seeds(seed, seed), corpus) for seed in seeds]


def trained(specs: Sequence[TrialSpec], *, fused: bool) -> tuple[list[TrialResult], float]:
    """Results, and seconds of wall time."""
    with tempfile.TemporaryDirectory() as folder:
        folders = [Path(folder, spec.id) for spec in specs]
        began = time.perf_counter()
        if fused:
            results = run_replicates(specs, folders)
        else:
            results = [run_trial(*each) for each in zip(specs, folders, strict=True)]
        return results, time.perf_counter() - began


def timed(overrides: Sequence[str], seeds: int, rounds: int) -> dict[str, Any]:
    """Seconds of both sides, alternating; the first round, which warms up, does not count."""
    specs = specs_of(overrides, range(1, seeds + 1))
    together, alone = [], []
    for number in range(rounds + 1):
        results, seconds = trained(specs, fused=True)
        assert all("fused" in result.environment for result in results), "it was not fused: see the log"
        after = trained(specs, fused=False)[1]
        if number:
            together.append(seconds)
            alone.append(after)
    ratios = sorted(mine / its for mine, its in zip(alone, together, strict=True))
    return {
        "seeds": seeds,
        "n": rounds,
        "fused_s": round(median(together), 2),
        "one_after_another_s": round(median(alone), 2),
        "times_faster": {
            "median": round(median(ratios), 2),
            "least": round(ratios[0], 2),
            "most": round(ratios[-1], 2),
        },
        "times_one_seed": round(seeds * median(together) / median(alone), 2),
    }


def compared(overrides: Sequence[str], count: int) -> dict[str, Any]:
    """Final validation losses of seeds fused and alone, paired and as two samples."""
    specs = specs_of(overrides, range(101, 101 + count))
    mine, its = ([result.metrics["val_loss"] for result in trained(specs, fused=way)[0]] for way in (True, False))
    sd = (0.5 * (stdev(mine) ** 2 + stdev(its) ** 2)) ** 0.5
    pairs = [(a - b) / sd for a, b in zip(mine, its, strict=True)]
    difference = mean(mine) - mean(its)
    half_two = float(stats.t.ppf(0.95, 2 * count - 2)) * (2 / count) ** 0.5
    half_paired = float(stats.t.ppf(0.95, count - 1)) * stdev(pairs) / count**0.5
    middle = difference / sd
    return {
        "seeds": count,
        "mean_fused": round(mean(mine), 5),
        "mean_alone": round(mean(its), 5),
        "seed_sd": round(sd, 5),
        "difference_in_sd": round(middle, 4),
        "interval_90_in_sd": [round(middle - half_two, 3), round(middle + half_two, 3)],
        "interval_90_paired_in_sd": [round(middle - half_paired, 4), round(middle + half_paired, 4)],
        "largest_pair_in_sd": round(max(map(abs, pairs)), 4),
    }


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--equivalence", type=int, default=16)
    parser.add_argument("overrides", nargs="*")
    asked = parser.parse_args()
    overrides = asked.overrides or SMOKE
    cuda = torch.cuda.is_available()
    figures: dict[str, Any] = {
        "overrides": list(overrides),
        "device": torch.cuda.get_device_name() if cuda else f"CPU, {torch.get_num_threads()} threads",
        "time": timed(overrides, asked.seeds, asked.rounds),
    }
    if asked.equivalence:
        figures["final_loss"] = compared(overrides, asked.equivalence)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
