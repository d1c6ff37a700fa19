"""`tinker run` from the grids' files to the last trial: load, expand, check, run, say what came of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from tinker.config.schema import TrialConfig
from tinker.errors import FAILED, INTERRUPTED, OK, UserError
from tinker.grid.expand import Plan
from tinker.grid.schema import Grid
from tinker.schedule.agenda import GridAgenda
from tinker.schedule.budget import GridPurse
from tinker.schedule.course import GridRun, Summary
from tinker.schedule.driver import Driver
from tinker.schedule.executor import Executor
from tinker.schedule.foresight import Foresight
from tinker.schedule.fused_words import foreseen_fusing, fusing_in_words
from tinker.schedule.gpu_share import AutoShare
from tinker.schedule.grid_file import size_of, write_grid_file
from tinker.schedule.live.looks import last_verdicts
from tinker.schedule.live.said import said
from tinker.schedule.live.shown import Shown, no_looks
from tinker.schedule.live.source import FromStore
from tinker.schedule.live.watched import Watched
from tinker.schedule.measured.settle import settle
from tinker.schedule.missing import class_of
from tinker.schedule.preflight import check_machine, require_backend
from tinker.schedule.prepared import Prepared, limits_of, prepare
from tinker.schedule.speaker import Speaker
from tinker.spec import Seeds
from tinker.stats.declared import edited
from tinker.store.lock import results_lock
from tinker.store.presence import Presence
from tinker.store.store import Store
from tinker.tables.grids import load_grid as load_results
from tinker.verify.gate import refuse_unsound


def run_grids(
    grids: Sequence[str],
    overrides: Sequence[str],
    results: Path,
    console: Console,
    *,
    force: bool = False,
    fail_fast: bool = False,
    variant: Callable[[Grid], Grid] | None = None,
    again: str | None = None,
    executor: Executor | None = None,
) -> int:
    """Runs what is missing of the grids, those of higher `priority` first.

    `variant` makes another grid of each that is named, and `again` is the command for it. An `executor` that is there
    already is used and left as it is.

    Returns:
        An exit code: OK when every trial that the grids want has a row, FAILED when some failed or a budget ran out,
        INTERRUPTED after Ctrl-C or `tinker stop`.

    Raises:
        UserError: bad input, or an arm that fails the quick part of `tinker verify`.
    """
    say = Speaker(console)
    preparing = {grid: partial(prepare, grid, overrides, results, variant) for grid in grids}
    prepared = {grid: first() for grid, first in preparing.items()}
    _refuse_twins(prepared)
    for grid, one in prepared.items():
        _check(one, grid, overrides, say, force=force)
    for grid, one in prepared.items():
        prepared[grid] = settle(one, preparing[grid], say)
        if prepared[grid].plan.control.config != one.plan.control.config:  # what was switched on is checked as well
            _check(prepared[grid], grid, overrides, say, force=force)
    fusing = {name: foreseen_fusing(one.plan) for name, one in prepared.items()}
    for name, one in prepared.items():
        _declare(one, results, say, fusing[name])
    todo = {grid: one for grid, one in prepared.items() if one.todo}
    elsewhere = "" if results == Path("results") else f" --results {results}"
    for one in prepared.values():
        if not one.todo:
            say(f"{one.plan.name}: nothing to do; see it with: tinker report {one.plan.name}{elsewhere}")
    if not todo:
        return OK
    foresights = {one.plan.name: _foresight(one, results) for one in todo.values()}
    spent = {name: refusal for name, each in foresights.items() if (refusal := each.purse.refusal()) is not None}
    runs = [
        GridRun(
            name := one.plan.name,
            GridAgenda(one.plan, one.store, _writer(one, results, foresights[name], say)),
            foresights[name].limits,
            foresights[name].purse,
            one.plan.grid.priority,
            foresights[name].before,
            _measure(one, say),
            (fusing[grid] or {}).get("alone", ()),
        )
        for grid, one in todo.items()
        if one.plan.name not in spent
    ]
    shown = {one.plan.name: _shown(one.plan, foresights[one.plan.name].purse, results) for one in todo.values()}
    summaries = {name: Summary(stopped=refusal) for name, refusal in spent.items()}
    if runs:
        summaries |= drive(runs, results, console, shown, fail_fast=fail_fast, executor=executor)
    codes = [
        _closing(say, f"{name}{elsewhere}", again or f"tinker run {name}{elsewhere}", summary, foresights[name])
        for name, summary in summaries.items()
        if summary.error is None
    ]
    for summary in summaries.values():
        if summary.error is not None:
            raise summary.error
    return INTERRUPTED if INTERRUPTED in codes else max(codes)


def _measure(prepared: Prepared, say: Speaker) -> AutoShare | None:
    """Where a grid leaves it to measurement what of a GPU a trial gets; a trial on several ranks needs whole ones."""
    plan = prepared.plan
    train = plan.control.config["train"]
    auto = plan.grid.resources.gpus == "auto" and train["accelerator"] == "cuda" and train.get("devices", 1) == 1
    return AutoShare(plan, prepared.store, say) if auto else None


def _foresight(prepared: Prepared, results: Path) -> Foresight:
    plan = prepared.plan
    return Foresight(plan, prepared.store, limits_of(plan), GridPurse(plan.grid.budget, results, plan.name))


def _writer(prepared: Prepared, results: Path, foresight: Foresight, say: Speaker) -> Callable[[Plan], None]:
    """Writes the grid's file again when its arms are tuned: what is compared is known then."""

    def write(plan: Plan) -> None:
        foresight.plan = plan
        with results_lock(results, say):
            write_grid_file(plan, results, prepared.overrides, class_of(plan.control.spec(Seeds(0, 0))))

    return write


