"""The sides of `benchmarks.step`, each in a process of its own: it trains a block of steps whenever it is told to.

A line on stdin starts a block; the answer is a line of JSON: seconds of wall and of CPU, and the loss of every step.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import lightning.pytorch as L
import torch
from torch import Tensor

from benchmarks import plain_loop
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.data.corpus import load
from tinker.data.streams import Purpose, uniforms
from tinker.data.windows import TextCorpus
from tinker.spec import Seeds, TrialSpec
from tinker.train import stretch
from tinker.train import training as build
from tinker.train.training import Training

#: Overrides of tinker's sides. `each` has every step done by the Trainer, as it was before there were stretches.
SWITCHES: dict[str, tuple[str, ...]] = {
    "plain": (),
    "plain-fast": (),
    "tinker": (),
    "tinker-each": (),
    "tinker-fused": ("train.fused_optimizer=true",),
    "tinker-compiled": ("train.compile=true", "train.fused_optimizer=true"),
    "tinker-onednn": ("train.matmul=onednn", "train.fused_optimizer=true"),
    "tinker-fast": ("train.matmul=onednn", "train.compile=true", "train.fused_optimizer=true"),
}


class Blocks(L.Callback):
    """Waits for a line before each block of steps, and answers after it."""

    def __init__(self, steps: int) -> None:
        self.steps, self._losses = steps, list[Tensor]()
        self._wait()

    def take(self, loss: Tensor) -> None:
        """A step is done."""
        self._losses.append(loss)
        if len(self._losses) == self.steps:
            wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
            print(json.dumps({"wall": wall, "cpu": cpu, "losses": [float(x) for x in self._losses]}), flush=True)
            self._losses.clear()
            self._wait()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.take(outputs["loss"])

    def _wait(self) -> None:
        if not sys.stdin.readline():
            sys.exit(0)
        self._wall, self._cpu = time.perf_counter(), time.process_time()


def spec_of(overrides: list[str]) -> TrialSpec:
    """A trial of seed 1."""
    config = TrialConfig.from_dict(compose(overrides, config_dirs=[]))
    return TrialSpec.of(config.as_dict(), Seeds(1, 1), load(config.data).fingerprint)


def main(side: str, block: int, overrides: list[str]) -> None:
    """Trains until stdin ends."""
    if not side.startswith("tinker"):
        build.keep_memory = lambda: True  # a script has the allocator as it is
    training = Training(spec_of([*overrides, *SWITCHES[side]]))
    if side.startswith("tinker"):
        if side == "tinker-each":
            stretch.STRIDE = 1
        training.fit(callbacks=[Blocks(block)])
        return
    corpus, config = training.corpus, training.config
    assert isinstance(corpus, TextCorpus)
    data, context = corpus.tokens.train, config.model.context
    shape = (config.train.batch_size,)
    at = [(uniforms(1, Purpose.TRAIN, n, shape) * (len(data) - context)).astype("int64") for n in range(2000)]
    rates = [training.module.rate(n) for n in range(2000)]
    torch.set_num_threads(config.train.threads)
    model, fast = training.module.model, side == "plain-fast"
    blocks = Blocks(block)
    for loss in plain_loop.train(model, data, at.__getitem__, rates.__getitem__, context, fast):
        blocks.take(loss)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
