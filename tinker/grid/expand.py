"""From a grid to the trials that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tinker.config.accelerator import resolve_accelerator
from tinker.config.compose import check_key, compose_groups
from tinker.config.groups import Groups
from tinker.config.merge import apply, leaves
from tinker.config.plugins import absolute_plugins
from tinker.config.schema import TrialConfig
from tinker.data.corpus import Corpus, corpus_of
from tinker.errors import ConfigError, UserError
from tinker.grid.blame import Place, blame
from tinker.grid.fairness import NO_CHOICE, TUNINGS, check_diff, check_metric
from tinker.grid.measured import check_auto, check_devices, settled, settled_by_itself
from tinker.grid.pretrain import Start, pretrain_spec
from tinker.grid.product import DeclaredArm, declared_arms
from tinker.grid.schema import Grid
from tinker.grid.space import Params, middle
from tinker.grid.tunable import Tunable, check_names, opened, tunable, tuning_places
from tinker.spec import Seeds, TrialSpec, canonical
from tinker.train.start import KEY


@dataclass(frozen=True)
class Arm:
    """A resolved arm.

    Attributes:
        diff: against the control, nested; empty for the control.
        config: resolved and canonical.
        corpus: fingerprint of the tokens.
        changes_scale: the diff changes a size or budget that the scale had set.
        tunable: what its tuning starts from, in a grid that tunes.
        tuned: the winner's values by dotted key; empty before, when `config` has values from the middle of the space.
    """

    name: str
    diff: dict[str, Any]
    config: dict[str, Any]
    corpus: str
    is_control: bool
    changes_scale: bool
    tunable: Tunable | None = None
    tuned: Params = field(default_factory=dict)

    def spec(self, seeds: Seeds) -> TrialSpec:
        """The trial of this arm with these seeds."""
        return TrialSpec.of(self.config, seeds, self.corpus)

    @property
    def untuned(self) -> Arm:
        """As it was before its tuning."""
        if self.tunable is None:
            return self
        return replace(self, config=self.tunable.config(middle(self.tunable.space)), tuned={})


@dataclass(frozen=True)
class Cell:
    """One trial of the matrix."""

    arm: str
    seeds: Seeds
    spec: TrialSpec


@dataclass(frozen=True)
class Plan:
    """What a grid asks for: the control first among the arms, and the trials in seed blocks, in order.

    `pretrained` is the trial that they start from, where the grid declares one; it is no cell of the matrix. While the
    arms of a grid with `tune` are not tuned there are no cells: nobody knows yet what will be compared.
    Afterwards `before` is the plan as it was then.
    """

    grid: Grid
    arms: tuple[Arm, ...]
    blocks: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    pretrained: TrialSpec | None = None
    before: Plan | None = None

    @property
    def name(self) -> str:
        """Of the folder among the results."""
        return self.grid.results_name

    @property
    def control(self) -> Arm:
        """The arm with the empty diff."""
        return self.arms[0]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All trials, block after block."""
        return tuple(cell for block in self.blocks for cell in block)


def expand(grid: Grid, *, config_dirs: Sequence[Path] | None = None, results: Path = Path("results")) -> Plan:
    """Resolves every arm against the control, checks each strictly, and lays the trials out.

    `train.accelerator: auto` is resolved here, once for all arms. An arm that asks for the same trials as one before it
    is left out with a note; a combination of axes that gives the control is the control. What arms start from, and what
    was measured for the grid, is looked up in `results`.

    Raises:
        UserError: with file and line, or the override, that is at fault.
    """
    grid, groups = settled(grid, results), Groups.find(config_dirs)
    composed = compose_groups(grid.choices, groups)
    for value in grid.values:
        check_key(value, composed.config, groups)
    shared, others = _shared_places(grid), declared_arms(grid)
    check_auto(grid, composed.config, shared, others)
    base = _base(grid, composed.config, shared)
    check_devices(grid, base)
    grid = settled_by_itself(grid, base["train"])
    base = apply(base, grid.switched)
    pretrained = pretrain_spec(grid, base, results)
    start = Start(results, pretrained)
    base = start.shared_by_arms(base)
    empty = DeclaredArm(grid.control, {}, grid.source.where("control"), ())
    control, corpus = _resolve(grid, empty, base, shared, start)
    check_metric(grid, corpus)
    arms, notes = {identity(control): control}, []
    check_names(grid, [grid.control, *(declared.name for declared in others)])
    for declared in others:
        check_diff(declared, base)
        arm, arm_corpus = _resolve(grid, declared, base, shared, start, composed.sizes)
        if arm_corpus.fingerprint != corpus.fingerprint and grid.decide.metric != "val_bpb":
            problem = "other tokens than the control's; the two compare in bits per byte only (decide.metric: val_bpb)"
            raise blame(ConfigError("data", problem), [declared.places], declared.where)
        if grid.decide.metric == "train_loss" and arm.config["model"]["loss"] != control.config["model"]["loss"]:
            problem = "trained on another loss than the control's; decide by val_loss, which is the same for all"
            raise blame(ConfigError("model.loss", problem), [declared.places], declared.where)
        same = arms.setdefault(identity(arm), arm)
        if same is arm or (same is control and declared.product):
            continue
        if same is control:
            problem = f"arm {arm.name!r} is the same as the control {same.name!r}: its diff changes nothing"
            raise ConfigError("", problem, where=declared.where)
        notes.append(f"{declared.where}: arm {arm.name!r} is the same as {same.name!r} and is left out")
    kept = tuple(arms.values())
    return Plan(grid, kept, blocks(grid, kept) if grid.tune is None else (), tuple(notes), pretrained)


