"""An arm before its tuning: everything but the values that are tuned, and the space that these come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinker.config.merge import apply, leaves, nest
from tinker.config.schema import TrialConfig
from tinker.config.suggest import unknown
from tinker.data.corpus import corpus_of
from tinker.errors import ConfigError, UserError
from tinker.grid.blame import Place, blame
from tinker.grid.fairness import check_diff
from tinker.grid.product import DeclaredArm, places
from tinker.grid.schema import Grid
from tinker.grid.space import crossed, middle, samples, searched, size
from tinker.grid.tune import Follows, Space, Tune
from tinker.spec import Seeds, TrialSpec

#: What a configuration may spend is not tuned: the winner is the best at equal budget.
SPENT = ("train.steps", "train.until", "train.batch_size", "train.eval_every", "model.context", "data", "init_from")


@dataclass(frozen=True)
class Tunable:
    """What every configuration of an arm shares.

    Attributes:
        template: the arm's config, less the tuned values; not validated, since it may lack them.
        space: what is tuned.
        corpus: fingerprint of the tuning split.
        sizes: those of the tuned keys that the scale sets.
    """

    template: dict[str, Any]
    space: Space
    corpus: str
    sizes: frozenset[str] = frozenset()

    def config(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The arm with these values, resolved and canonical."""
        return TrialConfig.from_dict(apply(self.template, params)).as_dict()

    def spec(self, params: Mapping[str, Any], seeds: Seeds, rung: int, *, pruned: bool) -> TrialSpec:
        """The tuning trial of a configuration up to that step; where some are pruned, its last state is kept."""
        more: dict[str, Any] = {"split": "tuning", "train.until": rung}
        if pruned and self.template["checkpoint"]["keep"] != "last":
            more["checkpoint.keep"] = "last" if self.template["checkpoint"]["keep"] == "none" else "all"
        return TrialSpec.of(self.config({**params, **more}), seeds, self.corpus)


def opened(grid: Grid, arm: DeclaredArm, base: Mapping[str, Any]) -> Space | None:
    """What the grid tunes in that arm; None where it tunes nothing.

    Raises:
        ConfigError: a key that an arm or an override sets already, that no arm may choose, or a space that is empty or
            has another number of configurations than `tune.trials`.
    """
    if grid.tune is None:
        return None
    space, own = grid.tune.of_arm(arm.name), [arm.places]
    where = grid.source.where(f"tune.arms.{arm.name}" if arm.name in grid.tune.arms else "tune.space")
    for key in space:
        for mine in leaves(arm.diff):
            if f"{mine}.".startswith(f"{key}.") or f"{mine}.type" == key:
                problem = f"the arm sets it, and tune.space searches it; leave it to one of the two ({key} in tune)"
                raise blame(ConfigError(mine, problem), own, arm.where)
        for override in grid.values:
            if any(f"{set_}.".startswith(f"{key}.") for set_ in leaves({override.key: override.value})):
                raise ConfigError(override.key, "it is tuned, and the winner's value counts", where=override.where)
        for spent in SPENT:
            if f"{key}.".startswith(f"{spent}.") or f"{spent}.".startswith(f"{key}."):
                problem = "cannot be tuned: configurations are compared at equal budget and on equal data"
                raise ConfigError(key, problem, where=_line(grid, arm.name, key))
    _check_space(grid, grid.tune, arm.name, space, where)
    asked = DeclaredArm(arm.name, nest(middle(space)), where, tuple(tuning_places(grid, arm.name)))
    check_diff(asked, base)
    return space


