"""Tiny Shakespeare, character level, standard split: the published reference.

The text is in the public domain; the collection is `data/tinyshakespeare/input.txt` of https://github.com/karpathy/char-rnn.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tinker.data.cache import cache_folder, unwritable
from tinker.data.corpus import DATA
from tinker.data.tokenizer import Characters
from tinker.data.tokens import Tokens
from tinker.data.windows import TextCorpus
from tinker.errors import UserError

URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
TRAIN_CHARACTERS = 1_003_854
TIMEOUT_SECONDS = 30


@DATA.variant(paper="https://karpathy.github.io/2015/05/21/rnn-effectiveness/")
class TinyShakespeare(TextCorpus):
    """65 characters; the first 1,003,854 of the text train, the last 111,540 validate."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose: the published split and vocabulary."""

    def __init__(self, config: Config) -> None:
        text = locate().decode()
        tokens = Tokens.of(Characters(text), text[:TRAIN_CHARACTERS], text[TRAIN_CHARACTERS:])
        super().__init__("tinyshakespeare", tokens)


def locate() -> bytes:
    """The text: from the folder that TINKER_DATA names, else from the cache, else downloaded into the cache.

    Raises:
        UserError: a file with another checksum, or none and no connection.
    """
    cached = cache_folder() / "tinyshakespeare.txt"
    own = os.environ.get("TINKER_DATA")
    places = [Path(own, "tinyshakespeare.txt"), Path(own, "input.txt")] if own else []
    for place in (*places, cached):
        if place.is_file():
            return _checked(place.read_bytes(), str(place), "remove the file to have it downloaded again")
    content = _checked(_download(own, cached), URL, "a proxy may have answered in its place; try another connection")
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cached.parent, prefix=f".{cached.name}.", delete=False) as file:
            file.write(content)
        Path(file.name).replace(cached)
    except OSError as error:
        raise unwritable(cached, error) from error
    return content


def _checked(content: bytes, place: str, advice: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise UserError(
            f"{place} is not the published Tiny Shakespeare: its sha256 is {found}, and must be {SHA256}; {advice}"
        )
    return content


def _download(own: str | None, cached: Path) -> bytes:
    try:
        with urllib.request.urlopen(URL, timeout=TIMEOUT_SECONDS) as reply:
            content: bytes = reply.read()
            return content
    except (OSError, http.client.HTTPException) as error:
        raise UserError(
            f"data tinyshakespeare: there is no file in TINKER_DATA ({own or 'not set'}) nor in the cache, and "
            f"{URL} cannot be reached ({error}). Three ways out: set TINKER_DATA to a folder that holds "
            f"tinyshakespeare.txt; put the file at {cached}; or connect to the network (behind a proxy, set "
            "https_proxy). Or train without a file: data=grammar"
        ) from error
