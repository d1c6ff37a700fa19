"""Steps that the Trainer does not see one by one are those that it would have done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.train.tiny import numbers, spec_of
from tinker.config.schema import TrainConfig, TrialConfig
from tinker.train import stretch
from tinker.train.optimizers.adamw import AdamW
from tinker.train.trial import Hooks, run_trial


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("train.accumulate=2",),
        ("train.precision=bf16", "train.accumulate=2"),
        ("train.grad_clip=null", "optimizer=muon"),
        ("optimizer=schedule_free", "schedule=constant"),
        ("optimizer.lr=3e4",),
    ],
    ids=" ".join,
)
def test_they_change_no_bit(overrides: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of("train.steps=23", "train.eval_every=8", *overrides)
    found = []
    for stride in (1, 7):
        monkeypatch.setattr(stretch, "STRIDE", stride)
        found.append(repr(numbers(run_trial(spec, tmp_path / str(stride)))))  # text: NaN is not NaN
    assert found[0] == found[1]


def test_the_trainer_does_every_nth_step_and_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    ran = stretch.stretch

    def note(trainer, module) -> None:
        ran(trainer, module)
        seen.append(trainer.global_step + 1)

    monkeypatch.setattr("tinker.train.module.stretch", note)
    monkeypatch.setattr(stretch, "STRIDE", 15)
    told: list[int] = []
    run_trial(spec_of(), tmp_path, Hooks(progress=lambda step, steps: told.append(step)))
    assert seen == [15, 30, 40]
    assert told == list(range(1, 41))


def test_an_optimizer_may_look_at_a_step_more_than_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, step = [], AdamW.step

    def twice(self: AdamW, closure: Callable[[], float]) -> object:
        looks.append((float(closure()), float(closure())))
        return step(self)

    monkeypatch.setattr(AdamW, "step", twice)
    monkeypatch.setattr(stretch, "STRIDE", 7)
    run_trial(spec_of("train.steps=10"), tmp_path)
    assert len(looks) == 10
    assert all(first == second for first, second in looks)  # the same batch, the same dropout


def test_ranks_and_fp16_are_the_trainers() -> None:
    train = TrialConfig.from_dict(spec_of().config).train
    assert stretch.strides(train)
    assert not stretch.strides(TrainConfig(**{**vars(train), "devices": 2}))
    assert not stretch.strides(TrainConfig(**{**vars(train), "precision": "fp16"}))


@pytest.mark.parametrize(("before", "after"), [(1, 7), (7, 1)])
def test_a_checkpoint_says_nothing_of_them(
    before: int, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of("train.accumulate=2", "train.steps=23", "train.eval_every=8")
    whole = run_trial(spec, tmp_path / "whole")
    answers = iter([False] * 10 + [True] * 13)
    monkeypatch.setattr(stretch, "STRIDE", before)
    cut = run_trial(spec, tmp_path / "cut", Hooks(should_stop=lambda: next(answers)))
    assert (cut.status, cut.steps) == ("interrupted", 11)
    monkeypatch.setattr(stretch, "STRIDE", after)
    assert numbers(run_trial(spec, tmp_path / "cut")) == numbers(whole)
