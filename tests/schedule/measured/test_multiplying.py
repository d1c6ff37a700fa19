"""Whether oneDNN pays: real sides that take turns, and what needs no measurement."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.train.tiny import spec_of
from tinker.errors import FAILED, UserError
from tinker.schedule.measured import multiplying, rounds
from tinker.schedule.measured.multiplying import WORTH
from tinker.schedule.measured.multiplying import multiplying as decided
from tinker.schedule.measured.sides import Answer, Side
from tinker.spec import TrialSpec


def quiet(line: str) -> None:
    pass


def test_two_real_sides_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BLOCK", 0.02)
    said: list[str] = []
    part = decided([spec_of()], said.append)
    assert "figures" in part, part["why"]
    assert part["figures"]["n"] >= rounds.LEAST
    assert part["on"] == (part["figures"]["ratio"] > WORTH)
    assert said[0].startswith("measuring whether oneDNN multiplies faster")


def test_what_goes_as_one_program_is_measured_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sides: list[list[tuple[int, str]]] = []

    class Seen(_Side):
        def __init__(self, specs: Sequence[TrialSpec]) -> None:
            sides.append([(spec.seeds.init, spec.config["train"]["matmul"]) for spec in specs])
            super().__init__(specs)

    monkeypatch.setattr(multiplying, "Side", Seen)
    decided([spec_of(seed=seed) for seed in (1, 2)], quiet)
    assert sides == [[(1, "torch"), (2, "torch")], [(1, "onednn"), (2, "onednn")]]


def test_what_cannot_go_as_one_program_is_measured_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BLOCK", 0.02)
    part = decided([spec_of("train.accumulate=2", seed=seed) for seed in (1, 2)], quiet)
    assert "figures" in part, part["why"]


class _Side(Side):
    """Without a process: with oneDNN it takes `ratio` times less."""

    ratio = 2.0

    def __init__(self, specs: Sequence[TrialSpec]) -> None:
        self.onednn = specs[0].config["train"].get("matmul") == "onednn"

    def begin(self, until: float) -> None:
        pass

    def steps(self, count: int, until: float) -> Answer:
        return Answer(count * 0.1 / (self.ratio if self.onednn else 1.0), None)

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("ratio", "on"), [(2.0, True), (1.06, True), (1.04, False), (0.5, False)])
def test_it_is_switched_on_where_it_gains(ratio: float, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiplying, "Side", _Side)
    monkeypatch.setattr(_Side, "ratio", ratio)
    part = decided([spec_of()], quiet)
    assert part["on"] is on
    assert part["figures"]["ratio"] == pytest.approx(ratio)


def test_a_control_that_cannot_be_trained_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"resources\.matmul: auto: the control cannot be measured: no step") as failed:
        decided([spec_of()], quiet, limit=0.0)
    assert failed.value.exit_code == FAILED
