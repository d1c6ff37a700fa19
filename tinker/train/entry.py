"""Which modules decide a trial's numbers: where the search for its code begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from model.registry import Slot
from model.slots import FIELDS
from tinker.config.hints import hints_of
from tinker.config.schema import TrialConfig
from tinker.data.corpus import DATA
from tinker.train.slots import FINETUNE, INIT_FROM, OPTIMIZER, SCHEDULE

#: What every trial imports follows from here; the variants are added, since slots import them by name. The loop of a
#: stack too: whether a row comes from one is not known before there is a row.
ROOTS = ("tinker.train.fused.loop", "tinker.train.training")


def entry_modules(config: TrialConfig) -> list[str]:
    """The training itself, and the module of every built-in variant that the config chooses, sorted."""
    chosen = {cls.__module__ for cls in _variants(config)}
    return [*ROOTS, *sorted(m for m in chosen if m.partition(".")[0] in ("model", "tinker"))]


def _variants(config: TrialConfig) -> Iterator[type]:
    for name, slot in FIELDS.items():
        chosen = getattr(config.model, name)
        for one in chosen if slot.per_layer else (chosen,):
            yield slot.of(one).cls
            yield from _inside(one)
    yield OPTIMIZER.of(config.optimizer).cls
    yield SCHEDULE.of(config.schedule).cls
    yield DATA.of(config.data).cls
    yield INIT_FROM.of(config.init_from).cls
    yield FINETUNE.of(config.finetune).cls


def _inside(config: Any) -> Iterator[type]:
    """The variants that a variant's own Config chooses, as rotary positions choose a scaling."""
    hints = hints_of(type(config))
    for field in fields(config):
        for slot in getattr(hints[field.name], "__metadata__", ()):
            if isinstance(slot, Slot):
                yield slot.of(getattr(config, field.name)).cls
