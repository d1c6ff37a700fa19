"""What training needs of a corpus, and the slot that holds the corpora.

Shapes: B rows, T = context.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from model.registry import Slot
from tinker.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from tinker.config.schema import TrialConfig

DATA = Slot("data", "tinker.data.corpora")


@dataclass(frozen=True, eq=False)
class ValidationBatch:
    """Some rows of the validation split. A corpus whose true probabilities are unknown has no floor and no skill."""

    inputs: Tensor  # (B, T) long
    targets: Tensor  # (B, T) long; targets[:, t] follows inputs[:, :t + 1]
    weight: Tensor  # (B, T) float: 1, or 0 where the row is padding
    floor: Tensor | None = None  # (B, T) float, nats: -log of the target's true probability
    skill: Tensor | None = None  # (B, T) long, index into Corpus.skills


class Corpus(Protocol):
    """Tokens to train on, and a fixed set of tokens to validate on."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change whenever a token of either split could: it stands in a trial's id."""

    @property
    def vocab_size(self) -> int:
        """Tokens are 0 ... vocab_size - 1."""

    @property
    def vocabulary(self) -> str:
        """Equal for two corpora whose tokens mean the same: a model of one can be trained on the other."""

    @property
    def skills(self) -> tuple[str, ...]:
        """Names of what a target may test; empty where targets are not tagged."""

    @property
    def val_bytes(self) -> int | None:
        """Bytes of text that the targets of the validation split stand for; None where tokens are no text."""

    def batch(self, seed: int, step: int, batch_size: int, context: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets (batch_size, context) long: a function of the data seed and the step alone."""

    def validation(self, context: int, batch_size: int) -> Iterator[ValidationBatch]:
        """One pass over the validation split, in a fixed order, each target once; the last batch may be short."""


@runtime_checkable
class Tunable(Protocol):
    """A corpus that one can tune on without a look at its validation split. Those that come with tinker all are."""

    def for_tuning(self) -> Corpus:
        """The corpus with a part of its training data held out: that part is its validation split.

        No token of the real validation split is in it, and its fingerprint is another.
        """


#: Which part of a text's training tokens a tuning trial is evaluated on, at their end, and does not train on.
TUNING_SHARE = 0.1


def corpus_of(config: TrialConfig) -> Corpus:
    """What a trial of that config is trained and evaluated on.

    Raises:
        UserError: see `load`.
        ConfigError: it is a tuning trial, and its corpus has no part to tune on.
    """
    return load(config.data) if config.split == "validation" else _load_for_tuning(config.data)


@lru_cache(maxsize=8)
def _load_for_tuning(config: Any) -> Corpus:
    corpus = load(config)
    if not isinstance(corpus, Tunable):
        problem = (
            f"the corpus {corpus.name} cannot be tuned on: its class has no method for_tuning(), which returns a "
            "corpus that validates on a part of the training data; give it one, or leave `tune` out of the grid"
        )
        raise ConfigError("data", problem)
    return corpus.for_tuning()


@lru_cache(maxsize=8)
def load(config: Any) -> Corpus:
    """The corpus of that Config; a process that trains many trials builds it once.

    Raises:
        UserError: a file that is missing, unreadable, or not what the config says.
        UnknownVariant: no corpus has that Config.
    """
    return cast(Corpus, DATA.of(config).cls(config))