def identity(arm: Arm) -> str:
    """Equal for two arms that ask for the same trials, or that would if they were not tuned."""
    if arm.tunable is not None and not arm.tuned:
        return canonical(arm.tunable.template)
    return arm.spec(Seeds(0, 0)).id


def blocks(grid: Grid, arms: Sequence[Arm]) -> tuple[tuple[Cell, ...], ...]:
    """The trials that compare these arms, in seed blocks."""
    plan, shared = grid.seed_plan, set(grid.seed_plan.arms)
    any_seeds = [(arm, arm.spec(Seeds(0, 0))) for arm in arms]  # so that all trials of an arm hold one text
    return tuple(
        tuple(
            Cell(arm.name, seeds, replace(spec, seeds=seeds))
            for arm, spec in any_seeds
            if arm.is_control or seeds in shared
        )
        for seeds in plan.blocks
    )


def _base(grid: Grid, composed: dict[str, Any], shared: Sequence[Sequence[Place]]) -> dict[str, Any]:
    """What all arms start from: the chosen files, the grid's `base` and plugins, and the overrides."""
    where = grid.source.where("base")
    try:
        config = apply(composed, grid.base)
        config = apply(config, {"plugins": grid.plugins} if grid.plugins else {})
        config = apply(config, {value.key: value.value for value in grid.values})
    except ConfigError as error:
        raise blame(error, shared, where) from None
    for key in sorted(TUNINGS & leaves(config).keys()):
        raise blame(ConfigError(key, NO_CHOICE), shared, where)
    return resolve_accelerator(absolute_plugins(config))


def _resolve(
    grid: Grid,
    declared: DeclaredArm,
    base: dict[str, Any],
    shared: Sequence[Sequence[Place]],
    start: Start,
    sizes: frozenset[str] = frozenset(),
) -> tuple[Arm, Corpus]:
    space = opened(grid, declared, base)
    values = {} if space is None else middle(space)
    try:
        template = apply(base, declared.diff)
        resolved = start.of_arm(apply(template, values))
        config = TrialConfig.from_dict(resolved)
        corpus = corpus_of(config)
    except UserError as error:
        placed = error if isinstance(error, ConfigError) else ConfigError("data", str(error))
        mine = [tuning_places(grid, declared.name), declared.places]
        raise blame(placed, [*mine, *shared], declared.where) from None
    open_ = None if space is None else tunable(grid, declared, {**template, KEY: resolved[KEY]}, space, sizes)
    before, after = leaves(base), leaves(config.as_dict())
    changed = {key for key in leaves(declared.diff) if before.get(key) != after.get(key)}
    changes_scale = bool(sizes & changed)
    is_control = declared.name == grid.control
    arm = Arm(declared.name, declared.diff, config.as_dict(), corpus.fingerprint, is_control, changes_scale, open_)
    return arm, corpus


def _shared_places(grid: Grid) -> list[list[Place]]:
    """Where the keys that all arms share were set: by overrides, and else by the file's choices and its base."""
    lines = grid.source.lines
    overrides = [Place(override.key, override.where) for override in (*grid.chosen, *grid.values)]
    chosen = [Place(key, grid.source.line(key)) for key in ("recipe", "data", "scale", "plugins") if (key,) in lines]
    base = [Place(".".join(keys[1:]), grid.source.line(*keys)) for keys in lines if keys[0] == "base" and len(keys) > 1]
    return [overrides, [*chosen, *base]]
