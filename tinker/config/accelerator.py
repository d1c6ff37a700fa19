"""`train.accelerator: auto`, resolved: once, before a trial has an id, and the same for every arm of a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinker.config.merge import apply


def resolve_accelerator(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with `auto` replaced by `cuda` where torch has one, else `cpu`; MPS is used where it is asked for."""
    import torch

    train = config.get("train")
    if not isinstance(train, Mapping) or train.get("accelerator") != "auto":
        return dict(config)
    return apply(config, {"train.accelerator": "cuda" if torch.cuda.is_available() else "cpu"})
