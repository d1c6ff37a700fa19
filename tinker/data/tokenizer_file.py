"""A tokenizer that somebody else fitted: the tokenizer.json beside published weights."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinker.errors import ConfigError

#: Characters that are encoded at once; a text is cut at the first end of a line after so many.
PIECE = 1 << 20


class TokenizerFile:
    """What the `tokenizers` library makes of a tokenizer.json; no token is put before or after the text.

    Args:
        path: of the file.
        vocab_size: of the model that the tokens are for, which may have more than the tokenizer has; None is its own.

    Raises:
        ConfigError: no such file, one of another kind, or more tokens than `vocab_size`.
    """

    def __init__(self, path: Path, vocab_size: int | None) -> None:
        from tokenizers import Tokenizer as Library

        content = file_bytes(path)
        try:
            self._library = Library.from_str(content.decode())
        except Exception as error:  # the library raises nothing narrower
            raise ConfigError("data.tokenizer_file", f"{path} is not a tokenizer.json: {error}") from None
        self._library.no_truncation()
        self._library.no_padding()
        known = max(self._library.get_vocab(with_added_tokens=True).values()) + 1
        self.vocab_size = known if vocab_size is None else vocab_size
        self._byte_level = "ByteLevel" in json.dumps(json.loads(content).get("decoder"))
        self.vocabulary = f"file {hashlib.sha256(content).hexdigest()[:16]}"
        if self.vocab_size < known:
            raise ConfigError("data.vocab_size", f"{vocab_size} is too small: {path} has {known} tokens")

    def encode(self, text: str) -> NDArray[Any]:
        """Piece by piece, each of whole lines."""
        found = [self._library.encode(piece, add_special_tokens=False).ids for piece in _pieces(text)]
        return np.concatenate([np.asarray(ids, np.int64) for ids in found])

    def bytes_in(self, token: int) -> int:
        """By how the token is spelled: a character a byte, a byte by its number, or the text itself."""
        spelled = self._library.id_to_token(token) or ""
        if self._byte_level and token not in self._library.get_added_tokens_decoder():
            return len(spelled)
        if re.fullmatch(r"<0x[0-9A-F]{2}>", spelled):
            return 1
        return len(self._library.decode([token], skip_special_tokens=False).encode())


def file_bytes(path: Path) -> bytes:
    """
    Raises:
        ConfigError: no such file.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"{path.absolute()} cannot be read ({error.strerror}); give the path of a tokenizer.json"
        raise ConfigError("data.tokenizer_file", problem) from None


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start + PIECE)
        end = len(text) if end < 0 else end + 1
        yield text[start:end]
        start = end
