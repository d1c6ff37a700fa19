"""Nothing that happens to one replicate reaches another: its clipping, its dropout, its divergence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from model.dropout import set_dropout_key
from model.gpt import GPT
from tests.model.tiny import tiny, tokens
from tests.train.tiny import numbers, plugin, spec_of, values
from tinker.train import training
from tinker.train.fused.clipping import clip_each
from tinker.train.fused.run import run_replicates
from tinker.train.fused.stack import Stack
from tinker.train.result import TrialResult

SEEDS = (1, 2, 3)


def test_each_is_clipped_by_its_own_norm() -> None:
    generator = torch.Generator().manual_seed(0)
    sizes = torch.tensor([0.01, 1.0, 100.0, torch.nan])  # far below the limit, near it, far above it, and beyond
    shapes = [(4, 5, 3), (4, 7), (4,)]
    whole = [torch.randn(shape, generator=generator) * sizes.view(-1, *[1] * (len(shape) - 1)) for shape in shapes]
    wanted, norms = [], []
    for row in range(4):
        alone = [torch.nn.Parameter(torch.zeros_like(each[row])) for each in whole]
        for parameter, each in zip(alone, whole, strict=True):
            parameter.grad = each[row].clone()
        norms.append(torch.nn.utils.clip_grad_norm_(alone, 2.0))
        wanted.append([parameter.grad for parameter in alone])
    found = clip_each(whole, 2.0)
    assert torch.allclose(found, torch.stack(norms), equal_nan=True)
    for row in range(4):
        for each, alone in zip(whole, wanted[row], strict=True):
            assert torch.allclose(each[row], alone, equal_nan=True)
    assert wanted[2][0].norm() < 3, "the limit has to bite"


def test_each_has_the_dropout_masks_that_it_has_alone() -> None:
    # Equal weights and tokens: only the masks tell the losses apart.
    text = tokens(2, 6)
    models = [GPT(tiny(dropout=0.5), seed=0).train() for _ in SEEDS]
    stack = Stack(models, SEEDS)
    for step in (0, 1):
        losses = stack.losses(text.expand(3, -1, -1), text.roll(-1, 1).expand(3, -1, -1), step).tolist()
        assert len(set(losses)) == 3
        for seed, loss in zip(SEEDS, losses, strict=True):
            alone = GPT(tiny(dropout=0.5), seed=0).train()
            set_dropout_key(alone, seed, step)
            assert loss == pytest.approx(float(alone(text, text.roll(-1, 1)).detach()), rel=1e-6)


def _together(folder: Path, *overrides: str) -> list[TrialResult]:
    specs = [spec_of(*overrides, seed=seed) for seed in SEEDS]
    return run_replicates(specs, [folder / str(seed) for seed in SEEDS])


@pytest.mark.parametrize("optimizer", ["adamw", "muon"], ids=["one optimizer", "one for each"])
def test_one_that_is_not_a_number_has_diverged_and_leaves_the_others_bit_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    chosen = f"optimizer={optimizer}"
    sound = _together(tmp_path / "sound", chosen)
    build = training.GPT

    def poisoned(config: Any, seed: int) -> GPT:
        model = build(config, seed)
        if seed == 2:
            with torch.no_grad():
                next(model.parameters())[0, 0] = torch.nan
        return model

    monkeypatch.setattr(training, "GPT", poisoned)
    first, bad, last = _together(tmp_path / "poisoned", chosen)
    assert (bad.status, bad.steps) == ("diverged", 10)
    assert list(values(bad, "val_loss")) == [10]
    assert not (tmp_path / "poisoned" / "2" / "checkpoint" / "tail.ckpt").exists()
    assert [numbers(first), numbers(last)] == [numbers(sound[0]), numbers(sound[2])]
    for seed in (1, 3):
        here, there = (
            torch.load(tmp_path / way / str(seed) / "checkpoint" / "last.ckpt", weights_only=True)["state_dict"]
            for way in ("sound", "poisoned")
        )
        assert all(torch.equal(here[path], there[path]) for path in here)


def test_where_all_diverge_all_end(tmp_path: Path) -> None:
    results = _together(tmp_path, "optimizer.lr=1e30", "train.grad_clip=null")
    assert [result.status for result in results] == ["diverged"] * 3
    assert {result.steps for result in results} == {10}


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (("model.mlp=moe",), "the model cannot be batched: .*nonzero"),
        (("train.accumulate=2",), "train.accumulate is 2"),
        (("train.compile=true",), "train.compile is true"),
    ],
)
def test_what_cannot_be_fused_says_why_and_is_trained_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, overrides: Any, reason: str
) -> None:
    monkeypatch.setattr(GPT, "compile", lambda self: None)  # it would take half a minute
    results = _together(tmp_path, *overrides)
    [said] = [record.getMessage() for record in caplog.records if record.name.startswith("tinker")]
    assert re.match(f"trained one after another: {reason}", said)
    assert [result.status for result in results] == ["done"] * 3
    assert all("fused" not in result.environment for result in results)


#: SGD that gives parameters new tensors instead of changing those that they have.
REPLACING = """
from dataclasses import dataclass
import torch
from tinker.train.parameter_groups import trainable
from tinker.train.slots import OPTIMIZER

@OPTIMIZER.variant()
class Replacing(torch.optim.SGD):
    @dataclass(frozen=True)
    class Config:
        lr: float = 0.1

    def __init__(self, config, model):
        super().__init__(trainable(model).values(), lr=config.lr)

    @torch.no_grad()
    def step(self, closure=None):
        loss = closure and torch.enable_grad()(closure)()
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.data = parameter - group["lr"] * parameter.grad
        return loss
"""


def test_an_optimizer_that_leaves_the_stack_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = plugin(tmp_path, "replacing", REPLACING)
    results = _together(tmp_path, f"plugins=['{path}']", "optimizer={type:replacing}", "schedule=constant")
    assert "puts new tensors in the place" in caplog.text
    assert [result.status for result in results] == ["done"] * 3
