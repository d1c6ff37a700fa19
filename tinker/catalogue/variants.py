"""Every variant of every slot, read from the registries: plugins that were imported are in it."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from model.registry import Slot
from model.slots import FIELDS, ROPE_SCALING
from tinker.config.plain import plain
from tinker.config.suggest import unknown
from tinker.data.corpus import DATA
from tinker.errors import UserError
from tinker.train.slots import FINETUNE, INIT_FROM, OPTIMIZER, SCHEDULE

TRAINING = (OPTIMIZER, SCHEDULE, INIT_FROM, FINETUNE)


@dataclass(frozen=True)
class Entry:
    """One variant: where a config names it, its keys with their defaults, what it is, and where it comes from."""

    slot: str
    places: tuple[str, ...]
    type: str
    keys: dict[str, Any]
    summary: str
    paper: str | None


def slots() -> dict[str, tuple[Slot, tuple[str, ...]]]:
    """Each slot by its name, with the keys of a config that choose from it, in the order of a config."""
    places: dict[str, list[str]] = {}
    named = {slot.name: slot for slot in (*FIELDS.values(), ROPE_SCALING, *TRAINING, DATA)}
    for field, slot in FIELDS.items():
        places.setdefault(slot.name, []).append(f"model.{field}")
    places[ROPE_SCALING.name] = ["model.position.scaling"]
    return {name: (slot, tuple(places.get(name, [name]))) for name, slot in named.items()}


def catalogue(only: str | None = None) -> list[Entry]:
    """All variants, or those of one slot.

    Raises:
        UserError: there is no slot of that name.
    """
    there = slots()
    if only is not None and only not in there:
        raise UserError(unknown("slot", only, there))
    return [
        _entry(slot, places, name)
        for slot_name, (slot, places) in there.items()
        if only in (None, slot_name)
        for name in slot.names()
    ]


def _entry(slot: Slot, places: tuple[str, ...], name: str) -> Entry:
    variant = slot.get(name)
    keys = {field.name: _default(field) for field in fields(variant.config)}
    about = inspect.getdoc(inspect.getmodule(variant.cls)) or inspect.getdoc(variant.cls) or ""
    return Entry(slot.name, places, name, keys, " ".join(about.split("\n\n")[0].split()), variant.paper)


def _default(field: Field[Any]) -> Any:
    """As plain data; `required` where there is none."""
    if field.default is not MISSING:
        value = field.default
    elif field.default_factory is not MISSING:
        value = field.default_factory()
    else:
        return "required"
    return (
        plain(value) if hasattr(value, "__dataclass_fields__") else list(value) if isinstance(value, tuple) else value
    )
