"""A text as tokens, split in two, in memory or mapped from disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinker.data.tokenizer import Tokenizer


@dataclass(frozen=True, eq=False)
class Tokens:
    """The two splits, and what describes them."""

    train: NDArray[Any]  # (tokens,) of the smallest unsigned type that holds the vocabulary
    val: NDArray[Any]
    vocab_size: int
    val_bytes: int  # of the text that val[1:] stands for: the first token is never predicted
    fingerprint: str
    vocabulary: str  # of the tokenizer

    @classmethod
    def of(cls, tokenizer: Tokenizer, train_text: str, val_text: str) -> Tokens:
        """Both splits, encoded."""
        dtype = np.min_scalar_type(tokenizer.vocab_size - 1)
        train, val = (tokenizer.encode(text).astype(dtype) for text in (train_text, val_text))
        val_bytes = len(val_text.encode()) - tokenizer.bytes_in(int(val[0]))
        digest = hashlib.sha256(f"{tokenizer.vocab_size} {val_bytes} {len(train)} {dtype}".encode())
        for split in (train, val):
            digest.update(split.astype(split.dtype.newbyteorder("<")).tobytes())
        return cls(train, val, tokenizer.vocab_size, val_bytes, digest.hexdigest()[:16], tokenizer.vocabulary)

    def save(self, folder: Path) -> None:
        """Into an existing folder, for `load`."""
        np.save(folder / "train.npy", self.train)
        np.save(folder / "val.npy", self.val)
        rest = {name: getattr(self, name) for name in ("vocab_size", "val_bytes", "fingerprint", "vocabulary")}
        (folder / "tokens.json").write_text(json.dumps(rest), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Tokens:
        """Memory-mapped: processes on one machine share the pages."""
        train, val = (np.load(folder / f"{split}.npy", mmap_mode="r") for split in ("train", "val"))
        return cls(train, val, **json.loads((folder / "tokens.json").read_text(encoding="utf-8")))
