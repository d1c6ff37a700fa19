"""The corpora that can be trained on right now. Nothing is downloaded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from tinker.data.cache import cache_folder
from tinker.doctor.finding import Finding


def corpora() -> Iterator[Finding]:
    """One finding a corpus."""
    yield Finding("data=grammar", "ok", "generated, needs no file")
    yield tinyshakespeare()
    yield Finding("data=text", "ok", "your own .txt, .jsonl or .parquet: data=text data.path=FILE")


def tinyshakespeare() -> Finding:
    """Looks where the corpus itself would look first, and checks what it finds."""
    from tinker.data.corpora.tinyshakespeare import SHA256

    own = os.environ.get("TINKER_DATA")
    places = [Path(own, "tinyshakespeare.txt"), Path(own, "input.txt")] if own else []
    for place in (*places, cache_folder() / "tinyshakespeare.txt"):
        if place.is_file():
            if hashlib.sha256(place.read_bytes()).hexdigest() == SHA256:
                return Finding("data=tinyshakespeare", "ok", str(place))
            advice = "remove the file to have it downloaded again"
            return Finding("data=tinyshakespeare", "warning", f"{place} is not the published text", advice)
    where = f"TINKER_DATA ({own or 'not set'}) or the cache ({cache_folder()})"
    advice = "downloaded at its first use; offline, put tinyshakespeare.txt into one of them"
    return Finding("data=tinyshakespeare", "optional", f"not in {where}", advice)
