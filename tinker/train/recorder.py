"""The callback that evaluates on schedule, keeps the curve and the probes, and notices a divergence.

Its state travels in the checkpoint, so that the record of a resumed trial is that of an uninterrupted one.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable
from time import perf_counter
from typing import Any

import lightning.pytorch as L
import psutil
import torch
from torch import Tensor

from tinker.data.corpus import Corpus
from tinker.train.averaging import evaluation_weights
from tinker.train.evaluate import evaluate
from tinker.train.module import GPTModule
from tinker.train.parallel import ranks
from tinker.train.result import CurvePoint, Probes
from tinker.train.step_loss import StepLoss
from tinker.train.stopwatch import Stopwatch

#: How many training losses are kept from either end, and how far before the end the tail checkpoint lies.
PROBE_STEPS = 10
#: Steps between two looks at whether the loss is still finite; each look makes a GPU wait.
FINITE_EVERY = 50


class Recorder(L.Callback):
    """Evaluation, curve, probes and divergence of one trial.

    Attributes:
        metrics: those of the last evaluation.
        diverged: a training or validation loss was not finite; the Trainer has been told to stop.
        within_step: the Trainer has ended a micro-batch and no optimizer step.

    Every rank has one, and all see the same numbers: losses of the whole batch, and the metrics of rank 0 (each
    evaluates everything, since FSDP's forward pass needs all of them). Memory is that of rank 0.
    """

    def __init__(
        self,
        corpus: Corpus,
        accumulate: int,
        progress: Callable[[int, int], None],
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self.corpus, self.progress, self.alive = corpus, progress, alive
        self.curve: list[CurvePoint] = []
        self.metrics: dict[str, float] = {}
        self.best = math.inf
        self.best_step = 0
        self.diverged = False
        self.within_step = False
        self._step_loss = StepLoss(accumulate)
        self.stopwatch = Stopwatch()
        self._timed_from: int | None = None
        self._started = perf_counter()
        self._seconds_before = 0.0
        self._first: list[Tensor] = []
        self._last: list[Tensor] = []
        self._sum: Tensor | None = None
        self._count = 0

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Gives the loggers of a resumed trial what they would have seen: some of them start a new file.

        A trial that goes on where a shorter one ended leaves that one's last losses behind: they are not its own.
        """
        assert isinstance(pl_module, GPTModule)
        own = max(0, trainer.global_step - (pl_module.config.train.end - PROBE_STEPS))
        self._last = self._last[max(0, len(self._last) - own) :]
        if pl_module.device.type == "cuda":  # the trial before it in this process may have needed more
            torch.cuda.reset_peak_memory_stats(pl_module.device)
        for step in sorted({point.step for point in self.curve}):
            metrics = {point.metric: point.value for point in self.curve if point.step == step}
            for logger in trainer.loggers:
                logger.log_metrics(metrics, step)

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, GPTModule)
        step, end = trainer.global_step, pl_module.config.train.end
        self.alive()
        loss = self._step_loss.add(outputs["loss"].detach())
        self.within_step = loss is None
        if loss is None:
            return
        if step <= PROBE_STEPS:
            self._first.append(loss.clone())
        if step > end - PROBE_STEPS:
            self._last.append(loss.clone())
        wide = (loss.cpu() if loss.device.type == "mps" else loss).double()  # MPS has no doubles
        self._sum = wide if self._sum is None else self._sum + wide
        self._count += 1
        due = step % pl_module.config.train.eval_every == 0 or step == end
        if due or (step % FINITE_EVERY == 0 and not math.isfinite(self._sum)):
            self._evaluate(trainer, pl_module, step)
        if self.diverged:
            trainer.should_stop = True
        if self._timed_from is None:  # the first step pays for lazy initialisation and compilation
            self._timed_from = step
        self.stopwatch.start()
        self.progress(step, end)

    def _evaluate(self, trainer: L.Trainer, module: GPTModule, step: int) -> None:
        assert self._sum is not None
        metrics = {"train_loss": float(self._sum) / self._count}
        self.stopwatch.pause()
        [optimizer] = trainer.optimizers
        with evaluation_weights(optimizer):
            metrics |= evaluate(module.model, self.corpus, module.config.model.context, module.device, self.alive)
        metrics = ranks.shared(metrics)
        self._sum, self._count = None, 0
        self.diverged = not (math.isfinite(metrics["train_loss"]) and math.isfinite(metrics["val_loss"]))
        if metrics["val_loss"] < self.best:
            self.best, self.best_step = metrics["val_loss"], step
        metrics |= {"best_val_loss": self.best, "lr": module.rate(step - 1)}
        metrics |= self._measured(module, step)
        self.metrics = metrics
        self.curve += [CurvePoint(step, name, value) for name, value in metrics.items()]
        for logger in trainer.loggers:
            logger.log_metrics(metrics, step)

    def _measured(self, module: GPTModule, step: int) -> dict[str, float]:
        measured = {
            "seconds": self._seconds_before + perf_counter() - self._started,
            "rss_bytes": float(psutil.Process().memory_info().rss),
        }
        if self._timed_from is not None and step > self._timed_from:
            tokens = (step - self._timed_from) * module.config.train.batch_size * module.config.model.context
            measured["tokens_per_s"] = tokens / self.stopwatch.seconds
        if module.device.type == "cuda":
            measured["peak_mem_bytes"] = float(torch.cuda.max_memory_allocated(module.device))
        return measured

    def probes(self, module: GPTModule) -> Probes:
        """What probation will compare."""
        rates = [module.rate(step) for step in range(module.config.train.steps)]
        packed = struct.pack(f"<{len(rates)}d", *rates)
        return Probes(
            first=[float(x) for x in self._first],
            last=[float(x) for x in self._last],
            lr=hashlib.sha256(packed).hexdigest()[:16],
        )

    def state_dict(self) -> dict[str, Any]:
        return {
            "curve": [(p.step, p.metric, p.value) for p in self.curve],
            "metrics": dict(self.metrics),
            "best": self.best,
            "best_step": self.best_step,
            "seconds": self._seconds_before + perf_counter() - self._started,
            "first": [float(x) for x in self._first],
            "last": [float(x) for x in self._last],
            "sum": None if self._sum is None else float(self._sum),
            "count": self._count,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.curve = [CurvePoint(*point) for point in state_dict["curve"]]
        self.metrics = dict(state_dict["metrics"])
        self.best, self.best_step = state_dict["best"], state_dict["best_step"]
        self._seconds_before = state_dict["seconds"]
        self._first = [torch.tensor(x, dtype=torch.float64) for x in state_dict["first"]]
        self._last = [torch.tensor(x, dtype=torch.float64) for x in state_dict["last"]]
        total = state_dict["sum"]
        self._sum = None if total is None else torch.tensor(total, dtype=torch.float64)
        self._count = state_dict["count"]
