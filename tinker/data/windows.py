"""Batches of a text: random windows to train on, and the whole validation split in windows that do not overlap.

Shapes: B rows, T = context.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from tinker.data.corpus import ValidationBatch
from tinker.data.streams import Purpose, uniforms
from tinker.data.tokens import Tokens
from tinker.errors import UserError


class TextCorpus:
    """A corpus over the two splits of one text."""

    skills: tuple[str, ...] = ()

    def __init__(self, name: str, tokens: Tokens) -> None:
        self.name, self.tokens = name, tokens
        self.vocab_size, self.val_bytes, self.fingerprint = tokens.vocab_size, tokens.val_bytes, tokens.fingerprint
        self.vocabulary = tokens.vocabulary

    def for_tuning(self) -> TextCorpus:
        """The same text without its validation split: the end of the training split validates.

        Raises:
            UserError: too little text.
        """
        return TextCorpus(self.name, self.tokens.for_tuning())

    def batch(self, seed: int, step: int, batch_size: int, context: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets, (batch_size, context) long: windows that start anywhere, each start equally likely.

        Raises:
            UserError: the training split is shorter than one window.
        """
        starts = len(self.tokens.train) - context
        if starts < 1:
            raise UserError(
                f"data {self.name}: the training split has {len(self.tokens.train)} tokens, and a window of "
                f"model.context = {context} needs {context + 1}; lower model.context or give a longer text"
            )
        start = (uniforms(seed, Purpose.TRAIN, step, (batch_size,)) * starts).astype(np.int64)
        window = self.tokens.train[start[:, None] + np.arange(context + 1)]  # (B, T + 1)
        rows = torch.from_numpy(window.astype(np.int64))
        return rows[:, :-1], rows[:, 1:]

    def validation(self, context: int, batch_size: int) -> Iterator[ValidationBatch]:
        """Windows in order of the text; each token after the first is a target once. The last window is padded."""
        val = self.tokens.val
        windows = -(-(len(val) - 1) // context)
        for first in range(0, windows, batch_size):
            shape = (min(batch_size, windows - first), context)
            size = shape[0] * shape[1]
            piece = val[first * context : first * context + size + 1]
            padded = np.zeros(size + 1, np.int64)
            padded[: len(piece)] = piece
            rows = torch.from_numpy(padded)
            weight = (torch.arange(size) < len(piece) - 1).float()
            yield ValidationBatch(rows[:-1].view(shape), rows[1:].view(shape), weight.view(shape))
