"""R seeds of an arm as one program beside the same seeds one after another: how long both take.

    python benchmarks/fused.py [--seeds R] [--rounds N] [OVERRIDE ...]

The overrides are those of `tinker train`; without any it is the smoke scale on the CPU. In each round R seeds are
trained fused and then one after another, whole trials both, and the ratio is of the two sides of a round. Whether they
agree is what `benchmarks/equivalence.py` says.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch

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


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("overrides", nargs="*")
    asked = parser.parse_args()
    overrides = asked.overrides or SMOKE
    cuda = torch.cuda.is_available()
    figures: dict[str, Any] = {
        "overrides": list(overrides),
        "device": torch.cuda.get_device_name() if cuda else f"CPU, {torch.get_num_threads()} threads",
        "time": timed(overrides, asked.seeds, asked.rounds),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
