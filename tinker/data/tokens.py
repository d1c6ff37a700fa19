"""A text as tokens, split in two, in memory or mapped from disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinker.data.corpus import TUNING_SHARE
from tinker.data.tokenizer import Tokenizer
from tinker.errors import UserError

#: What is saved beside the two arrays.
NAMES = ("vocab_size", "val_bytes", "fingerprint", "vocabulary", "tuning_bytes")


def tuning_cut(tokens: int) -> int:
    """Where the part begins that tuning holds out of so many training tokens."""
    return tokens - int(tokens * TUNING_SHARE)


@dataclass(frozen=True, eq=False)
class Tokens:
    """The two splits, and what describes them."""

    train: NDArray[Any]  # (tokens,) of the smallest unsigned type that holds the vocabulary
    val: NDArray[Any]
    vocab_size: int
    val_bytes: int  # of the text that val[1:] stands for: the first token is never predicted
    fingerprint: str
    vocabulary: str  # of the tokenizer
    tuning_bytes: int  # of the text that the tokens after the first stand for in what `for_tuning` holds out

    @classmethod
    def of(cls, tokenizer: Tokenizer, train_text: str, val_text: str) -> Tokens:
        """Both splits, encoded."""
        dtype = np.min_scalar_type(tokenizer.vocab_size - 1)
        train, val = (tokenizer.encode(text).astype(dtype) for text in (train_text, val_text))
        val_bytes = len(val_text.encode()) - tokenizer.bytes_in(int(val[0]))
        held_out = train[tuning_cut(len(train)) + 1 :]
        counts = np.bincount(held_out, minlength=tokenizer.vocab_size)
        tuning_bytes = sum(int(counts[token]) * tokenizer.bytes_in(int(token)) for token in np.flatnonzero(counts))
        digest = hashlib.sha256(f"{tokenizer.vocab_size} {val_bytes} {len(train)} {dtype}".encode())
        for split in (train, val):
            digest.update(split.astype(split.dtype.newbyteorder("<")).tobytes())
        fingerprint = digest.hexdigest()[:16]
        return cls(train, val, tokenizer.vocab_size, val_bytes, fingerprint, tokenizer.vocabulary, tuning_bytes)

    def for_tuning(self) -> Tokens:
        """The training tokens alone, their last tenth (`TUNING_SHARE`) as the validation split.

        The tokens are those of the whole: a fitted tokenizer has seen what is held out here, for all arms alike.

        Raises:
            UserError: a training split too short to be cut.
        """
        cut = tuning_cut(len(self.train))
        if min(cut, len(self.train) - cut) < 2:
            raise UserError(
                f"too little text to tune on: the training split has {len(self.train)} tokens, and a tenth of it is "
                "held out, which needs two at least; give a longer text"
            )
        fingerprint = hashlib.sha256(f"tuning {cut} {self.fingerprint}".encode()).hexdigest()[:16]
        train, val = self.train[:cut], self.train[cut:]
        return replace(self, train=train, val=val, val_bytes=self.tuning_bytes, fingerprint=fingerprint)

    def save(self, folder: Path) -> None:
        """Into an existing folder, for `load`."""
        np.save(folder / "train.npy", self.train)
        np.save(folder / "val.npy", self.val)
        rest = {name: getattr(self, name) for name in NAMES}
        (folder / "tokens.json").write_text(json.dumps(rest), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Tokens:
        """Memory-mapped: processes on one machine share the pages."""
        train, val = (np.load(folder / f"{split}.npy", mmap_mode="r") for split in ("train", "val"))
        return cls(train, val, **json.loads((folder / "tokens.json").read_text(encoding="utf-8")))
