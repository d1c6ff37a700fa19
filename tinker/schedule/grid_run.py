"""`tinker run` from the grid's file to the last trial: load, expand, check, lock, run, say what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tinker.config.schema import TrialConfig
from tinker.errors import FAILED, INTERRUPTED, OK
from tinker.grid.expand import Plan, expand
from tinker.grid.find import find_grid
from tinker.grid.load import load_grid
from tinker.schedule.driver import Driver, Limits, Summary
from tinker.schedule.grid_file import size_of, write_grid_file
from tinker.schedule.live import Live
from tinker.schedule.missing import Missing, class_of, sort_out
from tinker.schedule.preflight import check_machine
from tinker.spec import TrialSpec
from tinker.store.lock import driver_lock
from tinker.store.progress import read_progress
from tinker.store.store import Store


@dataclass(frozen=True)
class Prepared:
    """A grid, expanded and held against the store."""

    plan: Plan
    overrides: list[str]
    store: Store
    missing: Missing


def prepare(grid: str, overrides: Sequence[str], results: Path) -> Prepared:
    """Loads, expands and sorts out. Nothing is written.

    Raises:
        UserError: anything wrong with the grid or the overrides.
    """
    found = find_grid(grid, overrides, results)
    plan = expand(load_grid(found.file, found.overrides))
    store = Store(results)
    return Prepared(plan, found.overrides, store, sort_out((cell.spec for cell in plan.cells), store))


def run_grid(
    grid: str, overrides: Sequence[str], results: Path, console: Console, *, force: bool = False, wait: bool = False
) -> int:
    """Runs what is missing.

    Returns:
        An exit code: OK when every trial of the grid has a row, FAILED when some failed or the budget ran out,
        INTERRUPTED after Ctrl-C.

    Raises:
        UserError: bad input, or another run holds the results.
    """
    say = Speaker(console)
    with driver_lock(results, wait=wait, notice=say):
        prepared = prepare(grid, overrides, results)
        plan, missing = prepared.plan, prepared.missing
        named = plan.name if results == Path("results") else f"{plan.name} --results {results}"
        config, limits = TrialConfig.from_dict(plan.control.config), limits_of(plan)
        todo = len(missing.train) + len(missing.probation)
        flops = size_of(plan.control)["flops_per_token"]
        if todo:
            check_machine(config, flops, todo, limits.concurrent or 1, force=force)
        write_grid_file(plan, results, prepared.overrides, class_of(plan.cells[0].spec))
        for note in plan.notes:
            say(note)
        say(_opening(prepared))
        if not todo:
            say(f"nothing to do; see it with: tinker report {named}")
            return OK
        summary = _drive(prepared, limits, console)
    return _closing(say, named, summary)


def limits_of(plan: Plan) -> Limits:
    """The resources of a grid, with what it left open filled in from its control."""
    train, asked = plan.control.config["train"], plan.grid.resources
    cpus = asked.cpus if asked.cpus is not None else float(train["threads"])
    gpus = asked.gpus if asked.gpus is not None else (1.0 if train["accelerator"] == "cuda" else 0.0)
    budget = plan.grid.budget
    return Limits(cpus, gpus, asked.concurrent, plan.grid.retries, budget.hours, budget.trials)


def _drive(prepared: Prepared, limits: Limits, console: Console) -> Summary:
    store, train, probation = prepared.store, prepared.missing.train, prepared.missing.probation
    wanted = {spec.id for spec in (*train[: limits.trials], *probation)}
    labels = {c.spec.id: f"{c.arm} seed {c.seeds.label}" for c in prepared.plan.cells if c.spec.id in wanted}

    def fraction(spec: TrialSpec) -> float:
        progress = read_progress(store.folder(spec, class_of(spec)))
        return progress.step / progress.steps if progress else 0.0

    view = Live(console, labels, fraction)
    try:
        return Driver(store, limits, view).run(train, probation)
    finally:
        view.close()


class Speaker:
    """Plain sentences on the console, unstyled and unwrapped."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def __call__(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _opening(prepared: Prepared) -> str:
    plan, missing = prepared.plan, prepared.missing
    parts = [f"{len(missing.done)} done", f"{len(missing.train)} to run"]
    if missing.probation:
        parts.append(f"{len(missing.probation)} made by other code, to be put on probation")
    arms, seeds = len(plan.arms), len(plan.blocks)
    return f"{plan.name}: {arms} arms, {seeds} seeds, {len(plan.cells)} trials: {', '.join(parts)}"


def _closing(say: Speaker, name: str, summary: Summary) -> int:
    ended = ", ".join(f"{count} {status}" for status, count in sorted(summary.ended.items()))
    again = f"tinker run {name}"
    if summary.stopped:
        say(f"stopped ({summary.stopped}): {ended or 'nothing ended'}; go on with: {again}")
        return INTERRUPTED if summary.stopped == "interrupted" else FAILED
    say(f"{ended}; see it with: tinker report {name}")
    if summary.ended["failed"]:
        say(f"failed trials are tried again by: {again}; each has a log.txt beside its result's place in the results")
    if summary.left_out:
        say(f"budget.trials is used up: {summary.left_out} trials are left, go on with: {again}")
    return FAILED if summary.ended["failed"] or summary.left_out else OK