def drive(
    runs: Sequence[GridRun],
    results: Path,
    console: Console,
    shown: Mapping[str, Shown],
    *,
    fail_fast: bool = False,
    executor: Executor | None = None,
) -> dict[str, Summary]:
    """The driver with all that it needs around it; `shown` is what people see of each grid.

    Raises:
        UserError: as `Driver.run`.
    """
    with ExitStack() as stack:
        presence = Presence(results)
        view = Watched(console, FromStore(Store(results)), shown, presence.say)
        presence.say(said(view.board))  # from its first sign of life on others know which grids it runs
        stack.enter_context(presence)
        ray = executor or stack.enter_context(Executor())
        stack.callback(view.close)
        return Driver(Store(results), ray, presence, view, fail_fast=fail_fast).run(runs)


def _shown(plan: Plan, purse: GridPurse, results: Path) -> Shown:
    looks = partial(last_verdicts, results / plan.name) if plan.grid.decide.looks else no_looks
    return Shown.of(plan, lambda: purse.spent.usd, looks)


def _refuse_twins(prepared: dict[str, Prepared]) -> None:
    """Raises UserError where two of the grids are one."""
    names: dict[str, str] = {}
    for grid, one in prepared.items():
        twin = names.setdefault(one.plan.name, grid)
        if twin != grid:
            raise UserError(f"{grid}: its results are those of {twin} ({one.plan.name}); name one of the two")


def _check(prepared: Prepared, grid: str, overrides: Sequence[str], say: Speaker, *, force: bool) -> None:
    """Before anything is spent. Raises UserError: this machine cannot do it, or an arm is unsound."""
    plan = prepared.plan
    if not prepared.todo:
        return
    flops = size_of(plan.control)["flops_per_token"]
    at_once = plan.grid.resources.concurrent or 1
    check_machine(TrialConfig.from_dict(plan.control.config), flops, prepared.todo, at_once, force=force)
    arms = prepared.not_done()
    for arm in arms.values():
        require_backend(arm)
    refuse_unsound(arms, again=shlex.join(["tinker", "verify", grid, *overrides]), say=say)


def _declare(prepared: Prepared, results: Path, say: Speaker, fusing: dict[str, Any] | None) -> None:
    """Writes down what the grid asks for, and says what is to know of it."""
    plan = prepared.plan
    with results_lock(results, notice=say):
        write_grid_file(plan, results, prepared.overrides, class_of(plan.control.spec(Seeds(0, 0))))
    for note in (*plan.notes, *plan.grid.no_choice, *fusing_in_words(fusing)):
        say(note)
    late = edited(load_results(results, plan.name))
    if late:
        say(
            f"note: {late}: every verdict is exploratory. As it was declared first the grid has its verdicts; to"
            " test something new, give it a name and seeds of its own"
        )
    say(_opening(prepared))


def _opening(prepared: Prepared) -> str:
    plan, missing = prepared.plan, prepared.missing
    parts = [f"{len(missing.done)} done", f"{len(missing.train)} to run"]
    if missing.probation:
        parts.append(f"{len(missing.probation)} made by other code, to be put on probation")
    if prepared.first.todo:
        parts.append("after the trial that all arms start from")
    arms, seeds, tuning = len(plan.arms), len(plan.grid.seed_plan.blocks), prepared.tuning
    again = f"{len(tuning.done)} trials done, {len(tuning.todo)} to run" if tuning.todo else ""
    if plan.grid.tune is not None and plan.before is None:
        each = f"{plan.grid.tune.trials} configurations x {len(plan.grid.tune.seeds)} seeds of each arm"
        return f"{plan.name}: {arms} arms to tune, {each}: so far {again}; then the winners run with {seeds} seeds"
    if prepared.spared:
        parts.append(f"{len(prepared.spared)} not needed")
    if again:
        parts.append(f"after the tuning ({again})")
    return f"{plan.name}: {arms} arms, {seeds} seeds, {len(plan.cells)} trials: {', '.join(parts)}"


def _closing(say: Speaker, name: str, again: str, summary: Summary, foresight: Foresight) -> int:
    ended = ", ".join(f"{count} {status}" for status, count in sorted(summary.ended.items())) or "nothing ended"
    if summary.stopped and summary.stopped == foresight.purse.refusal():
        for line in (f"{foresight.plan.name}: {summary.stopped}: {ended}", *foresight.after(again)):
            say(line)
        return FAILED
    if summary.stopped:
        left = f", {len(summary.left_out)} not run" if summary.left_out else ""
        say(f"stopped ({summary.stopped}): {ended}{left}; go on with: {again}")
        return INTERRUPTED if summary.stopped in ("interrupted", "tinker stop") else FAILED
    say(f"{ended}; see it with: tinker report {name}")
    if summary.ended["failed"]:
        say(f"failed trials are tried again by: {again}; each has a log.txt beside its result's place in the results")
    return FAILED if summary.ended["failed"] else OK
