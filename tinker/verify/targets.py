"""What `tinker verify` is asked about: a recipe with overrides, or the arms of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinker.config.accelerator import resolve_accelerator
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.grid.expand import expand
from tinker.grid.find import find_grid
from tinker.grid.load import load_grid
from tinker.train.base import require_packages
from tinker.train.start import resolve_start


def targets(grid: str | None, overrides: Sequence[str], results: Path) -> dict[str, TrialConfig]:
    """The configs to check by name: the arms, control first; or the one recipe.

    Raises:
        UserError: anything wrong with the grid or the overrides, or a package is missing.
    """
    if grid is None:
        config = TrialConfig.from_dict(resolve_start(resolve_accelerator(compose(overrides)), results))
        found = {config.recipe: config}
    else:
        file = find_grid(grid, overrides, results)
        plan = expand(load_grid(file.file, file.overrides), results=results)
        found = {arm.name: TrialConfig.from_dict(arm.config) for arm in plan.arms}
    for config in found.values():
        require_packages(config)
    return found
