"""A config out of Hydra's groups and overrides.

Hydra reads the groups, their `defaults:` lists, packages and search path, and says which files count and in which order.
Their contents are laid over each other by `tinker.config.merge`, since Hydra's own merge would keep the old type's keys
when a file or an override names a new `type:`. Interpolations are resolved among the files; an override sets its own key
and no other. Hydra's job, its output folders and its logging are not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.config.groups import Choice, Groups
from tinker.config.merge import apply, leaves
from tinker.config.overrides import Override, parse_overrides
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
    choices, values = split(parse_overrides(overrides), groups)
    config = compose_groups(choices, groups).config
    for value in values:
        check_key(value, config, groups)
    try:
        return apply(config, {value.key: value.value for value in values})
    except ConfigError as error:
        raise error.at(", ".join(value.where for value in values)) from None


def compose_groups(choices: Mapping[str, Choice], groups: Groups) -> Composed:
    """The files of the chosen options, laid over each other and resolved.

    `recipe` and `scale.name` are the names of the chosen files. `calibrated`, which a scale's file holds for the recipe,
    optimizer and schedule to refer to, is gone afterwards.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    config: Tree = {}
    sizes: set[str] = set()
    for file in groups.files(choices):
        if file.group == "scale":
            sizes |= {key for key in leaves(file.content) if key.startswith(("model.", "train."))}
        try:
            config = apply(config, file.content)
            config = apply(config, {"scale.name": file.option} if file.group == "scale" else {})
            config = apply(config, {"recipe": file.option} if file.group == "recipe" else {})
        except ConfigError as error:
            raise error.at(str(file.path)) from None
    try:
        resolved = OmegaConf.to_container(OmegaConf.create(config), resolve=True)
    except OmegaConfBaseException as error:
        raise UserError(f"the chosen config files refer to something that none of them sets: {error}") from None
    assert isinstance(resolved, dict)
    resolved.pop("calibrated", None)
    return Composed(_without_missing({str(key): value for key, value in resolved.items()}), frozenset(sizes))


def split(overrides: Sequence[Override], groups: Groups) -> tuple[dict[str, Choice], list[Override]]:
    """Choices of a group's option, and overrides of values.

    Raises:
        UserError: the group has no such option.
    """
    choices: dict[str, Choice] = {}
    values: list[Override] = []
    for override in overrides:
        if override.key in groups.names and not isinstance(override.value, Mapping):
            choices[override.key] = groups.choice(override.key, override.value, override.where)
        else:
            values.append(override)
    return choices, values


def check_key(override: Override, config: Mapping[str, Any], groups: Groups, also: Sequence[str] = ()) -> None:
    """Refuses a value override whose first key is neither in the config nor a group.

    The keys below it are the schema's to check: a variant may bring its own.
    """
    head = override.key.split(".")[0]
    allowed = {*config, *groups.names, *also}
    if head not in allowed:
        raise ConfigError(override.key, unknown("key or group", head, allowed), where=override.where)


def _without_missing(config: Tree) -> Tree:
    """Drops `???`, so that what must be given and is not counts as missing."""
    return {
        key: _without_missing(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if value != "???"
    }
