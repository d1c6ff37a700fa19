"""Initial values that depend on the seed and on a parameter's own path, and on nothing else of the model.

Two models that share a parameter (same path, same shape) start it with equal values whatever else they contain, so a
treatment can be compared with its control seed by seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from model.init_rule import InitRule


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


def initialise(model: nn.Module, rule: InitRule, seed: int) -> None:
    """Gives each parameter the value that the rule draws for it from a generator of its own.

    A module with parameters that no rule knows (kernels, mixing weights) may draw them itself, likewise: its method
    `initial(name, shape, generator)` is asked where the rule returns None. What neither covers keeps its constructor's
    value, which should then be a constant. Parameters on the meta device are left alone: they have no values. A
    parameter with several paths goes by its first.
    """
    for path, parameter in model.named_parameters():
        if parameter.is_meta:
            continue
        owner, _, name = path.rpartition(".")
        generator = torch.Generator().manual_seed(stream(seed, path))
        module = model.get_submodule(owner)
        value = rule(module, path, parameter.shape, generator)
        draw: Callable[..., Tensor | None] | None = getattr(module, "initial", None)
        if value is None and draw is not None:
            value = draw(name, parameter.shape, generator)
        if value is not None:
            with torch.no_grad():
                parameter.copy_(value)
