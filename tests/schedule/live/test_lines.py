"""What a run says in a pipe."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from tests.schedule.live.made_up import Run, job
from tinker.schedule.live.lines import QUIET_FOR, Lines


def _lines(run: Run) -> tuple[Lines, io.StringIO]:
    said = io.StringIO()
    return Lines(Console(file=said, width=60), run.board), said


def test_each_end_is_a_line_with_an_estimate() -> None:
    run = Run(arms=1, seeds=2)
    view, said = _lines(run)
    view.stage("g", run.stage, ())
    view.started(job("base", 1), "train")
    run.now[0] += 30
    view.finished(job("base", 1), "done", "val_loss 1.9000")
    view.started(job("base", 2), "train")
    view.finished(job("base", 2), "retry", "the worker died")
    view.started(job("base", 2), "train")
    run.source.logs[job("base", 2).spec.id] = Path("results/log.txt")
    view.finished(job("base", 2), "failed", "[the worker died]")
    assert said.getvalue().splitlines() == [
        "[1/2] base seed 1: done in 30 s, val_loss 1.9000, about 30 s left",
        "[1/2] base seed 2: retry in 0.0 s, the worker died, about 30 s left",
        "[2/2] base seed 2: failed in 0.0 s, [the worker died]",
        "    results/log.txt",
    ]


def test_silence_is_broken_each_minute() -> None:
    run = Run(arms=1, seeds=2)
    view, said = _lines(run)
    view.stage("g", run.stage, ())
    view.started(job("base", 1), "train")
    run.source.far[job("base", 1).spec.id] = (0.0, 0.25)
    view.refresh()
    assert said.getvalue() == ""
    run.now[0] += QUIET_FOR
    view.refresh()
    view.refresh()
    assert said.getvalue() == "0 of 2 done, 1 running, about 7 min left\n"


def test_a_flood_is_summed_up_but_for_failures() -> None:
    run = Run(arms=20, seeds=50)
    view, said = _lines(run)
    view.stage("g", run.stage, ())
    for place, trial in enumerate(run.stage.jobs):
        view.started(trial, "train")
        run.now[0] += 0.1
        view.finished(trial, "failed" if place % 100 == 99 else "done", "")
        view.refresh()
    view.close()
    lines = said.getvalue().splitlines()
    seconds = 0.1 * len(run.stage.jobs)
    assert len([line for line in lines if ": failed" in line]) == 10
    assert len(lines) <= 100 + seconds + 10
    assert any(line.startswith("500 of 1,000 done") or " of 1,000 done, " in line for line in lines)
    assert lines[-1].startswith("990 of 1,000 done, 10 failed")
    assert "\x1b" not in said.getvalue()


def test_a_slow_run_keeps_a_line_for_each_trial_beyond_the_first_hundred() -> None:
    run = Run(arms=3, seeds=50)
    view, said = _lines(run)
    view.stage("g", run.stage, ())
    for trial in run.stage.jobs:
        view.started(trial, "train")
        run.now[0] += 20
        view.finished(trial, "done", "")
        view.refresh()
    assert len([line for line in said.getvalue().splitlines() if ": done in 20 s" in line]) == 150


def test_a_note_is_said_when_it_changes() -> None:
    view, said = _lines(Run())
    for text in ("waiting", "waiting", "going on"):
        view.note(text)
    assert said.getvalue() == "waiting\ngoing on\n"
