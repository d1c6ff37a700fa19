"""Sizes of models that were counted before, in the cache folder.

To count one, PyTorch loads its compiler, which takes longer than all else of a plan. A size is remembered by what it
follows from: model, fine-tuning, vocabulary, the code that builds them, and the version of torch.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from tinker.config.schema import TrialConfig
from tinker.data.cache import cache_folder
from tinker.errors import UserError
from tinker.provenance.code import code_record
from tinker.spec import canonical
from tinker.store.atomic import write_bytes
from tinker.train.base import Size, size_of_model
from tinker.train.entry import entry_modules


def remembered_size(config: TrialConfig, vocab_size: int) -> Size:
    """As `size_of_model`; a file that is damaged or cannot be written only costs the time to count."""
    path = _path(config, vocab_size)
    known = _read(path)
    if known is not None:
        return known
    size = size_of_model(config, vocab_size)
    text = json.dumps(asdict(size), sort_keys=True).encode()
    with suppress(UserError, OSError):
        write_bytes(path, _digest(text) + b"\n" + text, durable=False)
    return size


def _path(config: TrialConfig, vocab_size: int) -> Path:
    resolved = config.as_dict()
    code = code_record(entry_modules(config), config.plugins)["fingerprint"]
    torch = importlib.metadata.version("torch")
    key = canonical([resolved["model"], resolved.get("finetune"), vocab_size, code, torch])
    return cache_folder() / "sizes" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def _read(path: Path) -> Size | None:
    try:
        digest, _, text = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return Size(**json.loads(text)) if digest == _digest(text) else None


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
