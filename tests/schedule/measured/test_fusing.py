"""How many seeds to fuse: real stacks beside one trial, here on the CPU."""

from __future__ import annotations

import re

import pytest

from tests.train.tiny import spec_of
from tinker.schedule.measured import compiling, fusing, rounds
from tinker.schedule.measured.fusing import fusing as decided
from tinker.schedule.measured.sides import Answer, Side, SideEnded, timed


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BLOCK", 0.02)


@pytest.mark.parametrize(
    ("overrides", "seeds", "why"),
    [([], 1, "one seed"), (["train.compile=true"], 4, "not compiled"), (["train.accumulate=2"], 4, "train.accumulate")],
)
def test_what_cannot_go_together_needs_no_measurement(overrides: list[str], seeds: int, why: str) -> None:
    part = decided(spec_of(*overrides), seeds, None, lambda line: None)
    assert part["seeds"] == 1
    assert why in part["why"]


def test_a_real_stack_beside_a_real_trial() -> None:
    part = decided(spec_of(), 3, None, lambda line: None)
    assert "figures" in part, part["why"]
    assert part["figures"]["tried"] == 3
    assert part["figures"]["n"] >= rounds.LEAST
    assert part["seeds"] == (3 if part["figures"]["ratio"] > 1 else 1)


def test_a_model_that_has_no_stack_says_so() -> None:
    part = decided(spec_of("model.mlp=moe"), 2, None, lambda line: None)
    assert part["seeds"] == 1
    assert "they cannot go together" in part["why"]
    assert "cannot be batched" in part["why"]


def test_a_control_that_diverges_while_it_is_measured_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BLOCK", 1.0)  # so that it comes to it
    spec = spec_of("optimizer.lr=1e6", "train.grad_clip=null", "schedule=constant", "schedule.warmup_steps=0")
    diverged = r"the control diverged after \d+ steps of the measurement"
    assert re.fullmatch(diverged, decided(spec, 2, None, lambda line: None)["why"])
    sides = timed(spec), timed(spec, fused_optimizer=True)
    assert re.fullmatch(diverged, compiling.compared(*sides, 40, lambda line: None)["why"])


class _Card(Side):
    """A side without a process, on a card for `room` replicates; a step of each costs the same."""

    room, asked = 4, list[int]()

    def __init__(self, specs: object) -> None:
        self.count = len(specs)  # type: ignore[arg-type]

    def begin(self, until: float) -> None:
        self.asked.append(self.count)

    def steps(self, count: int, until: float) -> Answer:
        if self.count > self.room:
            raise SideEnded("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB")
        return Answer(0.1 * count * (1 + 0.1 * self.count), self.count << 30)

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("room_bytes", "tried", "seeds"),
    [(None, [1, 20, 16, 8, 4], 4), (4 << 30, [1, 20, 16, 8, 4, 2], 2), (1, [1, 20, 16, 8, 4, 2], 1)],
)
def test_as_many_as_fit_are_tried(
    monkeypatch: pytest.MonkeyPatch, room_bytes: int | None, tried: list[int], seeds: int
) -> None:
    monkeypatch.setattr(fusing, "Side", _Card)
    monkeypatch.setattr(_Card, "asked", [])
    part = decided(spec_of(), 20, room_bytes, lambda line: None)
    assert tried == _Card.asked
    assert part["seeds"] == seeds
    if seeds > 1:
        assert part["figures"]["ratio"] == pytest.approx(seeds * 1.1 / (1 + 0.1 * seeds))
    else:
        assert "not even 2 fit" in part["why"]
