"""What a run shows, in a pipe and in a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tests.train.tiny import spec_of
from tinker.schedule import live
from tinker.schedule.live import Live, duration
from tinker.spec import TrialSpec


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, for a test to set."""
    now = [1000.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture(scope="module")
def specs() -> list[TrialSpec]:
    return [spec_of(seed=seed) for seed in (1, 2)]


def _view(specs: list[TrialSpec], fraction: float, **console: bool) -> tuple[Live, io.StringIO]:
    said = io.StringIO()
    labels = {spec.id: f"linear seed {spec.seeds.label}" for spec in specs}
    return Live(Console(file=said, width=120, **console), labels, lambda spec: fraction), said


def test_a_pipe_gets_a_line_for_each_end_with_an_estimate(clock: list[float], specs: list[TrialSpec]) -> None:
    view, said = _view(specs, 0.0)
    view.started(specs[0], "train")
    clock[0] += 30
    view.finished(specs[0], "done", "val_loss 1.9000")
    view.started(specs[1], "train")
    view.finished(specs[1], "retry", "the worker died")
    view.started(specs[1], "train")
    view.finished(specs[1], "failed", "[the worker died]")
    assert said.getvalue().splitlines() == [
        "[1/2] linear seed 1: done in 30 s, val_loss 1.9000, about 30 s left",
        "[1/2] linear seed 2: retry in 0.0 s, the worker died, about 30 s left",
        "[2/2] linear seed 2: failed in 0.0 s, [the worker died]",
    ]


def test_a_pipe_gets_a_sign_of_life_when_nothing_ends(clock: list[float], specs: list[TrialSpec]) -> None:
    view, said = _view(specs, 0.25)
    view.started(specs[0], "train")
    view.refresh()
    assert said.getvalue() == ""
    clock[0] += live.QUIET_FOR
    view.refresh()
    view.refresh()
    assert said.getvalue() == "0 of 2 done, 1 running, about 7 min left\n"


def test_a_terminal_gets_a_bar_for_each_running_trial(clock: list[float], specs: list[TrialSpec]) -> None:
    view, said = _view(specs, 0.5, force_terminal=True)
    view.started(specs[0], "probation")
    clock[0] += 10
    view.refresh()
    view.finished(specs[0], "held", "")
    view.close()
    assert "linear seed 1 (probation)" in said.getvalue()
    assert "50%" in said.getvalue()
    assert "all trials" in said.getvalue()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.5, "9.5 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (9000, "2.5 h")],
)
def test_a_duration_is_two_digits_for_a_person(seconds: float, words: str) -> None:
    assert duration(seconds) == words
