"""Whether compiling pays: real processes that take turns, on trials so small that nothing is compiled here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from tests.train.tiny import spec_of
from tinker.errors import UserError
from tinker.schedule.measured import compiling, rounds
from tinker.schedule.measured.compiling import Compiled, compared
from tinker.schedule.measured.rounds import Rounds
from tinker.schedule.measured.sides import Answer, Side, SideEnded, SideLate, timed
from tinker.spec import Seeds, TrialSpec


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BLOCK", 0.02)


@pytest.mark.parametrize(
    ("steps", "again", "on"),
    [(1000, 15.0, True), (100, 15.0, False), (1000, 30.0, False), (10_000, 30.0, True)],
)
def test_it_pays_where_the_whole_trial_is_faster(steps: int, again: float, on: bool) -> None:
    seen = Rounds((0.1, 0.1, 0.1), (0.08, 0.08, 0.09), 10)
    part = Compiled(seen, first_s=1.0, cold_s=60.0, again_s=again, evaluation_s=2.0).part(steps)
    figures = part["figures"]
    assert part["on"] is on
    assert figures["compile_s"] == pytest.approx(again - 1 + 2)
    assert (figures["ratio"], figures["n"]) == (pytest.approx(1.25), 3)
    assert figures["plain_s"] == pytest.approx(1 + (steps - 1) * 0.1)
    assert figures["compiled_s"] == pytest.approx(again + 2 + (steps - 1) * 0.08)


def test_two_real_sides_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "HOPELESS", 1000.0)
    said: list[str] = []
    part = compared(timed(spec_of()), timed(spec_of("train.fused_optimizer=true")), 40, said.append)
    assert "figures" in part, part["why"]
    assert part["figures"]["n"] >= rounds.LEAST
    assert part["figures"]["steps"] == 40
    assert "at most 5 min" in said[0]
    assert "a trial of 40 steps takes about" in said[1]


class _Scripted(Side):
    """A side without a process: a step takes a tenth of a second, compiled half of that and `first` once."""

    first = 2.0

    def __init__(self, specs: Sequence[TrialSpec]) -> None:
        self.compiled = specs[0].config["train"]["compile"]
        self.begun = False

    def begin(self, until: float) -> None:
        pass

    def steps(self, count: int, until: float) -> Answer:
        step, begun, self.begun = 0.05 if self.compiled else 0.1, self.begun, True
        if begun or not self.compiled:
            return Answer(count * step, None)
        if self.first == math.inf:
            raise SideLate
        if self.first < 0:
            raise SideEnded("InductorError: no compiler")
        return Answer(self.first, None)

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("first", "steps", "on", "why"),
    [
        (2.0, 1000, True, ""),
        (2.0, 20, False, ""),
        (math.inf, 20, False, "compiling takes longer than 8 trials of 2 s each"),
        (math.inf, 10_000, False, "not measured within 300 s"),
        (-1.0, 1000, False, "it cannot be compiled here: InductorError: no compiler"),
    ],
)
def test_what_gains_nothing_or_is_not_known_in_time_is_off(
    monkeypatch: pytest.MonkeyPatch, first: float, steps: int, on: bool, why: str
) -> None:
    monkeypatch.setattr(compiling, "Side", _Scripted)
    monkeypatch.setattr(_Scripted, "first", first)
    part = compiling.compiling(spec_of(f"train.steps={steps}"), lambda line: None)
    assert part["on"] is on
    assert part["why"].startswith(why)


def test_a_control_that_cannot_be_trained_is_one_message() -> None:
    broken = TrialSpec(timed(spec_of()).config_json, Seeds(1, 1), "another corpus")
    with pytest.raises(UserError, match=r"resources\.compile: auto: the control cannot be measured: .*another corpus"):
        compared(broken, broken, 40, lambda line: None)


def test_a_measured_trial_is_the_trial_but_for_its_length() -> None:
    spec = spec_of("init_from=none")
    found, was = timed(spec, compile=True).config, spec.config
    assert found["train"] == {**was["train"], "steps": 1_000_000, "eval_every": 1_000_000, "compile": True}
    same = ("model", "optimizer", "data", "schedule")
    assert [found[key] for key in same] == [was[key] for key in same]
