"""A loss that is not finite ends the trial, and is a result."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.train.tiny import numbers, plugin, spec_of, values
from tinker.train.recorder import FINITE_EVERY
from tinker.train.trial import run_trial

#: Cross entropy that is not a number from the given call on.
EXPLODING = """
from dataclasses import dataclass
import torch
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

@LOSS.variant()
class Exploding(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        after: int = 3

    def __init__(self, config, model):
        super().__init__(config, model)
        self.left = config.after

    def forward(self, x, targets, head):
        self.left -= 1
        loss = super().forward(x, targets, head)
        return loss if self.left >= 0 else loss * torch.nan
"""


@pytest.fixture(scope="module")
def exploding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plugin(tmp_path_factory.mktemp("plugin"), "exploding", EXPLODING)


@pytest.mark.parametrize(("after", "every", "found_at"), [(3, 10, 10), (23, 10, 30), (3, 120, FINITE_EVERY), (3, 1, 4)])
def test_it_is_noticed_at_the_next_look(tmp_path: Path, exploding: Path, after: int, every: int, found_at: int) -> None:
    result = run_trial(
        spec_of(
            f"plugins=['{exploding}']",
            f"model.loss={{type:exploding,after:{after}}}",
            f"train.eval_every={every}",
            "train.steps=120",
        ),
        tmp_path,
    )
    assert (result.status, result.steps) == ("diverged", found_at)
    losses = values(result, "val_loss")
    assert list(losses) == [*range(every, found_at, every), found_at]
    assert [math.isfinite(loss) for loss in losses.values()] == [True] * (len(losses) - 1) + [False]
    assert math.isnan(result.metrics["val_loss"])
    assert result.metrics["seconds"] > 0
    assert len(result.probes.first) == min(10, found_at)


def test_a_rate_beyond_all_bounds_is_a_divergence_that_comes_again(tmp_path: Path) -> None:
    spec = spec_of("optimizer.lr=1e30", "train.grad_clip=null")
    once = run_trial(spec, tmp_path / "once")
    assert once.status == "diverged"
    again = run_trial(spec, tmp_path / "again")
    assert repr(numbers(again)) == repr(numbers(once)), "repr, since NaN is not equal to itself"


def test_what_diverged_leaves_no_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    run_trial(spec_of("optimizer.lr=1e30", "train.grad_clip=null", "checkpoint.minutes=1e-9"), tmp_path)
    assert not (tmp_path / "checkpoint" / "tail.ckpt").exists()
