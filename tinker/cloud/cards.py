"""What `train.accelerator: auto` is on rented machines: their cards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinker.config.compose import compose_groups
from tinker.config.groups import Groups
from tinker.config.merge import apply, leaves
from tinker.errors import ConfigError
from tinker.grid.load import load_grid

KEY = "train.accelerator"


def on_cards(file: Path, overrides: Sequence[str]) -> list[str]:
    """The overrides of a grid, with `train.accelerator=cuda` where nobody has said anything but `auto`.

    So a trial has one id here and there, and in a pod whose driver is broken it fails, rather than train on the CPU for
    the price of a card.

    Raises:
        UserError: the grid cannot be read.
    """
    grid = load_grid(file, overrides)
    composed = compose_groups(grid.choices, Groups.find()).config
    try:
        config = apply(apply(composed, grid.base), {value.key: value.value for value in grid.values})
    except ConfigError:
        return list(overrides)  # `expand` says what is wrong, and where
    return [*overrides, f"{KEY}=cuda"] if leaves(config).get(KEY) == "auto" else list(overrides)
