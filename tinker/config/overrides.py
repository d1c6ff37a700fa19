"""Overrides on a command line, in Hydra's grammar: `data=tinyshakespeare optimizer.betas=[0.9,0.95]`."""

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
    """Each text as an Override, in order; of two with one key the later counts, as in Hydra.

    Raises:
        UserError: not Hydra's grammar, or one of its forms that make no sense for one config.
    """
    parsed: dict[str, Override] = {}
    for text in texts:
        override = _parse(text)
        parsed.pop(override.key, None)
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
        problem = f"not key=value in Hydra's grammar ({reason}); quote texts that have spaces, commas or ="
        raise UserError(f"{where}: {problem}") from None
    if found.is_delete():
        raise UserError(f"{where}: keys cannot be deleted; set another value, or null where null is allowed")
    if found.is_add() or found.is_force_add():
        raise UserError(f"{where}: leave out the +: a variant's keys are set like any other, and none can be added")
    if found.is_sweep_override():
        raise UserError(f"{where}: several values are a sweep; use `axes:` in a grid, or [a,b] for a list")
    if found.package is not None:
        raise UserError(f"{where}: no package (@) can be given here; choose it in a `defaults:` list of your own")
    if "${" in text:
        raise UserError(f"{where}: ${{...}} is for config files; give the value itself")
    return Override(found.key_or_group, found.value(), text)
