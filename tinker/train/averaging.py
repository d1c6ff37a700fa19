"""Optimizers whose weights to use are not those that they train, such as an average of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def averages(optimizer: torch.optim.Optimizer) -> bool:
    """Whether it has weights to use beside those that it trains: the two modes of `schedulefree`."""
    return hasattr(optimizer, "train") and hasattr(optimizer, "eval")


@contextmanager
def evaluation_weights(optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """The weights to use, inside; the trained ones before and after, bit by bit.

    Going back through the optimizer alone would round, and how often a trial is evaluated would change its numbers;
    so the trained weights are copied meanwhile. Nothing happens for an optimizer that has only one kind.
    """
    if not averages(optimizer):
        yield
        return
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    trained = [parameter.detach().clone() for parameter in parameters]
    optimizer.eval()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        optimizer.train()  # type: ignore[attr-defined]
        with torch.no_grad():
            for parameter, value in zip(parameters, trained, strict=True):
                parameter.copy_(value)
