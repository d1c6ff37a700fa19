"""`tinker run` from the grid's file to the last trial: load, expand, check, lock, run, say what came of it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from tinker.config.schema import TrialConfig
from tinker.errors import FAILED, INTERRUPTED, OK, UserError
from tinker.grid.expand import Plan, expand
from tinker.grid.find import find_grid
from tinker.grid.load import load_grid
from tinker.grid.schema import Grid
from tinker.schedule.driver import Driver, Limits, Summary
from tinker.schedule.grid_file import size_of, write_grid_file
from tinker.schedule.live import Live
from tinker.schedule.missing import Missing, class_of, set_aside, sort_out
from tinker.schedule.preflight import check_machine, require_backend
from tinker.spec import TrialSpec
from tinker.stats.declared import edited
from tinker.store.lock import driver_lock
from tinker.store.progress import read_progress
from tinker.store.store import Store
from tinker.tables.grids import load_grid as load_results
from tinker.train.starts.trial import kept_checkpoint
from tinker.verify.gate import refuse_unsound


@dataclass(frozen=True)
class Prepared:
    """A grid, expanded and held against the store; `first` is what is left of the trial that its arms start from."""

    plan: Plan
    overrides: list[str]
    store: Store
    missing: Missing
    first: Missing


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
    missing = sort_out((cell.spec for cell in plan.cells), store)
    first = [plan.pretrained] if plan.pretrained is not None and missing.todo else []
    return Prepared(plan, found.overrides, store, missing, sort_out(first, store))


def run_grid(
    grid: str,
    overrides: Sequence[str],
    results: Path,
    console: Console,
    *,
    force: bool = False,
    wait: bool = False,
    variant: Callable[[Grid], Grid] | None = None,
    again: str | None = None,
) -> int:
    """Runs what is missing. `variant` makes another grid of the one that is named, and `again` is the command for it.

    Returns:
        An exit code: OK when every trial of the grid has a row, FAILED when some failed or the budget ran out,
        INTERRUPTED after Ctrl-C.

    Raises:
        UserError: bad input, an arm that fails the quick part of `tinker verify`, or another run holds the results.
    """
    say = Speaker(console)
    with driver_lock(results, wait=wait, notice=say):
        prepared = prepare(grid, overrides, results, variant)
        plan, missing = prepared.plan, prepared.missing
        named = plan.name if results == Path("results") else f"{plan.name} --results {results}"
        config, limits = TrialConfig.from_dict(plan.control.config), limits_of(plan)
        todo = len(missing.todo) + len(prepared.first.todo)
        flops = size_of(plan.control)["flops_per_token"]
        if todo:
            check_machine(config, flops, todo, limits.concurrent or 1, force=force)
            arms = _not_done(prepared)
            for arm in arms.values():
                require_backend(arm)
            refuse_unsound(arms, again=shlex.join(["tinker", "verify", grid, *overrides]), say=say)
        write_grid_file(plan, results, prepared.overrides, class_of(plan.cells[0].spec))
        for note in plan.notes:
            say(note)
        late = edited(load_results(results, plan.name))
        if late:
            say(
                f"note: {late}: every verdict is exploratory. As it was declared first the grid has its verdicts; to"
                " test something new, give it a name and seeds of its own"
            )
        say(_opening(prepared))
        if not todo:
            say(f"nothing to do; see it with: tinker report {named}")
            return OK
        summary = _drive(prepared, limits, console)
    return _closing(say, named, again or f"tinker run {named}", summary)


def _not_done(prepared: Prepared) -> dict[str, TrialConfig]:
    """What may be trained, by what to call it: the arms that miss a trial, and the trial that all arms start from.

    A trial on probation is one of them: if it does not hold, it is trained again. So is each arm if the trial that all
    start from is not done, since its weights may come out other than they were.
    """
    cells = [cell.spec for cell in prepared.plan.cells]
    trials = {spec.id for spec in (cells if prepared.first.todo else prepared.missing.todo)}
    arms = {cell.arm for cell in prepared.plan.cells if cell.spec.id in trials}
    configs = {f"arm {arm.name!r}": arm.config for arm in prepared.plan.arms if arm.name in arms}
    for spec in prepared.first.todo:
        configs["the pretraining"] = spec.config
    return {name: TrialConfig.from_dict(config) for name, config in configs.items()}


def limits_of(plan: Plan) -> Limits:
    """The resources of a grid, with what it left open filled in from its control: each rank has threads and a GPU.

    Raises:
        UserError: fewer GPUs than a trial has ranks.
    """
    train, asked = plan.control.config["train"], plan.grid.resources
    devices = train.get("devices", 1)
    cpus = asked.cpus if asked.cpus is not None else float(train["threads"] * devices)
    gpus = asked.gpus if asked.gpus is not None else (float(devices) if train["accelerator"] == "cuda" else 0.0)
    if train["accelerator"] == "cuda" and 1 < devices != gpus:
        raise UserError(
            f"resources.gpus: {gpus:g} for a trial of train.devices {devices}, whose ranks need a GPU each; give "
            f"resources.gpus={devices}, or leave it out"
        )
    budget = plan.grid.budget
    return Limits(cpus, gpus, asked.concurrent, plan.grid.retries, budget.hours, budget.trials)


def _drive(prepared: Prepared, limits: Limits, console: Console) -> Summary:
    """The trial that the arms start from, if it is missing, and then the arms."""
    plan, started = prepared.plan, time.monotonic()
    labels = {cell.spec.id: f"{cell.arm} seed {cell.seeds.label}" for cell in plan.cells}
    if plan.pretrained is None:
        return _drive_arms(prepared.store, prepared.missing, limits, labels, console)
    first = _drive_some(
        prepared.store, prepared.first, replace(limits, trials=None), {plan.pretrained.id: "pretraining"}, console
    )
    if first.stopped:
        return first
    require_pretrained(prepared.store, plan.pretrained)
    if limits.hours is not None:
        limits = replace(limits, hours=max(0.0, limits.hours - (time.monotonic() - started) / 3600))
    missing = sort_out((cell.spec for cell in plan.cells), prepared.store)  # its weights may be others now
    summary = _drive_arms(prepared.store, missing, limits, labels, console)
    summary.ended += first.ended
    return summary


def _drive_arms(store: Store, missing: Missing, limits: Limits, labels: dict[str, str], console: Console) -> Summary:
    """The arms. Rows of trials that started from other weights than there are now make room for new ones first."""
    if missing.other_start:
        Speaker(console)(
            f"{len(missing.other_start)} trials started from other weights than init_from gives now; they are trained "
            "again, and their rows set aside"
        )
        set_aside(missing, store)
    return _drive_some(store, missing, limits, labels, console)


def require_pretrained(store: Store, spec: TrialSpec) -> None:
    """
    Raises:
        UserError: the trial that all arms start from failed, diverged, or has not kept its weights.
    """
    row = store.get(spec.id, class_of(spec))
    state = "missing" if row is None else row.status.state
    if row is None or row.result is None or state != "done":
        cause = f" ({row.status.cause})" if row is not None and row.status.cause else ""
        raise UserError(
            f"pretrain: trial {spec.id}, from which every arm starts, is {state}{cause}, so no arm was run; "
            f"see {store.folder(spec, class_of(spec)).log}, or change pretrain.diff",
            exit_code=FAILED,
        )
    kept_checkpoint(row.folder)


def _drive_some(store: Store, missing: Missing, limits: Limits, labels: dict[str, str], console: Console) -> Summary:
    if not missing.todo:
        return Summary()
    train, probation = missing.train, missing.probation
    wanted = {spec.id for spec in (*train[: limits.trials], *probation)}
    labels = {trial: label for trial, label in labels.items() if trial in wanted}

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
    if prepared.first.todo:
        parts.append("after the trial that all arms start from")
    arms, seeds = len(plan.arms), len(plan.blocks)
    return f"{plan.name}: {arms} arms, {seeds} seeds, {len(plan.cells)} trials: {', '.join(parts)}"


def _closing(say: Speaker, name: str, again: str, summary: Summary) -> int:
    ended = ", ".join(f"{count} {status}" for status, count in sorted(summary.ended.items()))
    if summary.stopped:
        say(f"stopped ({summary.stopped}): {ended or 'nothing ended'}; go on with: {again}")
        return INTERRUPTED if summary.stopped == "interrupted" else FAILED
    say(f"{ended}; see it with: tinker report {name}")
    if summary.ended["failed"]:
        say(f"failed trials are tried again by: {again}; each has a log.txt beside its result's place in the results")
    if summary.left_out:
        say(f"budget.trials is used up: {summary.left_out} trials are left, go on with: {again}")
    return FAILED if summary.ended["failed"] or summary.left_out else OK
