"""One trial through tinker beside a plain eager loop of the same model: tokens per second, losses, Lightning's share.

    python -m benchmarks.step [--rounds 20] [--block 10] [--threads 1] [--sides tinker,tinker-onednn]

Needs `tinyshakespeare.txt` (TINKER_DATA). Sides train in processes of their own and take turns, a block of steps each,
so that other work on the machine meets all of them; a ratio is the median over rounds of two blocks side by side, with
its quartiles. The first two blocks of each, which compile and warm up, count for the losses only. `CPU` is the same of
CPU seconds, which other work disturbs less.

Lightning's share is that of a model so small that little else is left of a step: milliseconds of a step through the
Trainer less those of the plain loop, over a step of `scale=cpu-char`. The plain loop draws its batches less carefully
and records nothing, so that is an upper bound.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from statistics import median, quantiles
from typing import Any

import torch

from benchmarks.step_sides import SWITCHES, spec_of
from tinker.config.schema import TrialConfig
from tinker.data.corpus import load
from tinker.train.base import size_of_model
from tinker.train.matmul import LIBRARIES, flops_per_second

#: No evaluation before the last of 2,000 steps, which no side reaches.
SETTING = ["data=tinyshakespeare", "scale=cpu-char", "train.accelerator=cpu", "train.eval_every=2000"]
#: A multiple of the Trainer's own steps.
SMALL_BLOCK = 50
SMALL = ["model.n_layer=1", "model.n_head=1", "model.n_embd=8", "model.context=8", "train.batch_size=1"]
Block = dict[str, Any]


def main() -> None:
    """Prints the figures of both settings."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--block", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sides", default=",".join(SWITCHES))
    options = parser.parse_args()
    if (options.rounds + 2) * max(options.block, SMALL_BLOCK) >= 2000:
        parser.error("a side has 2,000 steps; choose fewer rounds, or smaller blocks")
    sides = ["plain", *(side for side in options.sides.split(",") if side != "plain")]
    threads = f"train.threads={options.threads}"
    torch.set_num_threads(options.threads)
    setting = [*SETTING, threads]
    config = TrialConfig.from_dict(spec_of(setting).config)
    tokens = config.train.batch_size * config.model.context
    flops = size_of_model(config, load(config.data).vocab_size).flops_per_token * tokens
    print(f"{' '.join(setting)}; {options.rounds} rounds of {options.block} steps; torch {torch.__version__}")
    for library in LIBRARIES:
        limit = flops_per_second(library, options.threads, size=1024, tries=200)
        print(
            f"GEMM limit of {library} {limit / 1e9:.0f} GFLOP/s: a step of {flops / 1e9:.2f} GFLOP takes "
            f"{flops / limit * 1e3:.1f} ms"
        )
    print()
    found = measured(sides, setting, options.rounds, options.block)
    steps = table(found, tokens, options.block)
    print()
    for side in sides[1:]:
        print(f"losses of {side} beside the plain loop: {difference(found['plain'], found[side])}")
    print("\nLightning, in a model of next to nothing:")
    small = measured(["plain", "tinker", "tinker-each"], [*setting, *SMALL], options.rounds, SMALL_BLOCK)
    for side in ("tinker", "tinker-each"):
        extra = [1e3 * (one["wall"] - other["wall"]) / SMALL_BLOCK for one, other in timed(small[side], small["plain"])]
        low, _, high = quantiles(extra, n=4)
        print(
            f"{side:13} {median(extra):.2f} ms a step [{low:.2f}, {high:.2f}]: "
            f"{median(extra) / steps['plain']:.1%} of a plain step of {steps['plain']:.1f} ms, "
            f"{median(extra) / min(steps.values()):.1%} of the fastest, of {min(steps.values()):.1f} ms"
        )


def measured(sides: list[str], overrides: list[str], rounds: int, block: int) -> dict[str, list[Block]]:
    """What each side answers to each of its blocks, two of them before the rounds."""
    environment = {**os.environ, "OMP_NUM_THREADS": overrides[len(SETTING)].partition("=")[2]}
    command = [sys.executable, "-m", "benchmarks.step_sides"]
    running = {
        side: subprocess.Popen(
            [*command, side, str(block), *overrides], stdin=-1, stdout=-1, text=True, env=environment
        )
        for side in sides
    }
    found: dict[str, list[Block]] = {side: [] for side in sides}
    for _ in range(rounds + 2):
        for side, process in running.items():
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            if not answer:
                sys.exit(f"{side} has died; its last words are above")
            found[side].append(json.loads(answer))
    for process in running.values():
        process.communicate()
    return found


def timed(one: list[Block], other: list[Block]) -> list[tuple[Block, Block]]:
    """The rounds, less those that warm up."""
    return list(zip(one, other, strict=True))[2:]


def table(found: dict[str, list[Block]], tokens: int, block: int) -> dict[str, float]:
    """Prints a line for each side; milliseconds of a step of each."""
    steps = {}
    for side, blocks in found.items():
        walls = [b["wall"] for b in blocks[2:]]
        wall, cpu = ([p[key] / t[key] for p, t in timed(found["plain"], blocks)] for key in ("wall", "cpu"))
        low, _, high = quantiles(wall, n=4)
        steps[side] = 1e3 * median(walls) / block
        print(
            f"{side:13} {tokens * block / median(walls):7.0f} tokens/s   x{median(wall):.3f} [{low:.3f}, {high:.3f}]"
            f"   CPU x{median(cpu):.3f}   {' '.join(SWITCHES[side])}"
        )
    return steps


def difference(one: list[Block], other: list[Block]) -> str:
    """Of two lists of losses, in words."""
    pairs = [pair for a, b in zip(one, other, strict=True) for pair in zip(a["losses"], b["losses"], strict=True)]
    apart = [abs(a - b) for a, b in pairs]
    if not any(apart):
        return f"equal bit by bit, {len(pairs)} steps"
    return f"at most {max(apart[:50]):.1e} apart in the first 50 steps, {max(apart):.1e} in {len(pairs)}"


if __name__ == "__main__":
    main()
