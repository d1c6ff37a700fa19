"""Overrides on a command line, in Hydra's grammar: `data=tinyshakespeare model.n_layer=4 optimizer.betas=[0.9,0.95]`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tinker.errors import UserError


@dataclass(frozen=True)
class Override:
    """One `key=value`: the key as typed, the value as Hydra reads it, and the whole text for messages."""

    key: str
    value: Any
    text: str

    @property
    def where(self) -> str:
        """What stands in place of file and line in an error."""
        return f"override {self.text!r}"


def parse_overrides(texts: Iterable[str]) -> list[Override]:
    """Each text as an Override, in order.

    Raises:
        UserError: not Hydra's grammar, one of its forms that make no sense for one config, or a key given twice.
    """
    parsed: dict[str, Override] = {}
    for text in texts:
        override = _parse(text)
        if override.key in parsed:
            earlier = parsed[override.key].text
            raise UserError(f"{override.where}: {override.key} is given twice, before as {earlier!r}; keep one of the two")
        parsed[override.key] = override
    return list(parsed.values())


def _parse(text: str) -> Override:
    from hydra.core.override_parser.overrides_parser import OverridesParser  # slow, and most commands have no overrides
    from hydra.errors import HydraException

    where = f"override {text!r}"
    if "=" not in text and not text.startswith("~"):
        raise UserError(f"{where}: no '=' in it; expected key=value, as in model.n_layer=4 or data=tinyshakespeare")
    try:
        found = OverridesParser.create().parse_override(text)
    except HydraException as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{where}: not key=value in Hydra's grammar ({reason}); quote texts that have spaces, commas or =") from None
    if found.is_delete():
        raise UserError(f"{where}: keys cannot be deleted; set another value, or null where null is allowed")
    if found.is_add() or found.is_force_add():
        raise UserError(f"{where}: no + is needed: a variant's keys can be set as they are, and other keys cannot be added")
    if found.is_sweep_override():
        raise UserError(f"{where}: several values are a sweep; use `axes:` in a grid, or [a,b] for a list")
    if found.package is not None:
        raise UserError(f"{where}: packages (@) cannot be chosen here; use one in a `defaults:` list of your own config")
    value = found.value()
    if "${" in text:
        raise UserError(f"{where}: ${{...}} is for config files; give the value itself")
    return Override(found.key_or_group, value, text)
