"""The corpus that needs no file: fresh documents of a generated language, with their exact floor and skills."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from tinker.data.corpus import DATA, ValidationBatch
from tinker.data.language import LANGUAGE_VERSION, SKILLS, Documents, Language, Rules
from tinker.data.streams import Purpose, uniforms
from tinker.errors import ConfigError
from tinker.spec import canonical

#: Documents generated at once: numpy's cost per call is spread over them, and they stay in the processor's cache.
CHUNK = 1024
#: Chunks that are kept, 0.4 MB each at 48 tokens: of so many seeds that are trained together each finds its own.
KEPT = 64


@DATA.variant()
class Grammar:
    """Every row is a document of its own, of context + 1 tokens; no training row is ever seen twice."""

    name = "grammar"
    skills = SKILLS
    val_bytes = None

    @dataclass(frozen=True)
    class Config(Rules):
        """The language, and how many documents of it validate."""

        validation_documents: int = 400

        def __post_init__(self) -> None:
            super().__post_init__()
            if self.validation_documents < 1:
                raise ConfigError(
                    "data.validation_documents", f"{self.validation_documents} is not allowed; at least 1"
                )

    def __init__(self, config: Config, held_out: Purpose = Purpose.VALIDATION) -> None:
        self.config, self.held_out = config, held_out
        self.language = Language(config)
        self.vocab_size = self.language.vocab_size
        self.vocabulary = f"grammar {config.fillers} {config.bracket_types} {config.keys} {config.values}"
        self._chunk = lru_cache(maxsize=KEPT)(self._generate_chunk)
        self._validation = lru_cache(maxsize=2)(self._generate_validation)

    @cached_property
    def fingerprint(self) -> str:
        """Of the config, the language's version, and the first validation documents as they really come out."""
        digest = hashlib.sha256(canonical({"version": LANGUAGE_VERSION, "config": asdict(self.config)}).encode())
        uniform = uniforms(0, self.held_out, 0, (16, 64))
        digest.update(self.language.generate(uniform).tokens.astype("<i8").tobytes())
        return digest.hexdigest()[:16]

    def for_tuning(self) -> Grammar:
        """With as many validation documents of another stream. Training documents are fresh in any case."""
        return Grammar(self.config, Purpose.TUNING)

    def batch(self, seed: int, step: int, batch_size: int, context: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets, (batch_size, context) long."""
        steps = max(1, CHUNK // batch_size)
        first = step - step % steps
        rows = self._chunk(seed, first, steps, batch_size, context)[step - first].clone()  # (B, T + 1)
        return rows[:, :-1], rows[:, 1:]

    def validation(self, context: int, batch_size: int) -> Iterator[ValidationBatch]:
        """`validation_documents` documents, the same for every seed; every weight is 1."""
        documents = self._validation(context)
        for first in range(0, self.config.validation_documents, batch_size):
            rows = slice(first, first + batch_size)
            tokens = torch.tensor(documents.tokens[rows])
            floor = torch.from_numpy(documents.nats[rows, 1:]).float()
            skill = torch.tensor(documents.skill[rows, 1:])
            yield ValidationBatch(tokens[:, :-1], tokens[:, 1:], torch.ones_like(floor), floor, skill)

    def _generate_chunk(self, seed: int, first: int, steps: int, batch_size: int, context: int) -> Tensor:
        """(steps, B, T + 1). A step's numbers come from the step's own stream, so the chunk's borders do not show."""
        shape = (batch_size, context + 1)
        uniform = np.concatenate([uniforms(seed, Purpose.TRAIN, first + i, shape) for i in range(steps)])
        return torch.from_numpy(self.language.generate(uniform).tokens).view(steps, *shape)

    def _generate_validation(self, context: int) -> Documents:
        return self.language.generate(uniforms(0, self.held_out, 0, (self.config.validation_documents, context + 1)))
