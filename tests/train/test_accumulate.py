"""A step whose batch comes in micro-batches is the step of the whole batch, up to rounding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.train.tiny import numbers, spec_of, values
from tinker.spec import TrialSpec
from tinker.train.result import TrialResult
from tinker.train.trial import Hooks, run_trial


def _spec(accumulate: int) -> TrialSpec:
    steps = ("train.steps=12", "train.eval_every=6", "schedule.warmup_steps=2")
    return spec_of(f"train.accumulate={accumulate}", *steps)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> TrialResult:
    return run_trial(_spec(2), tmp_path_factory.mktemp("halves"))


def test_micro_batches_give_the_steps_of_the_whole_batch_dropout_included(halves: TrialResult, tmp_path: Path) -> None:
    seen: list[int] = []
    whole = run_trial(_spec(1), tmp_path / "whole")
    quarters = run_trial(_spec(4), tmp_path / "parts", Hooks(progress=lambda step, steps: seen.append(step)))
    assert seen == list(range(1, 13)), "steps are told of, not micro-batches"
    for parts in (halves, quarters):
        assert (parts.status, parts.steps) == ("done", 12)
        assert parts.probes.lr == whole.probes.lr
        assert parts.probes.first == pytest.approx(whole.probes.first, abs=1e-5)
        assert parts.probes.first != whole.probes.first, "it has rounded elsewhere"
        for metric in ("train_loss", "val_loss"):
            assert values(parts, metric) == pytest.approx(values(whole, metric), abs=1e-5)


@pytest.mark.parametrize("stop", [1, 7])
def test_an_interrupted_trial_of_micro_batches_ends_as_if_it_had_not_been(
    stop: int, halves: TrialResult, tmp_path: Path
) -> None:
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked == stop

    cut = run_trial(_spec(2), tmp_path, Hooks(should_stop=should_stop))
    assert (cut.status, cut.steps) == ("interrupted", stop)
    assert numbers(run_trial(_spec(2), tmp_path)) == numbers(halves)
