"""Which modules decide a trial's numbers: where the search for its code begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.slots import ATTENTION, BACKEND, EMBEDDING, INIT, LOSS, MLP, NORM, POSITION, RESIDUAL
from tinker.config.schema import TrialConfig
from tinker.data.corpus import DATA
from tinker.train.slots import OPTIMIZER, SCHEDULE

#: Everything that every trial imports follows from here; the variants are added, since slots import them by name.
ROOT = "tinker.train.training"


def entry_modules(config: TrialConfig) -> list[str]:
    """The training itself and the module of every built-in variant that the config chooses, sorted."""
    chosen = {cls.__module__ for cls in _variants(config)}
    return [ROOT, *sorted(m for m in chosen if m.partition(".")[0] in ("model", "tinker"))]


def _variants(config: TrialConfig) -> Iterator[type]:
    model = config.model
    pairs: list[tuple[Any, Any]] = [
        (EMBEDDING, model.embedding),
        (POSITION, model.position),
        (BACKEND, model.backend),
        (NORM, model.qk_norm),
        (NORM, model.norm),
        (RESIDUAL, model.residual),
        (INIT, model.init),
        (LOSS, model.loss),
        (OPTIMIZER, config.optimizer),
        (SCHEDULE, config.schedule),
        (DATA, config.data),
        *((ATTENTION, layer) for layer in model.attention),
        *((MLP, layer) for layer in model.mlp),
    ]
    for slot, chosen in pairs:
        yield slot.of(chosen).cls
