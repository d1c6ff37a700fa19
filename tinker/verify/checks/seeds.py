"""Equal seeds give equal results; initial values depend on the seed and on a parameter's own path alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from model.gpt import GPT
from model.seeding import initialise
from tinker.verify.finding import Finding, failed, names, ok
from tinker.verify.steps import random_batches, steps
from tinker.verify.subject import SEED, Subject

STEPS = 3


def seeds(subject: Subject) -> Finding:
    """Bit for bit: initial values and some optimizer steps of two models of one seed; another seed is another model.

    A model of another seed, initialised again with the first, must be the first: what differs was drawn by a
    constructor, from a stream that depends on all that was built before it.
    """
    first, again, other = subject.model(SEED), subject.model(SEED), subject.model(SEED + 1)
    if differ := _differ(first, again):
        return failed(f"two models of one seed start with different values: {names(differ)}")
    if not _differ(first, other):
        return failed("another seed gives the same initial values")
    initialise(other, other.rule, SEED)
    if differ := _differ(first, other):
        return failed(
            f"drawn by a constructor, so it depends on the order of construction: {names(differ)}; draw it in a method "
            "initial(name, shape, generator), or make it a constant"
        )
    trained = [_after_steps(subject) for _ in range(2)]
    if differ := _differ(*trained):
        return failed(f"after {STEPS} steps two models of one seed differ: {names(differ)}")
    return ok(f"initial values by seed and path; {STEPS} steps twice: equal bits")


def _after_steps(subject: Subject) -> GPT:
    model = subject.trained().train()
    for _ in steps(subject, model, subject.optimizer(model), random_batches(subject, STEPS)):
        pass
    return model


def _differ(one: nn.Module, other: nn.Module) -> list[str]:
    """Paths of parameters and buffers whose bits differ; NaN equals NaN."""
    return [path for (path, a), (_, b) in zip(_tensors(one), _tensors(other), strict=True) if not _equal(a, b)]


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(
        torch.equal(a.isnan(), b.isnan()) and torch.equal(a.nan_to_num(), b.nan_to_num())
    )


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()
