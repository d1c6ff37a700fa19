"""A grid, expanded and held against the store: what is done, what is missing, and what a trial of it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinker.config.schema import TrialConfig
from tinker.errors import UserError
from tinker.grid.expand import Plan, expand
from tinker.grid.find import find_grid
from tinker.grid.load import load_grid
from tinker.grid.schema import Budget, Grid
from tinker.report.analysis import Analysis
from tinker.report.spared import spared_in
from tinker.schedule.course import Limits
from tinker.schedule.missing import Missing, sort_out
from tinker.schedule.tuning.phase import Tuned, confirmed, stable, tuning_so_far
from tinker.schedule.tuning.settled import settled_failures
from tinker.store.layout import Layout
from tinker.store.store import Store
from tinker.tables.grids import read_grid


@dataclass(frozen=True)
class Prepared:
    """A grid, expanded and held against the store.

    Attributes:
        plan: with the winners in its arms, once these are tuned.
        first: what is left of the trial that its arms start from.
        tuned: how far the tuning is; None in a grid that tunes nothing.
        tuning: the tuning trials that are known by now.
        spared: ids of planned trials that are not needed any more, since looks have decided; `missing` has them not.
    """

    plan: Plan
    overrides: list[str]
    store: Store
    missing: Missing
    first: Missing
    tuned: Tuned | None = None
    tuning: Missing = field(default_factory=Missing)
    spared: frozenset[str] = frozenset()

    @property
    def todo(self) -> int:
        """Trials that are not done, as far as they are known by now."""
        return len(self.missing.todo) + len(self.first.todo) + len(self.tuning.todo)

    def not_done(self) -> dict[str, TrialConfig]:
        """What may be trained, by what to call it: arms that miss a trial, and the trial that all arms start from.

        A trial on probation is one of them: if it does not hold, it is trained again. So is each arm if the trial that
        all start from is not done, since its weights may come out other than they were.
        """
        cells = [cell.spec for cell in self.plan.cells]
        trials = {spec.id for spec in (cells if self.first.todo else self.missing.todo)}
        arms = {cell.arm for cell in self.plan.cells if cell.spec.id in trials}
        if self.tuning.todo:
            arms = {arm.name for arm in self.plan.arms}
        configs = {f"arm {arm.name!r}": arm.config for arm in self.plan.arms if arm.name in arms}
        for spec in self.first.todo:
            configs["the pretraining"] = spec.config
        return {name: TrialConfig.from_dict(config) for name, config in configs.items()}


def prepare(
    grid: str, overrides: Sequence[str], results: Path, variant: Callable[[Grid], Grid] | None = None
) -> Prepared:
    """Loads, expands and sorts out; `variant` makes another grid of what was loaded. Nothing is written.

    Raises:
        UserError: anything wrong with the grid or the overrides.
    """
    found = find_grid(grid, overrides, results)
    loaded = load_grid(found.file, found.overrides)
    plan = expand(variant(loaded) if variant else loaded, results=results)
    store = Store(results)
    tuned, tuning = None, Missing()
    if plan.grid.tune is not None:
        tuned = tuning_so_far(plan, store)
        settled = settled_failures(plan, store)
        tuning = sort_out((spec for spec in tuned.specs if spec.id not in settled), store)
        if tuned.complete and (tuned.each_won or not tuning.todo):  # else what failed is run again first
            plan = confirmed(plan, stable(tuned))
    spared = _spared(plan, results)
    missing = sort_out((cell.spec for cell in plan.cells if cell.spec.id not in spared), store)
    first = [plan.pretrained] if plan.pretrained is not None and (missing.todo or tuning.todo) else []
    return Prepared(plan, found.overrides, store, missing, sort_out(first, store), tuned, tuning, spared)


def _spared(plan: Plan, results: Path) -> frozenset[str]:
    """Planned trials that the looks on record have made needless; none while the grid's file is of another plan."""
    path = Layout(results).grid(plan.name)
    if plan.grid.decide.looks is None or not path.exists():
        return frozenset()
    before, planned = read_grid(path), {cell.spec.id for cell in plan.cells}
    declared = {cell["trial_id"] for cell in before["cells"]}
    if not planned or planned != declared or before["rule_hash"] != plan.grid.decide.rule_hash:
        return frozenset()
    found = Analysis.of(results, plan.name, keep=False)
    return spared_in(found.trials, found.rule).trials


def limits_of(plan: Plan) -> Limits:
    """The resources of a grid, with what it left open filled in from its control: each rank has threads and a GPU.

    Raises:
        UserError: fewer GPUs than a trial has ranks, or what is measured for one trial and asked for several.
    """
    train, asked = plan.control.config["train"], plan.grid.resources
    devices = train.get("devices", 1)
    cpus = asked.cpus if asked.cpus is not None else float(train["threads"] * devices)
    needed = float(devices) if train["accelerator"] == "cuda" else 0.0
    gpus = needed if asked.gpus is None or asked.gpus == "auto" else asked.gpus  # `auto` begins with a card for each
    if train["accelerator"] == "cuda" and 1 < devices != gpus:
        raise UserError(
            f"resources.gpus: {gpus:g} for a trial of train.devices {devices}, whose ranks need a GPU each; give "
            f"resources.gpus={devices}, or leave it out"
        )
    if gpus > 1 and gpus != int(gpus):
        raise UserError(
            f"resources.gpus: {gpus:g} is no number of GPUs that Ray can give; use a fraction of one (0.25), a whole "
            "number, or auto"
        )
    if asked.fused != 1 and asked.gpus == "auto":
        raise UserError(
            "resources.gpus: auto measures what a trial needs of a card, and with "
            f"resources.fused={asked.fused} several go as one; give the part of a card that they need together (1, "
            "0.5), or resources.fused=1"
        )
    if asked.fused != 1 and plan.grid.budget != Budget():
        raise UserError(
            f"resources.fused: {asked.fused}: seeds of an arm go as one, and a budget cuts a grid between seeds that "
            "all arms have; leave the budget out, or resources.fused=1"
        )
    return Limits(cpus, gpus, asked.concurrent, plan.grid.retries, 60 * asked.stall_minutes, plan.grid.together)
