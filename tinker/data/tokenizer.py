"""Text to tokens, three ways: characters, bytes, byte-pair encoding. What is fitted is fitted on the training text."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinker.errors import ConfigError, UserError

KINDS = ("char", "byte", "bpe")

#: Lines that the `tokenizers` library gets at once.
LINES_PER_CALL = 10_000


class Tokenizer(Protocol):
    """A reversible map of text to tokens 0 ... vocab_size - 1."""

    vocab_size: int
    vocabulary: str  # equal for two tokenizers that encode alike

    def encode(self, text: str) -> NDArray[Any]:
        """(tokens,) integers."""

    def bytes_in(self, token: int) -> int:
        """Bytes of UTF-8 text that the token stands for."""


def fit(kind: str, train_text: str, vocab_size: int | None = None) -> Tokenizer:
    """The tokenizer of that kind for a training text; `vocab_size` is for `bpe`, which needs it."""
    if kind == "char":
        return Characters(train_text)
    if kind == "byte":
        return Bytes()
    assert kind == "bpe" and vocab_size is not None
    return BytePairs(train_text, vocab_size)


class Characters:
    """One token a character, in the order of their code points."""

    def __init__(self, train_text: str) -> None:
        self.alphabet = np.unique(_code_points(train_text))
        self.vocab_size = len(self.alphabet)
        self.vocabulary = f"char {hashlib.sha256(self.alphabet.tobytes()).hexdigest()[:16]}"

    def encode(self, text: str) -> NDArray[Any]:
        """
        Raises:
            UserError: a character that the training text does not have.
        """
        points = _code_points(text)
        unseen = np.setdiff1d(points, self.alphabet)
        if len(unseen):
            shown = ", ".join(f"{chr(point)!r} (U+{point:04X})" for point in unseen[:8])
            raise UserError(
                f"data: {len(unseen)} character(s) of the validation split never occur in the training split: {shown}"
                f"{', ...' if len(unseen) > 8 else ''}. With data.tokenizer=char they have no token: use "
                "data.tokenizer=byte or bpe, which know every character, or remove them from the text"
            )
        return np.searchsorted(self.alphabet, points)

    def bytes_in(self, token: int) -> int:
        """Bytes of that character."""
        return len(chr(self.alphabet[token]).encode())


class Bytes:
    """One token a byte of UTF-8."""

    vocab_size = 256
    vocabulary = "byte"

    def encode(self, text: str) -> NDArray[Any]:
        """The bytes."""
        return np.frombuffer(text.encode(), np.uint8)

    def bytes_in(self, token: int) -> int:
        """Always one."""
        return 1


class BytePairs:
    """Byte-level BPE (https://arxiv.org/abs/1508.07909, over bytes as in GPT-2), trained line by line.

    Every byte is a token, so any text can be encoded; no token spans two lines.
    """

    def __init__(self, train_text: str, vocab_size: int) -> None:
        from tokenizers import Tokenizer as Library
        from tokenizers import models, pre_tokenizers, trainers

        self._library = Library(models.BPE())
        self._library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False)
        self._library.train_from_iterator(train_text.splitlines(keepends=True), trainer)
        self.vocab_size = self._library.get_vocab_size()
        self.vocabulary = f"bpe {hashlib.sha256(self._library.to_str().encode()).hexdigest()[:16]}"
        if self.vocab_size < vocab_size:
            raise ConfigError(
                "data.vocab_size",
                f"{vocab_size} tokens were asked for, but the training text has only {self.vocab_size} different ones; "
                f"{self.vocab_size} or fewer",
            )

    def encode(self, text: str) -> NDArray[Any]:
        """Line by line."""
        lines = text.splitlines(keepends=True)
        calls = (lines[first : first + LINES_PER_CALL] for first in range(0, len(lines), LINES_PER_CALL))
        return np.concatenate([encoding.ids for call in calls for encoding in self._library.encode_batch(call)])

    def bytes_in(self, token: int) -> int:
        """A byte-level token is spelled with one character a byte."""
        spelled = self._library.id_to_token(token)
        assert spelled is not None
        return len(spelled)


def _code_points(text: str) -> NDArray[Any]:
    return np.frombuffer(text.encode("utf-32-le"), "<u4")
