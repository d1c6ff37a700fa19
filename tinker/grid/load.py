"""From a YAML file and a command line's overrides to a checked Grid. Nothing is resolved or trained here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

from tinker.config.groups import Groups
from tinker.config.merge import apply
from tinker.config.overrides import Override, parse_overrides
from tinker.config.strict import parse
from tinker.errors import ConfigError
from tinker.grid.control_seeds import is_automatic, with_enough
from tinker.grid.naming import results_name
from tinker.grid.product import declared_arms
from tinker.grid.schema import Declaration, Grid
from tinker.grid.seeds import SeedPlan
from tinker.grid.yaml_loader import Document, load_document
from tinker.spec import Seeds

#: Groups that the file itself chooses from.
CHOSEN = ("recipe", "data", "scale")

#: Looks that a grid may declare.
MOST_LOOKS = 20

#: Keys of the file that an override may change. The others say what is asked: another question is another file.
OPEN = ("seeds", "decide", "resources", "budget", "fleet", "retries")


def load_grid(path: Path, overrides: Sequence[str] = (), *, config_dirs: Sequence[Path] | None = None) -> Grid:
    """The grid in that file, with the overrides in it.

    Args:
        path: the YAML file.
        overrides: Hydra's syntax: options of groups (`scale=cpu-char`), values for every arm (`optimizer.lr=1e-3`), and
            the grid's own `seeds`, `decide`, `resources`, `budget`, `fleet` and `retries` (`decide.alpha=0.01`).
        config_dirs: folders with config groups beside tinker's; None is `./conf` where it exists.

    Raises:
        UserError: with file and line, or the override, what was given and what is allowed.
    """
    document = load_document(path)
    groups = Groups.find(config_dirs)
    own, chosen, values = _sorted_out(parse_overrides(overrides), groups)
    try:
        declared = parse(Declaration, apply(document.data, {override.key: override.value for override in own}))
        declared.budget.check()
        if declared.tune is not None:
            declared.tune.check()
        seeds = SeedPlan.of(declared.seeds, declared.tune.seeds if declared.tune else None)
    except ConfigError as error:
        raise error.at(_where(error.path, document, own)) from None
    choices = {group: groups.choice(group, getattr(declared, group), document.where(group)) for group in CHOSEN}
    choices |= {override.key: groups.choice(override.key, override.value, override.where) for override in chosen}
    contents = {field.name: getattr(declared, field.name) for field in fields(declared)}
    contents["plugins"] = [str((path.parent / plugin).resolve()) for plugin in declared.plugins]
    grid = Grid(
        **contents,
        source=document,
        results_name=results_name(declared, choices, values),
        seed_plan=seeds,
        choices=choices,
        chosen=tuple(chosen),
        values=tuple(values),
    )
    if is_automatic(grid.seeds, grid.decide):
        grid = replace(grid, seed_plan=with_enough(seeds, len(declared_arms(grid)), grid.decide))
    try:
        _check_looks(declared, grid.seed_plan)
    except ConfigError as error:
        raise error.at(_where(error.path, document, own)) from None
    return grid


def _sorted_out(overrides: Sequence[Override], groups: Groups) -> tuple[list[Override], list[Override], list[Override]]:
    """Overrides of the grid's own keys, of config groups, and of values of the config."""
    own: list[Override] = []
    chosen: list[Override] = []
    values: list[Override] = []
    declared = {field.name for field in fields(Declaration)} - {*groups.names, *OPEN, "plugins"}
    for override in overrides:
        head = override.key.split(".")[0]
        if head in OPEN:
            own.append(override)
        elif head in declared:
            problem = f"is set in the grid's file only; of its keys these can be overridden: {', '.join(OPEN)}"
            raise ConfigError(override.key, problem, where=override.where)
        elif groups.chosen_by(override):
            chosen.append(override)
        else:
            values.append(override)
    return own, chosen, values


def _check_looks(declared: Declaration, seeds: SeedPlan) -> None:
    """The last look is the end: one before it would leave seeds that nothing may be concluded from."""
    looks, arms = declared.decide.looks, len(seeds.arms)
    if isinstance(looks, list) and looks[-1] != arms:
        problem = f"the last look is at {looks[-1]} seeds an arm, and `seeds` plans {arms}: make them the same"
        raise ConfigError("decide.looks", problem)
    if isinstance(looks, list):
        _check_distances(looks, seeds)
    if looks is not None and not _rising(seeds.arms):
        raise ConfigError("seeds", "list them in rising order: looks take them so, and later ones after earlier ones")
    if looks == "anytime" and not (_rising(seeds.control) and seeds.control[:arms] == seeds.arms):
        problem = "list those of the arms first and all in rising order: looks take them so, and later ones after these"
        raise ConfigError("seeds.control", problem)


def _check_distances(looks: Sequence[int], seeds: SeedPlan) -> None:
    """More looks than `MOST_LOOKS`, or nearer ones than their bounds are reckoned for, are no plan."""
    # Here, since most grids need no scipy to load.
    from tinker.stats.sequential import CLOSEST, control_at_looks, times_of

    if len(looks) > MOST_LOOKS:
        raise ConfigError("decide.looks", f"{len(looks)} looks are too many; list at most {MOST_LOOKS}")
    known = [(0, 0.0), *zip(looks, times_of(looks, control_at_looks(looks, len(seeds.control))), strict=True)]
    for (before, then), (look, now) in pairwise(known):
        if now - then < CLOSEST:
            more = f"{look} seeds an arm tell less than {CLOSEST:g} of the whole more than {before} do"
            raise ConfigError("decide.looks", f"{more}; leave out a look, or set them further apart")


def _rising(seeds: Sequence[Seeds]) -> bool:
    return list(seeds) == sorted(seeds, key=lambda each: (each.init, each.data))


def _where(path: str, document: Document, own: Sequence[Override]) -> str:
    for override in own:
        if f"{path}.".startswith(f"{override.key}.") or f"{override.key}.".startswith(f"{path}."):
            return override.where
    return document.where(path)
