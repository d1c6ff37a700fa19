"""A short text that stands for weights, bit by bit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """16 hex digits of sha256 over names, shapes, types and bytes; the order of the names does not count."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {list(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]


def digest_of_checkpoint(path: Path) -> str:
    """That of the `state_dict` in a checkpoint, remembered as long as the file is the same."""
    stat = path.stat()
    key = (path.resolve(), stat.st_mtime_ns, stat.st_size, stat.st_ino)
    if key not in _DIGESTS:
        saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        _DIGESTS[key] = digest_of(saved["state_dict"])
    return _DIGESTS[key]


_DIGESTS: dict[tuple[Path, int, int, int], str] = {}
