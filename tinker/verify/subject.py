"""The arm under test: how the checks get models, tokens and an optimizer of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from model.backend import Demanding
from model.config import GPTConfig
from model.gpt import GPT
from model.seeding import stream
from model.slots import BACKEND
from tinker.config.model_config import shortest_period
from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.train.base import finetune_of
from tinker.train.slots import OPTIMIZER

SEED = 1


@dataclass(frozen=True)
class Subject:
    """One arm.

    Attributes:
        name: of the arm, or of the recipe.
        config: resolved.
        quick: whether a check should do what `tinker run` can afford, where it has a choice.
        say: told what a slow check is doing.
    """

    name: str
    config: TrialConfig
    quick: bool = False
    say: Callable[[str], None] = lambda text: None

    @cached_property
    def gpt(self) -> GPTConfig:
        """The model; with the eager backend where the arm's own does not work on a CPU."""
        config = self.config.gpt(corpus_of(self.config).vocab_size)
        return replace(config, backend=BACKEND.get("eager").config()) if self.refused else config

    @cached_property
    def refused(self) -> str | None:
        """Why the arm's backend does not train on a CPU in fp32; None if it does."""
        backend = self.config.model.backend
        return backend.refuses("cpu", "fp32", True) or backend.missing() if isinstance(backend, Demanding) else None

    @cached_property
    def shallow(self) -> GPTConfig:
        """The model with one period of its layers, at least two, and with at most 256 tokens in its vocabulary.

        For gradients, which every layer has by the code of its kind. A leak may be in one layer alone, or come of the
        depth: `causal` looks at all layers.
        """
        gpt = self.gpt
        pairs = tuple(zip(gpt.attention, gpt.mlp, strict=True))
        depth = min(gpt.n_layer, max(2, len(shortest_period(pairs))))
        return replace(
            gpt,
            n_layer=depth,
            attention=gpt.attention[:depth],
            mlp=gpt.mlp[:depth],
            vocab_size=min(gpt.vocab_size, 256),
        )

    def model(self, seed: int = SEED, gpt: GPTConfig | None = None) -> GPT:
        """A plain model, without adapters."""
        return GPT(gpt or self.gpt, seed)

    def trained(self, seed: int = SEED) -> GPT:
        """What a trial trains: with the adapters that the arm asks for, on weights made of the seed."""
        model = self.model(seed)
        finetune_of(self.config).attach(model, seed)
        return model

    def tokens(self, rows: int, length: int, seed: int = 0, vocab_size: int | None = None) -> Tensor:
        """(rows, length) long, uniform."""
        generator = torch.Generator().manual_seed(seed)
        return torch.randint(vocab_size or self.gpt.vocab_size, (rows, length), generator=generator)

    def optimizer(self, model: GPT) -> torch.optim.Optimizer:
        """The arm's own, at its peak rate."""
        made: torch.optim.Optimizer = OPTIMIZER.of(self.config.optimizer).cls(self.config.optimizer, model)
        return made


@contextmanager
def double() -> Iterator[None]:
    """Models built in here are in double precision, and so are the tensors that they make while they run."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@torch.no_grad()
def stirred(model: GPT, only: frozenset[str] | None = None) -> GPT:
    """The same model with its weights moved to where training may take them: as large as fan-in makes them.

    At its initial values a model may hide what it does: a projection that starts at zero lets no leak through. Each
    parameter is moved by a stream of its own path; `only` names those to move.
    """
    for path, parameter in model.named_parameters():
        if only is not None and path not in only:
            continue
        generator = torch.Generator().manual_seed(stream(SEED, f"stirred/{path}"))
        scale = parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.1
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        parameter.add_((scale * noise).to(parameter.dtype))
    return model
