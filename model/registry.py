"""Slots: the places of a model (or of its training) that hold exactly one of several variants.

A slot is a folder; a variant is a file in it, named as its `type:` in a config, which registers one class:

    @ATTENTION.variant(paper="https://arxiv.org/abs/1911.02150")
    class MultiQuery(nn.Module):
        @dataclass(frozen=True)
        class Config:
            heads: int = 1

Files are imported when their type is asked for, so a trial depends on the variants it uses and on no others. A user's
own file registers itself in the same way, under `name=`, once it is imported as a plugin.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any, TypeVar

T = TypeVar("T", bound=type)

#: The metadata of a field made by `later`.
LATER = "later"


def later(default: Any) -> Any:
    """A field that came after trials had been recorded, with what it was until then: a value, or a slot's `default`.

    While a field has that default it is left out of a trial's description, so that the ids of the trials recorded
    before stay as they are. The default means "as without this field", hence it never changes.
    """
    if isinstance(default, Slot):
        slot = default
        return field(default_factory=lambda: slot.get(str(slot.default)).config(), metadata={LATER: True})
    return field(default=default, metadata={LATER: True})


class UnknownVariant(ValueError):  # noqa: N818 - the name says enough
    """A `type:` that the slot does not have."""


@dataclass(frozen=True)
class Variant:
    """One choice of a slot: its `type:` name, its class, its own Config dataclass, and where it comes from."""

    slot: str
    name: str
    cls: type
    config: type
    paper: str | None


class Slot:
    """The registry of one slot's variants.

    Args:
        name: the key in a config (`attention`).
        package: the folder whose files are the built-in variants (`model.attention`).
        per_layer: whether a config may give a list, tiled over the layers.
        default: the type that a config means which says nothing of this slot; None if it must say.
        renamed: types' old names and their new ones. The old are still understood, and ids go on being made of them.
    """

    def __init__(
        self,
        name: str,
        package: str,
        *,
        per_layer: bool = False,
        default: str | None = None,
        renamed: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.package, self.per_layer, self.default = name, package, per_layer, default
        self.renamed = dict(renamed or {})
        self._variants: dict[str, Variant] = {}
        SLOTS[name] = self

    def variant(self, *, paper: str | None = None, name: str | None = None) -> Callable[[T], T]:
        """Registers the decorated class, which must carry a frozen dataclass `Config`; its name is its file's."""

        def register(cls: T) -> T:
            type_name = name or cls.__module__.rpartition(".")[2]
            config = vars(cls).get("Config")  # an inherited one would name its parent
            if not (isinstance(config, type) and is_dataclass(config)):
                raise TypeError(
                    f"{cls.__qualname__}: a variant of {self.name!r} needs a frozen dataclass `Config` of its own"
                )
            known = self._variants.get(type_name)
            if known and (known.cls.__module__, known.cls.__qualname__) != (cls.__module__, cls.__qualname__):
                raise ValueError(f"{self.name}: the type {type_name!r} exists already, in {known.cls.__module__}")
            self._variants[type_name] = Variant(self.name, type_name, cls, config, paper)
            return cls

        return register

    def builtin_names(self) -> list[str]:
        """The types that come with the package: its files, read from the folder and not imported."""
        package = importlib.import_module(self.package)
        return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))

    def names(self) -> list[str]:
        """All types that a config may ask for, plugins included, sorted."""
        return sorted({*self.builtin_names(), *self._variants})

    def get(self, name: str) -> Variant:
        """The variant of that type.

        Raises:
            UnknownVariant: naming the types there are.
        """
        name = self.renamed.get(name, name)
        if name not in self._variants and name in self.builtin_names():
            importlib.import_module(f"{self.package}.{name}")
        if name not in self._variants:
            raise UnknownVariant(f"no {self.name} of type {name!r}; there are: {', '.join(self.names())}")
        return self._variants[name]

    def of(self, config: Any) -> Variant:
        """The variant whose Config that instance is."""
        for variant in self._variants.values():
            if type(config) is variant.config:
                return variant
        raise UnknownVariant(f"{type(config).__qualname__} is the Config of no registered {self.name}")

    def build(self, config: Any, *args: Any) -> Any:
        """The module of the variant whose Config that instance is; the slot's folder says what it takes.

        It notes what its Config declares of its size (`parameters`, of these arguments), to be held against what it
        has, and how many of these one token meets (`active_parameters`), where that is fewer.
        """
        built = self.of(config).cls(config, *args)
        declare = getattr(config, "parameters", None)
        built.declared_parameters = declare(*args) if declare else 0
        active = getattr(config, "active_parameters", None)
        built.active_parameters = active(*args) if active else built.declared_parameters
        return built


SLOTS: dict[str, Slot] = {}
