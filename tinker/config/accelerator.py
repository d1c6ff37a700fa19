"""`train.accelerator: auto`, resolved: once, before a trial has an id, and the same for every arm of a grid."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tinker.config.merge import apply
from tinker.provenance.rented import VARIABLE

_ON_CARDS = ContextVar("on_cards", default=False)


@contextmanager
def on_cards() -> Iterator[None]:
    """Herein grids are planned for machines that are rented for their cards, whatever this one has."""
    token = _ON_CARDS.set(True)
    try:
        yield
    finally:
        _ON_CARDS.reset(token)


def resolve_accelerator(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with `auto` replaced by `cuda` where torch has one, else `cpu`; MPS is used where it is asked for.

    On a rented machine it is `cuda` without a look: one whose driver is broken must fail, rather than train on its CPU
    for the price of a card.
    """
    train = config.get("train")
    if not isinstance(train, Mapping) or train.get("accelerator") != "auto":
        return dict(config)
    cards = _ON_CARDS.get() or VARIABLE in os.environ or _has_cuda()
    return apply(config, {"train.accelerator": "cuda" if cards else "cpu"})


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
