"""Initial values that depend on the seed and on a parameter's own path, and on nothing else of the model.

Two models that share a parameter (same path, same shape) start it with equal values whatever else they contain, so a
treatment can be compared with its control seed by seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from model.init import Init


def stream(seed: int, path: str) -> int:
    """A 63-bit seed for the random stream of that name."""
    digest = hashlib.sha256(f"{seed}/{path}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


@contextmanager
def constructor_stream(seed: int) -> Iterator[None]:
    """Constructors draw from a stream of the seed; torch's global CPU generator is as before at the end.

    Such values depend on the order of construction, hence they are fit only for what an init rule draws again.
    """
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which would reseed every accelerator too.
        torch.default_generator.manual_seed(stream(seed, "constructors"))
        yield


def initialise(model: nn.Module, rule: Init, seed: int) -> None:
    """Gives each parameter the value that the rule draws for it from a generator of its own.

    A parameter that the rule does not cover (it returns None) keeps its constructor's value. Parameters on the meta
    device are left alone: they have no values. A parameter with several paths goes by its first.
    """
    for path, parameter in model.named_parameters():
        if parameter.is_meta:
            continue
        owner, _, name = path.rpartition(".")
        generator = torch.Generator().manual_seed(stream(seed, path))
        value = rule(model.get_submodule(owner), name, parameter.shape, generator)
        if value is not None:
            with torch.no_grad():
                parameter.copy_(value)
