"""AdamW's groups, and the learning rate at every step."""

from __future__ import annotations

import math

import pytest
import torch

from tests.train.tiny import spec_of
from tinker.train.slots import OPTIMIZER, SCHEDULE
from tinker.train.training import Training


@pytest.mark.parametrize("arm", ["model.norm={type:layer_norm,bias:true}", "model.embedding.tied=false"])
def test_each_parameter_is_in_exactly_one_group_and_only_matrices_decay(arm: str) -> None:
    training = Training(spec_of(arm, "optimizer.weight_decay=0.3"))
    config, model = training.config.optimizer, training.module.model
    optimizer = OPTIMIZER.of(config).cls(config, model)
    grouped = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters())
    for group in optimizer.param_groups:
        assert {p.dim() >= 2 for p in group["params"]} == {group["weight_decay"] == 0.3}
        assert group["weight_decay"] in (0.3, 0.0)


def test_frozen_parameters_are_in_no_group() -> None:
    training = Training(spec_of())
    table = training.module.model.embedding.table.weight.requires_grad_(False)
    config = training.config.optimizer
    optimizer = OPTIMIZER.of(config).cls(config, training.module.model)
    assert all(p is not table for group in optimizer.param_groups for p in group["params"])


def _published(step: int, peak: float, floor: float, warmup: int, steps: int) -> float:
    """The rate of the reference's training script."""
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    return floor + 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / (steps - warmup))) * (peak - floor)


def test_cosine_is_the_published_formula() -> None:
    cosine = SCHEDULE.get("cosine")
    rate = cosine.cls(cosine.config(warmup_steps=100, min_lr=1e-4), 1e-3, 5000)
    assert [rate(step) for step in range(5000)] == pytest.approx(
        [_published(s, 1e-3, 1e-4, 100, 5000) for s in range(5000)]
    )
    assert rate(0) == pytest.approx(1e-3 / 101)
    assert rate(100) == 1e-3
    assert rate(5000) == rate(9999) == 1e-4


@pytest.mark.parametrize("name", SCHEDULE.builtin_names())
def test_every_schedule_warms_up_to_the_peak_and_never_exceeds_it(name: str) -> None:
    variant = SCHEDULE.get(name)
    rate = variant.cls(variant.config(warmup_steps=7), 0.5, 50)
    rates = [rate(step) for step in range(50)]
    assert rates[:8] == sorted(rates[:8])
    assert max(rates) == rates[7] == 0.5
    assert min(rates) > 0


@pytest.mark.parametrize("name", SCHEDULE.builtin_names())
def test_no_warm_up_and_nothing_but_warm_up_are_possible(name: str) -> None:
    variant = SCHEDULE.get(name)
    assert variant.cls(variant.config(warmup_steps=0), 0.5, 1)(0) == 0.5
    assert variant.cls(variant.config(warmup_steps=5), 0.5, 5)(4) == pytest.approx(0.5 * 5 / 6)


def test_the_optimizer_gets_the_rate_of_the_schedule_at_every_step() -> None:
    seen: list[float] = []
    training = Training(spec_of("train.steps=12", "train.eval_every=12"))
    step = training.module.training_step

    def watched(batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        seen.append(training.module.optimizers().param_groups[0]["lr"])
        return step(batch, batch_idx)

    training.module.training_step = watched  # type: ignore[method-assign]
    training.fit()
    assert seen == pytest.approx([training.module.rate(step) for step in range(12)], rel=1e-12)


def test_the_gradient_is_clipped_as_a_whole(tmp_path) -> None:
    def moved(clip: str) -> torch.Tensor:
        training = Training(
            spec_of(
                "train.steps=1",
                "train.eval_every=1",
                f"train.grad_clip={clip}",
                "optimizer.eps=1",
                "schedule.warmup_steps=0",
            )
        )
        before = torch.cat([p.detach().flatten().clone() for p in training.module.parameters()])
        training.fit()
        return torch.cat([p.detach().flatten() for p in training.module.parameters()]) - before

    # With so large an eps a step is nearly linear in the gradient, beside the decay.
    free, clipped, hardly = moved("null"), moved("1e-3"), moved("1e3")
    assert torch.equal(free, hardly)
    assert clipped.norm() < 0.2 * free.norm()
