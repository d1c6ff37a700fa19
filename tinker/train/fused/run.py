"""Replicates from their specs to their results, trained as one program."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import torch

from tinker.config.schema import TrialConfig
from tinker.provenance.code import code_record
from tinker.spec import TrialSpec
from tinker.train.fused.fusible import NotFusible, refusal, require_batched
from tinker.train.fused.loop import batches, train
from tinker.train.fused.seat import Seat
from tinker.train.fused.stack import Stack
from tinker.train.fused.together import Together
from tinker.train.fused.updates import updates_of
from tinker.train.matmul import multiply_by_onednn
from tinker.train.precision import fp32_products
from tinker.train.result import TrialResult
from tinker.train.trial import Attempt, Hooks, run_trial

#: Replicates with which the first step is tried, and rows of the batch of each.
TRIED, TRIED_ROWS = 2, 2
log = logging.getLogger(__name__)


def run_replicates(
    specs: Sequence[TrialSpec], folders: Sequence[Path], hooks: Sequence[Hooks] | None = None
) -> list[TrialResult]:
    """As `run_trial` for each, of trials that differ in seeds, optimizer and schedule at most.

    Those that stand at the same step are trained together. Where they cannot be (the log says why), or where one
    stands alone, `run_trial` does it. When one hook asks to stop, all save themselves and return; a replicate that
    diverges has ended, and changes nothing for the others.

    Raises:
        ValueError: the trials differ in more than that.
        UserError: as `run_trial`.
    """
    told = list(hooks or [Hooks() for _ in specs])
    if len({spec.program for spec in specs}) > 1:
        raise ValueError("replicates differ in seeds, optimizer and schedule at most")
    if len(specs) == 1:
        return [run_trial(specs[0], folders[0], told[0])]
    try:
        return _fused(specs, folders, told)
    except NotFusible as error:
        log.warning("trained one after another: %s", error)
        return [run_trial(*each) for each in zip(specs, folders, told, strict=True)]


def _fused(specs: Sequence[TrialSpec], folders: Sequence[Path], hooks: Sequence[Hooks]) -> list[TrialResult]:
    why = refusal(TrialConfig.from_dict(specs[0].config))
    if why is not None:
        raise NotFusible(why)
    together = Together(hooks)
    attempts = [Attempt(*each) for each in zip(specs, folders, together.hooks, strict=True)]
    places: dict[int, list[int]] = {}
    for place, attempt in enumerate(attempts):
        places.setdefault(_stands_at(attempt), []).append(place)
    if len(places) == 1:
        return _trained(attempts, together)
    found: dict[int, TrialResult] = {}
    for some in places.values():
        parts = [[each[place] for place in some] for each in (specs, folders, hooks)]
        found |= dict(zip(some, run_replicates(*parts), strict=True))  # type: ignore[arg-type]  # three kinds of lists
    return [found[place] for place in range(len(specs))]


def _stands_at(attempt: Attempt) -> int:
    if attempt.last is None:
        return 0
    return int(torch.load(attempt.last, map_location="cpu", weights_only=True, mmap=True)["global_step"])


def _trained(attempts: Sequence[Attempt], together: Together) -> list[TrialResult]:
    precision = attempts[0].training.config.train.precision
    with ExitStack() as opened, fp32_products(precision):
        seats = [Seat(attempt) for attempt in attempts]
        if attempts[0].training.config.train.matmul == "onednn":
            for seat in seats:
                multiply_by_onednn(seat.module.model, replicates=True)
        _try(seats[:TRIED])  # before anything is told of them anywhere
        stack = Stack([seat.module.model for seat in seats], [attempt.spec.seeds.init for attempt in attempts])
        updates = updates_of(stack, [seat.module for seat in seats])
        states = [state for seat in seats if (state := seat.resume()) is not None]
        if states:
            updates.load(states)
        for row, seat in enumerate(seats):
            seat.begin(row, updates, opened.enter_context(seat.attempt.mirrors()))
        train(seats, stack, updates, together)
    fused = {"replicates": len(attempts), "code": code_record([__name__], [])["fingerprint"]}
    return [seat.attempt.result(seat.trainer, fused) for seat in seats]


def _try(seats: Sequence[Seat]) -> None:
    """Raises NotFusible where the first step comes out otherwise in a stack."""
    inputs, targets = batches(seats, 0)
    models, seeds = [seat.module.model for seat in seats], [seat.attempt.spec.seeds.init for seat in seats]
    rows, precision = slice(TRIED_ROWS), seats[0].module.config.train.precision
    with seats[0].trainer.precision_plugin.train_step_context():
        require_batched(models, seeds, inputs[:, rows], targets[:, rows], precision)
