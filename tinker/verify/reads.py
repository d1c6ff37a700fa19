"""Which fields of which Configs are read, and which Configs a slot was asked to build."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from model.registry import Slot

#: Methods in which a Config reads itself to check or to describe, and what they return while reads are noted.
OF_ITSELF: dict[str, Any] = {"check": None, "parameters": 0, "active_parameters": 0}


@dataclass
class Reads:
    """By the identity of a Config: the fields that were read, and whether it was built."""

    fields: set[tuple[int, str]] = field(default_factory=set)
    built: set[int] = field(default_factory=set)


@contextmanager
def reads(configs: Iterable[Any]) -> Iterator[Reads]:
    """Notes the reads of those Configs, and of Configs within them, until the end of the block.

    Slots know a Config by its exact type, so no proxy can stand in: the classes themselves note reads meanwhile.
    """
    seen = Reads()
    watched = [one for config in configs for one in _nested(config)]
    names = {id(config): {field.name for field in fields(config)} for config in watched}

    def read(config: Any, name: str) -> Any:
        if name in names.get(id(config), ()):
            seen.fields.add((id(config), name))
        return object.__getattribute__(config, name)

    build = Slot.build

    def noted_build(slot: Slot, config: Any, *args: Any) -> Any:
        seen.built.add(id(config))
        return build(slot, config, *args)

    with ExitStack() as put_back:
        put_back.enter_context(_replaced(Slot, "build", noted_build))
        for cls in {type(config) for config in watched}:
            put_back.enter_context(_replaced(cls, "__getattribute__", read))
            for name, value in OF_ITSELF.items():
                if hasattr(cls, name):
                    put_back.enter_context(_replaced(cls, name, _constant(value)))
        yield seen


@contextmanager
def _replaced(cls: type, name: str, value: Any) -> Iterator[None]:
    """Sets an attribute of a class; afterwards it is the class's own again, or inherited as it was."""
    own = vars(cls).get(name)
    setattr(cls, name, value)
    try:
        yield
    finally:
        if own is None:
            delattr(cls, name)
        else:
            setattr(cls, name, own)


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *args: value


def _nested(config: Any) -> Iterator[Any]:
    yield config
    for one in fields(config):
        value = getattr(config, one.name)
        if is_dataclass(value):
            yield from _nested(value)
