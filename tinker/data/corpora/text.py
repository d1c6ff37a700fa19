"""The user's own text: a .txt, .jsonl or .parquet file, tokenised once for all processes of a machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from model.registry import later
from tinker.data import documents, tokenizer
from tinker.data.cache import built_once, cache_folder
from tinker.data.corpus import DATA
from tinker.data.tokenizer_file import TokenizerFile, file_bytes
from tinker.data.tokens import Tokens
from tinker.data.windows import TextCorpus
from tinker.errors import ConfigError, UserError
from tinker.spec import canonical

#: Goes up with every change of how a text becomes tokens or of how they are stored; part of the cache's key.
TEXT_VERSION = 3

#: The tokenizer that is not fitted here but read.
FILE = "file"


@DATA.variant()
class Text(TextCorpus):
    """A file of the user's."""

    @dataclass(frozen=True)
    class Config:
        """`field` is for .jsonl and .parquet (None: `text`); `vocab_size` for bpe, and for a file whose model has room
        for more tokens; `tokenizer_file` (a tokenizer.json) for the tokenizer `file`.
        """

        path: str
        field: str | None = None
        tokenizer: str = "char"
        vocab_size: int | None = None
        val_fraction: float = 0.1
        tokenizer_file: str | None = later(None)

        def __post_init__(self) -> None:
            if self.tokenizer not in (*tokenizer.KINDS, FILE):
                allowed = ", ".join((*tokenizer.KINDS, FILE))
                raise ConfigError("data.tokenizer", f"{self.tokenizer!r} is not allowed; one of: {allowed}")
            if self.tokenizer == "bpe" and (self.vocab_size is None or self.vocab_size < 257):
                raise ConfigError(
                    "data.vocab_size", f"{self.vocab_size} is not allowed with bpe; more than its 256 bytes, as in 4096"
                )
            if (self.tokenizer == FILE) != (self.tokenizer_file is not None):
                raise ConfigError(
                    "data.tokenizer_file",
                    f"{self.tokenizer_file} does not go with data.tokenizer={self.tokenizer}; give the path of a "
                    "tokenizer.json with data.tokenizer=file, and leave it out otherwise",
                )
            if self.tokenizer not in ("bpe", FILE) and self.vocab_size is not None:
                raise ConfigError(
                    "data.vocab_size",
                    f"{self.vocab_size} is given, but only bpe can choose it; leave it out, or use data.tokenizer=bpe",
                )
            if not 0 < self.val_fraction < 1:
                raise ConfigError("data.val_fraction", f"{self.val_fraction} is not allowed; between 0 and 1")

    def __init__(self, config: Config) -> None:
        path = Path(config.path).expanduser()
        settings = {
            "version": TEXT_VERSION,
            "format": path.suffix.lower(),
            "field": config.field,
            "tokenizer": config.tokenizer,
            "vocab_size": config.vocab_size,
            "val_fraction": config.val_fraction,
            "library": version("tokenizers") if config.tokenizer == "bpe" else None,
        }
        if config.tokenizer_file is not None:
            settings["library"] = version("tokenizers")
            settings["file"] = hashlib.sha256(file_bytes(Path(config.tokenizer_file).expanduser())).hexdigest()
        key = hashlib.sha256(f"{documents.checksum(path)} {canonical(settings)}".encode()).hexdigest()[:32]
        folder = built_once(cache_folder() / "text" / key, lambda to: _tokenise(path, config).save(to))
        super().__init__(path.name, Tokens.load(folder))


def _tokenise(path: Path, config: Text.Config) -> Tokens:
    """
    Raises:
        UserError: a text too short to be split.
    """
    train, val = documents.split(documents.read(path, config.field), config.val_fraction)
    for part, text in (("training", train), ("validation", val)):
        if len(text) < 2:
            raise UserError(
                f"{path}: too little text: the {part} split (data.val_fraction = {config.val_fraction}) has "
                f"{len(text)} character(s), and a model needs one to read and one to predict"
            )
    if config.tokenizer_file is not None:
        path = Path(config.tokenizer_file).expanduser()
        return Tokens.of(TokenizerFile(path, config.vocab_size), train, val)
    return Tokens.of(tokenizer.fit(config.tokenizer, train, config.vocab_size), train, val)
