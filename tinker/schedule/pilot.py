"""A short timed piece of a trial: it saves itself, and goes on from there when its time comes."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import fmean
from time import perf_counter

import psutil
import torch

from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.schedule.timing import Timing
from tinker.spec import TrialSpec
from tinker.train.evaluate import TOKENS_PER_PASS

#: Seconds of steps after the first one that are enough.
SECONDS = 5.0
#: So many at most for the sake of an evaluation that is near.
LONGEST = 30.0
#: Of a trial's steps, and so many at least.
SHARE, LEAST = 0.1, 2
#: A step is a forward pass, and a backward pass of twice the work; an evaluation has no backward pass.
FORWARD = 1 / 3


class Pilot:
    """Watches a trial through its hooks, and says when enough was seen."""

    def __init__(self, spec: TrialSpec, clock: Callable[[], float] = perf_counter) -> None:
        self.config, self.clock = TrialConfig.from_dict(spec.config), clock
        train = self.config.train
        self.most = max(LEAST, int(SHARE * train.end))
        self._began = clock()
        self._first: tuple[int, float] | None = None
        self._last = (0, 0.0)
        self._plain: list[tuple[int, float]] = []  # steps and seconds between two signs
        self._evaluated: list[tuple[int, float]] = []  # the same with an evaluation in between

    def progress(self, step: int, steps: int) -> None:
        """As `Hooks.progress`; an evaluation is part of the step that it follows."""
        now, every = self.clock(), self.config.train.eval_every
        if self._first is None:
            self._first = (step, now)
        else:
            before, then = self._last
            evaluated = step // every > before // every or step == steps
            (self._evaluated if evaluated else self._plain).append((step - before, now - then))
        self._last = (step, now)

    def enough(self) -> bool:
        """Whether the trial should save itself and return."""
        if self._first is None or not self._plain:
            return False
        (first, then), (step, now) = self._first, self._last
        if step - first >= self.most:
            return True
        every = self.config.train.eval_every
        near = not self._evaluated and (first // every + 1) * every <= first + self.most
        return now - then >= (LONGEST if near else SECONDS)

    @property
    def timing(self) -> Timing | None:
        """What was seen; None while that is not enough."""
        if self._first is None or not self._plain:
            return None
        steps = sum(count for count, _ in self._plain)
        per_step = sum(seconds for _, seconds in self._plain) / steps
        extra = [max(0.0, seconds - count * per_step) for count, seconds in self._evaluated]
        return Timing(
            steps=steps,
            seconds_per_step=per_step,
            seconds_before=max(0.0, self._first[1] - self._began),
            seconds_per_evaluation=fmean(extra) if extra else self._reckoned(per_step),
            evaluations=len(extra),
            peak_mem_bytes=self._peak(),
            rss_bytes=psutil.Process().memory_info().rss if self._here else None,
        )

    @property
    def _here(self) -> bool:
        """Whether the trial runs in this process; one on several ranks has processes of its own."""
        return self.config.train.devices == 1

    def _peak(self) -> int | None:
        on_gpu = self.config.train.accelerator == "cuda" and self._here
        return int(torch.cuda.max_memory_allocated()) if on_gpu else None

    def _reckoned(self, per_step: float) -> float:
        """Seconds of a forward pass over the validation split, at the pace of a step's."""
        context = self.config.model.context
        batches = corpus_of(self.config).validation(context, max(1, TOKENS_PER_PASS // context))
        tokens = math.fsum(batch.inputs.numel() for batch in batches)
        return FORWARD * per_step * tokens / (self.config.train.batch_size * context)
