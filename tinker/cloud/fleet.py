"""The fleet of a grid: its `fleet:` block, or a file of its own, with what the command line changes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinker.config.merge import apply
from tinker.config.overrides import parse_overrides
from tinker.config.strict import parse
from tinker.errors import ConfigError
from tinker.grid.fleet import Fleet
from tinker.grid.load import load_grid
from tinker.grid.yaml_loader import load_document

__all__ = ["Fleet", "apart", "fleet_of"]

KEY = "fleet"


def apart(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """The overrides of the fleet, and the others: a run on rented machines knows nothing of what they cost.

    Raises:
        UserError: an override that is none.
    """
    own = [text for text in overrides if parse_overrides([text])[0].key.split(".")[0] == KEY]
    return own, [text for text in overrides if text not in own]


def fleet_of(grid: Path, overrides: Sequence[str], file: Path | None = None) -> Fleet:
    """Of the grid in that file, or of `file`, which then stands in place of the grid's block.

    Raises:
        UserError: with file and line, or the override, what was given and what is allowed.
    """
    if file is None:
        return load_grid(grid, overrides).fleet
    document = load_document(file)
    changes = {override.key.partition(".")[2]: override for override in parse_overrides(apart(overrides)[0])}
    try:
        return parse(Fleet, apply(document.data, {key: override.value for key, override in changes.items()}))
    except ConfigError as error:
        if error.path in changes:
            raise ConfigError(f"{KEY}.{error.path}", error.problem, where=changes[error.path].where) from None
        raise error.at(document.where(error.path)) from None