def tunable(grid: Grid, arm: DeclaredArm, template: dict[str, Any], space: Space, sizes: frozenset[str]) -> Tunable:
    """The arm with all that its configurations share, after a look at those where the space shows what is wrong.

    Raises:
        ConfigError: a configuration that is not allowed, with the line that chose it; a corpus without a tuning split.
    """
    assert grid.tune is not None
    candidates = crossed(space) if grid.tune.search.type == "grid" else samples(space)
    found = [arm.places, tuning_places(grid, arm.name)]
    for params in candidates:
        try:
            config = TrialConfig.from_dict(apply(template, {**params, "split": "tuning"}))
        except ConfigError as error:
            tried = ", ".join(f"{key}={value}" for key, value in params.items())
            wrong = ConfigError(error.path, f"{error.problem} (arm {arm.name!r} tuned with {tried})")
            raise blame(wrong, found[::-1], grid.source.where("tune")) from None
    try:
        corpus = corpus_of(config)
    except UserError as error:
        placed = error if isinstance(error, ConfigError) else ConfigError("data", str(error))
        raise placed.at(grid.source.where("tune")) from None
    _check_rungs(grid, config)
    return Tunable(template, space, corpus.fingerprint, sizes & space.keys())


def check_names(grid: Grid, names: list[str]) -> None:
    """
    Raises:
        ConfigError: `tune.arms` names an arm that there is not.
    """
    for name in grid.tune.arms if grid.tune else ():
        if name not in names:
            path = f"tune.arms.{name}"
            raise ConfigError(path, unknown("arm", name, names), where=grid.source.where(path))


def rungs(tune: Tune, steps: int) -> tuple[int, ...]:
    """The steps at which configurations are compared: the last one is the whole budget."""
    if tune.prune is None:
        return (steps,)
    found, here = [], tune.prune.first
    while here < steps:
        found.append(here)
        here *= tune.prune.factor
    return (*found, steps)


def _check_space(grid: Grid, tune: Tune, arm: str, space: Space, where: str) -> None:
    axes = searched(space)
    for key, knob in space.items():
        if isinstance(knob, Follows):
            leader = axes.get(knob.of)
            numbers = not isinstance(leader, list) or all(type(value) in (int, float) for value in leader)
            if leader is None or not numbers:
                problem = f"{knob.of!r} is not tuned as a number in arm {arm!r}; follow one of: {', '.join(axes)}"
                raise ConfigError(f"{key}.of", problem, where=_line(grid, arm, key))
    if not axes:
        raise ConfigError("tune", f"nothing is tuned in arm {arm!r}, and every arm gets the same tuning", where=where)
    count = float(len(crossed(space))) if tune.search.type == "grid" else size(space)
    if tune.search.type == "grid" and count != tune.trials:
        problem = f"{tune.trials}, and the grid of arm {arm!r} has {count:g} configurations: make them the same"
        raise ConfigError("tune.trials", problem, where=grid.source.where("tune.trials"))
    if count < tune.trials:
        problem = f"{tune.trials}, and arm {arm!r} has {count:g} configurations in all; try fewer, or widen its space"
        raise ConfigError("tune.trials", problem, where=grid.source.where("tune.trials"))


def _check_rungs(grid: Grid, config: TrialConfig) -> None:
    tune = grid.tune
    if tune is None or tune.prune is None:
        return
    first, steps, every = tune.prune.first, config.train.steps, config.train.eval_every
    where = grid.source.where("tune.prune.first")
    if first >= steps:
        raise ConfigError("tune.prune.first", f"{first} is not below train.steps {steps}", where=where)
    if first % every:
        problem = f"{first} is no multiple of train.eval_every {every}; a trial goes on only from where it is evaluated"
        raise ConfigError("tune.prune.first", problem, where=where)


def tuning_places(grid: Grid, arm: str) -> list[Place]:
    """The keys of `tune` that concern that arm, and their lines."""
    return [*places(grid, "tune", "space"), *places(grid, "tune", "arms", arm)]


def _line(grid: Grid, arm: str, key: str) -> str:
    assert grid.tune is not None
    own = key in grid.tune.arms.get(arm, {})
    return grid.source.where(f"tune.arms.{arm}.{key}" if own else f"tune.space.{key}")
