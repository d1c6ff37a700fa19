"""A config out of Hydra's groups and overrides.

Hydra reads the groups, their `defaults:` lists, packages and search path, and says which files count and in which
order. Their contents are laid over each other by `tinker.config.merge`, since Hydra's own merge would keep the old
type's keys when a file or an override names a new `type:`. Interpolations are resolved among the files; an override
sets its own key and no other. Hydra's job, its output folders and its logging are not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.config.groups import Choice, Groups
from tinker.config.merge import apply, leaves
from tinker.config.overrides import Override, parse_overrides
from tinker.config.plugins import absolute_plugins
from tinker.config.suggest import unknown
from tinker.errors import ConfigError, UserError

Tree = dict[str, Any]


@dataclass(frozen=True)
class Composed:
    """A config before validation, and the keys of `model` and `train` that its scale set."""

    config: Tree
    sizes: frozenset[str]


def compose(overrides: Sequence[str], *, config_dirs: Sequence[Path] | None = None) -> Tree:
    """The resolved config that these overrides ask for, not validated yet (`TrialConfig.from_dict` does).

    Args:
        overrides: Hydra's syntax, group choices (`scale=cpu`) and values (`model.n_layer=4`) in any order.
        config_dirs: folders of the user with groups like those of `tinker/conf`; None is `./conf` where it exists.

    Raises:
        UserError: an override that is malformed, or a group, option or key that does not exist.
    """
    groups = Groups.find(config_dirs)
    parsed = parse_overrides(overrides)
    chosen = [override for override in parsed if groups.chosen_by(override)]
    values = [override for override in parsed if override not in chosen]
    choices = {override.key: groups.choice(override.key, override.value, override.where) for override in chosen}
    config = compose_groups(choices, groups).config
    for value in values:
        check_key(value, config, groups)
    try:
        return absolute_plugins(apply(config, {value.key: value.value for value in values}))
    except ConfigError as error:
        raise error.at(", ".join(value.where for value in values)) from None


def compose_groups(choices: Mapping[str, Choice], groups: Groups) -> Composed:
    """The files of the chosen options, laid over each other and resolved.

    `recipe` and `scale.name` are the names of the chosen files. `calibrated`, which a scale's file holds for the
    recipe, optimizer and schedule to refer to, is gone afterwards.

    Raises:
        UserError: files that Hydra cannot read, that contradict each other, or that refer to what is not there.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    config: Tree = {}
    sizes: set[str] = set()
    recipes: dict[str, Path] = {}
    for file in groups.files(choices):
        keys = [key for key in leaves(file.content) if key.startswith(("model.", "train."))]
        if file.group == "scale":
            sizes.update(keys)
        if file.group == "recipe":
            recipes |= dict.fromkeys(keys, file.path)
        label = {"scale": "scale.name", "recipe": "recipe"}.get(file.group)
        try:
            config = apply(apply(config, file.content), {label: file.chosen} if label and file.chosen else {})
        except ConfigError as error:
            raise error.at(str(file.path)) from None
    for key in sorted(sizes & recipes.keys()):
        problem = "the scale sets it, and a recipe cannot; set it in a scale file of your own"
        raise ConfigError(key, problem, where=str(recipes[key]))
    OmegaConf.register_new_resolver("times", _times, replace=True)
    OmegaConf.register_new_resolver("first", _first, replace=True)
    try:
        resolved = OmegaConf.to_container(OmegaConf.create(config), resolve=True)
    except OmegaConfBaseException as error:
        raise UserError(f"the chosen config files refer to something that none of them sets: {error}") from None
    assert isinstance(resolved, dict)
    resolved.pop("calibrated", None)
    return Composed(_without_missing({str(key): value for key, value in resolved.items()}), frozenset(sizes))


def check_key(override: Override, config: Mapping[str, Any], groups: Groups, also: Sequence[str] = ()) -> None:
    """Refuses a value override whose first key is neither in the config nor a group.

    The keys below it are the schema's to check: a variant may bring its own.
    """
    head = override.key.split(".")[0]
    allowed = {*config, *groups.names, *also}
    if head not in allowed:
        raise ConfigError(override.key, unknown("key or group", head, allowed), where=override.where)


def _times(factor: float, number: float) -> float:
    """`${times:0.3,${calibrated.lr}}`, without the digits that rounding leaves: an id is made of it."""
    return float(f"{factor * number:.12g}")


def _first(node: Any, rest: Any, layers: int) -> list[Any]:
    """`${first:{type:a},{type:b},${model.n_layer}}`: a pattern for that many layers, the first unlike the rest."""
    return [node, *[rest] * (layers - 1)]


def _without_missing(config: Tree) -> Tree:
    """Drops `???`, so that what must be given and is not counts as missing."""
    return {
        key: _without_missing(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if value != "???"
    }
