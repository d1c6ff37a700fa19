"""What is drawn fits the terminal, and can be read without colours."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console, Group

from tests.schedule.live.made_up import Run, job
from tinker.schedule.job import Stage
from tinker.schedule.live.board import Board
from tinker.schedule.live.effect import Effect
from tinker.schedule.live.picture import picture
from tinker.schedule.live.shown import Verdict
from tinker.schedule.live.words import duration


def _drawn(board: Board, width: int, height: int, *, plain: bool = True) -> list[str]:
    said = io.StringIO()
    Console(file=said, width=width).print(Group(*picture(board, width, height, plain=plain)))
    return said.getvalue().splitlines()


@cache
def _large(arms: int, seeds: int) -> Run:
    return _half_done(arms, seeds)


def _half_done(arms: int, seeds: int, **shown: object) -> Run:
    """The first seeds are done, two trials run, and one has failed."""
    run = Run(arms, seeds, **shown)
    run.board.stage("g", run.stage, ())
    half = len(run.stage.jobs) // 2
    for place, trial in enumerate(run.stage.jobs[:half]):
        run.knows(trial.arm, int(trial.seed), 2.0 + 0.1 * run.arms.index(trial.arm) + 0.01 * (place % 7))
        run.board.started(trial, "train")
        run.now[0] += 10
        run.board.finished(trial, "failed" if place == 1 else "done", "out of memory: 3 GB" if place == 1 else "")
    for trial in run.stage.jobs[half : half + 2]:
        run.board.started(trial, "train")
        run.source.far[trial.spec.id] = (0.0, 0.45)
    run.board.look()
    return run


def test_a_wide_terminal_shows_every_seed_the_comparison_and_the_failure() -> None:
    run = _half_done(3, 4, spent=lambda: 1.5, verdicts=lambda: {"arm-2": Verdict(2, "worse")})
    run.source.logs[run.stage.jobs[1].spec.id] = Path("results/log.txt")
    lines = _drawn(run.board, 120, 40)
    assert lines[0] == "g: comparing: 5 of 12 done, 1 failed, 2 running"
    assert lines[1] == "seed       1    2    3    4"
    assert lines[2] == "base       o    o  45%    .  control"
    assert lines[3].startswith("arm-1      x    o  45%    .  +0.1")
    assert lines[4].startswith("arm-2      o    o    .    .  +0.")
    assert lines[4].endswith("look 2: worse")
    assert "val_loss with its 95 % interval" in lines[5]
    assert "not a look: no verdict" in lines[5]
    assert "360 trials an hour, about " in "\n".join(lines)
    assert "$1.50 spent, about $" in "\n".join(lines)
    assert "arm-1 seed 1: failed: out of memory: 3 GB" in lines
    assert any("waiting" in line and "not needed" in line for line in lines)


@pytest.mark.parametrize("size", [(59, 23), (80, 24), (139, 39), (20, 5)])
@pytest.mark.parametrize("grid", [(2, 2), (7, 12), (30, 30), (100, 100)])
def test_whatever_the_size_it_fits(size: tuple[int, int], grid: tuple[int, int]) -> None:
    run = _large(*grid)
    lines = _drawn(run.board, *size)
    assert max(map(len, lines)) <= size[0]
    if size[1] > 20:
        assert len(lines) <= size[1]
        assert any(line.startswith("base ") for line in lines), "the control is never folded away"


def test_arms_that_do_not_fit_are_counted() -> None:
    lines = _drawn(_half_done(30, 30).board, 100, 24)
    [rest] = [line for line in lines if line.startswith("and ")]
    shown = [line for line in lines if line.startswith(("base", "arm-"))]
    assert f"and {30 - len([s for s in shown if 'failed:' not in s])} more arms: " in rest
    assert "waiting" in rest


def test_seeds_that_do_not_fit_are_counted_and_a_narrow_one_shows_tenths() -> None:
    assert "seed " not in "\n".join(_drawn(_half_done(3, 12).board, 60, 24)).splitlines()[1]
    assert any("oooooo4....." in line for line in _drawn(_half_done(3, 12).board, 60, 24))
    assert any("50 done, 1 running, 49 waiting" in line for line in _drawn(_half_done(3, 100).board, 100, 24))
    assert any("50o 1> 49." in line for line in _drawn(_half_done(3, 100).board, 56, 24))


def test_a_tuning_has_no_comparison() -> None:
    run = Run(2, 2)
    run.board.stage("g", Stage("tuning", (job("base", 8), job("arm-1", 8)), words="batch 1"), ())
    lines = _drawn(run.board, 100, 30)
    assert lines[0] == "g: tuning, batch 1: 0 of 6 done"
    assert "verdict" not in "\n".join(lines)
    assert "starting workers" in lines


def test_signs_need_no_ascii_where_the_terminal_knows_more() -> None:
    assert any("\N{CHECK MARK}" in line for line in _drawn(_half_done(3, 4).board, 120, 40, plain=False))
    assert all(line.isascii() for line in _drawn(_half_done(3, 4).board, 120, 40))


def test_an_effect_shows_three_figures_of_its_interval() -> None:
    assert str(Effect(0.0123456, -0.001, 0.0256, 3, 0)) == "+0.0123 [-0.0010, +0.0256]"
    assert str(Effect(-12.3456, -40.0, 20.0, 3, 0)) == "-12.3 [-40.0, +20.0]"
    assert str(Effect(0.5, None, None, 1, 0)) == "+0.5"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.5, "9.5 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (9000, "2.5 h")],
)
def test_a_duration_is_two_digits_for_a_person(seconds: float, words: str) -> None:
    assert duration(seconds) == words
