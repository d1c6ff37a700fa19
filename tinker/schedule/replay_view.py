"""`tinker replay` for people: find the row, run it with a bar, say what came out."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from tinker.errors import FAILED, OK, UserError
from tinker.schedule.job import Job, Stage
from tinker.schedule.live.source import Lone
from tinker.schedule.live.watched import Watched
from tinker.schedule.missing import class_of
from tinker.store.record import StoredTrial
from tinker.store.store import Store
from tinker.tables.parquet import read
from tinker.train.replay import Replay, replay
from tinker.train.trial import Hooks

#: Modules named one by one where the code differs.
SHOWN = 6


def replay_trial(trial: str, results: Path, out: Console, progress: Console) -> int:
    """Replays the trial whose id begins with `trial`.

    Returns:
        An exit code: OK if equal, also within tolerance on another machine; FAILED if different.

    Raises:
        UserError: no such finished trial, or several.
    """
    row = find_row(trial, results)
    done = 0.0

    def tell(step: int, steps: int) -> None:
        nonlocal done
        done = step / steps
        view.refresh()

    job = Job(row.spec, f"replay of {row.trial_id}", row.spec.seeds.label)
    view = Watched(progress, Lone(lambda: done))
    try:
        view.stage("", Stage("comparing", (job,)), ())
        view.started(job, "train")
        found = replay(row, Hooks(progress=tell))
        view.finished(job, "done", "")
    finally:
        view.close()
    for line in _sentences(row, found):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    return FAILED if found.answer == "different" else OK


def find_row(trial: str, results: Path) -> StoredTrial:
    """The one finished row whose id begins so; of several environment classes this machine's, else the first.

    Raises:
        UserError: none, or more than one id.
    """
    rows = [row for row in Store(results).rows() if row.result is not None and row.trial_id.startswith(trial)]
    ids = sorted({row.trial_id for row in rows})
    if not ids:
        raise UserError(
            f"no finished trial in {results} has an id that begins with {trial!r}; {_elsewhere(trial, results)}"
        )
    if len(ids) > 1:
        raise UserError(f"{trial!r} is the beginning of {len(ids)} ids: {', '.join(ids[:5])}; give more digits")
    return next((row for row in rows if row.environment_class == class_of(row.spec)), rows[0])


def _elsewhere(trial: str, results: Path) -> str:
    """Where else such a trial is known, and what to do: a frozen record is a store of its own, a table is none."""
    for page in sorted(results.glob("*/*/record.json")):
        if any(Path(folder).name.startswith(trial) for folder in page.parent.glob("trials/*")):
            return f"the frozen record has it: tinker replay {trial} --results {page.parent}"
    for path in sorted(results.glob("*/trials.parquet")):
        if any(name.startswith(trial) for name in read(path).column("trial_id").to_pylist()):
            return (
                f"{path} knows it, but a table does not hold what a replay starts from: give the results folder in "
                f"which it ran with --results, or train it again with `tinker run {path.parent.name}`"
            )
    return "ids are in trials.parquet"


def _sentences(row: StoredTrial, found: Replay) -> list[str]:
    old, new = found.val_loss
    lines = [f"{row.trial_id}: {found.answer} (val_loss {new!r}, the record has {old!r})"]
    if found.first_difference:
        lines.append(f"they part at {found.first_difference}")
    if found.environment:
        lines.append("the environment differs:")
        lines += [f"  {name}: {now!r}, the record has {then!r}" for name, (then, now) in found.environment.items()]
    if found.code:
        more = f" and {len(found.code) - SHOWN} more modules" if len(found.code) > SHOWN else ""
        lines.append(f"the code differs in: {', '.join(found.code[:SHOWN])}{more}")
    return lines
