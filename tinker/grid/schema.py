"""What a grid's YAML file may say. Imports neither torch nor Hydra: reports read grids too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

from tinker.config.groups import Choice
from tinker.config.limits import Limits, Pattern
from tinker.config.overrides import Override
from tinker.errors import ConfigError
from tinker.grid.decide import Decide
from tinker.grid.fleet import Fleet
from tinker.grid.seeds import Seed, SeedPlan, SeedsDeclared
from tinker.grid.switches import SWITCHES
from tinker.grid.tune import Tune
from tinker.grid.yaml_loader import Document

NAME = Pattern(r"[a-z0-9][a-z0-9._=,+-]*", "lower-case letters, digits and . _ = , + -, a letter or digit first")
SOME_TEXT = Pattern(r"[\s\S]*\S[\s\S]*", "not empty")

Name = Annotated[str, NAME]
Diff = dict[str, Any]  # against the control's config, keys nested or dotted


@dataclass(frozen=True)
class Resources:
    """Of one trial; null is what it needs: `train.threads` CPUs, and one GPU if it runs on CUDA.

    `gpus` may be a fraction, and `auto` is the one that measured memory allows. `concurrent` is how many trials may run
    at once; null is as many as fit. `fused` is how many seeds of an arm are trained as one program on what one trial
    gets: the same numbers to rounding, sooner on a GPU that one trial cannot fill. `compile: auto` leaves
    `train.compile` of all arms to a measurement when the grid is first run, `matmul: auto` `train.matmul`, and
    `fused: auto` that number; null is what the config says. After `stall_minutes` without a batch of training or
    evaluation a trial counts as hung (before the first batch five minutes at least): its worker is killed, and it is
    tried again.
    """

    cpus: Annotated[float, Limits(above=0)] | None = None
    gpus: Annotated[float, Limits(at_least=0)] | Literal["auto"] | None = None
    concurrent: Annotated[int, Limits(at_least=1)] | None = None
    fused: Annotated[int, Limits(at_least=1)] | Literal["auto"] = 1
    matmul: Literal["auto"] | None = None
    compile: Literal["auto"] | None = None
    stall_minutes: Annotated[float, Limits(above=0)] = 30.0


@dataclass(frozen=True)
class Budget:
    """What the grid may spend, over all its runs together, although trials are missing then; null is no limit.

    Attributes:
        hours: of wall time in which the grid had a worker.
        usd: money, which is hours times `usd_per_hour`.
        usd_per_hour: the price of an hour of the machine, or of all machines, that a run has.
        trials: that ended, however they did; one that is tried again counts once.
        flops: of the training steps that were done.
    """

    hours: Annotated[float, Limits(above=0)] | None = None
    usd: Annotated[float, Limits(above=0)] | None = None
    usd_per_hour: Annotated[float, Limits(above=0)] | None = None
    trials: Annotated[int, Limits(at_least=1)] | None = None
    flops: Annotated[float, Limits(above=0)] | None = None

    def check(self) -> None:
        """
        Raises:
            ConfigError: money without a price.
        """
        if self.usd is not None and self.usd_per_hour is None:
            problem = (
                f"{self.usd:g} dollars are hours of a machine once its price is known; give budget.usd_per_hour too: "
                "the price of an hour of the machine, or of all machines, that this runs on (2.5, say)"
            )
            raise ConfigError("budget.usd", problem)

    @property
    def declared(self) -> dict[str, float]:
        """The keys that were given."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Pretrain:
    """The trial that every arm starts from: `base` with a diff of its own, trained once with this seed."""

    diff: Diff
    seed: Seed = 1


@dataclass(frozen=True)
class Declaration:
    """The keys of the file.

    Attributes:
        name: of its folder among the results.
        question, hypothesis: what the grid asks, and what its author expects; for readers.
        recipe, data, scale: options of the config groups of those names.
        control: the name of the arm with the empty diff.
        base: a diff for every arm, the control included.
        arms: named diffs against the control.
        axes: lists of values by dotted key; every combination is an arm.
        zip: lists of equal length, walked together: one more axis.
        include: further diffs, named by `name:` or after their values.
        exclude: combinations that are left out: those that agree with all keys of an entry.
        seeds: a count, a list, or {arms: ..., control: ...}.
        decide: the decision rule.
        tune: what is searched for every arm, alike, before they are compared.
        pretrain: a trial that is trained first, and whose weights every arm starts from.
        budget: what the grid may spend, over all its runs.
        fleet: what may be rented for it, where it runs on rented GPUs.
        priority: of several grids in one run, that of the highest goes first.
        retries: how often a trial is started again after a crash of its worker.
        plugins: Python files with variants, relative to the grid's file.
    """

    name: Name
    question: Annotated[str, SOME_TEXT]
    control: Name
    seeds: SeedsDeclared
    decide: Decide
    hypothesis: str = ""
    recipe: str = "baseline-v0"
    data: str = "grammar"
    scale: str = "cpu"
    base: Diff = field(default_factory=dict)
    arms: dict[str, Diff] = field(default_factory=dict)
    axes: dict[str, list[Any]] = field(default_factory=dict)
    zip: dict[str, list[Any]] = field(default_factory=dict)
    include: list[Diff] = field(default_factory=list)
    exclude: list[Diff] = field(default_factory=list)
    tune: Tune | None = None
    pretrain: Pretrain | None = None
    resources: Resources = Resources()
    budget: Budget = Budget()
    fleet: Fleet = field(default_factory=Fleet)
    priority: int = 0
    retries: Annotated[int, Limits(at_least=0)] = 2
    plugins: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Grid(Declaration):
    """A declaration with the overrides of a command line in it, and where all of it comes from.

    Attributes:
        source: the file, for errors.
        results_name: of its folder among the results: `name`, and what overrides made of it.
        seed_plan: the seeds, spelled out.
        choices: options of config groups, those of the file and of the command line.
        chosen: the overrides among these.
        values: overrides of single values, laid over every arm's base.
        decided: what was measured for it, as its `measured.json` has it, as far as it leaves that open (`auto`).
        no_choice: sentences about what it leaves open where nothing is to be decided.
        kin: the grid whose measurements count for this one, where it is a part of that.
    """

    source: Document
    results_name: str
    seed_plan: SeedPlan
    choices: dict[str, Choice]
    chosen: tuple[Override, ...]
    values: tuple[Override, ...]
    decided: Mapping[str, Any] = field(default_factory=dict)
    no_choice: tuple[str, ...] = ()
    kin: str = ""

    @property
    def measured_name(self) -> str:
        """Of the folder among the results with what was measured for it."""
        return self.kin or self.results_name

    @property
    def switched(self) -> dict[str, Any]:
        """Keys of the config that a measurement has switched on, and to what."""
        on = [part for part in SWITCHES if self.decided.get(part, {"on": False})["on"]]
        return {f"train.{part}": SWITCHES[part][1] for part in on}

    @property
    def together(self) -> int:
        """How many seeds of an arm are trained as one program; 1 while that is to be measured."""
        fused = self.resources.fused
        return int(self.decided.get("fused", {"seeds": 1})["seeds"]) if fused == "auto" else fused
