"""Schedule-free: what is evaluated and kept is the average, what is trained goes on undisturbed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.train.optimizers.small import config_of, model_of, optimizer_of, same, train
from tests.train.tiny import spec_of, values
from tinker.errors import ConfigError
from tinker.train.averaging import evaluation_weights
from tinker.train.evaluate import evaluate
from tinker.train.training import Training
from tinker.train.trial import run_trial

SHORT = ("train.steps=20", "train.eval_every=10", "schedule=constant", "optimizer=schedule_free")


def test_the_evaluation_weights_are_the_average_of_the_fast_iterates() -> None:
    model = model_of()
    config = config_of("schedule_free", "optimizer.weight_decay=0")
    optimizer = optimizer_of(config, model)
    fast = []
    for _ in range(6):
        train(model, optimizer, 1)
        fast.append({path: optimizer.state[p]["z"].clone() for path, p in model.named_parameters()})
    trained = model.state_dict()
    trained = {path: value.clone() for path, value in trained.items()}
    with evaluation_weights(optimizer):
        for path, parameter in model.named_parameters():
            mean = sum(iterate[path] for iterate in fast) / len(fast)
            assert torch.allclose(parameter, mean, atol=1e-5)
            assert not torch.allclose(parameter, trained[path], atol=1e-5)
    assert all(torch.equal(value, trained[path]) for path, value in model.state_dict().items())


def test_looking_at_the_average_leaves_training_as_it_was_bit_by_bit() -> None:
    config, watched, alone = config_of("schedule_free"), model_of(), model_of()
    one, other = optimizer_of(config, watched), optimizer_of(config, alone)
    for _ in range(10):
        train(alone, other, 1)
        train(watched, one, 1)
        with pytest.raises(ZeroDivisionError), evaluation_weights(one):
            _ = 1 / 0
    assert same(watched, alone)


def test_other_optimizers_have_one_kind_of_weights() -> None:
    model = model_of()
    optimizer = optimizer_of(config_of("adamw"), model)
    train(model, optimizer, 3)
    before = [p.detach().clone() for p in model.parameters()]
    with evaluation_weights(optimizer):
        assert all(torch.equal(p, value) for p, value in zip(model.parameters(), before, strict=True))


def test_a_trials_checkpoints_hold_the_weights_that_were_evaluated(tmp_path: Path) -> None:
    spec = spec_of(*SHORT, "checkpoint.keep=all")
    result = run_trial(spec, tmp_path)
    losses = values(result, "val_loss")
    for name in ("best", "last"):
        saved = torch.load(tmp_path / "checkpoint" / f"{name}.ckpt", weights_only=True)
        training = Training(spec)
        training.module.load_state_dict(saved["state_dict"])
        model, context = training.module.model, training.config.model.context
        found = evaluate(model, training.corpus, context, torch.device("cpu"))
        assert found["val_loss"] == losses[saved["global_step"]]
        training.module.load_state_dict(saved["trained_state_dict"])
        assert evaluate(model, training.corpus, context, torch.device("cpu"))["val_loss"] != found["val_loss"]


@pytest.mark.parametrize("schedule", ["cosine", "linear", "wsd"])
def test_a_schedule_that_decays_is_refused(schedule: str) -> None:
    with pytest.raises(ConfigError, match=r"schedule\.type: its rate ends at .* choose schedule=constant"):
        spec_of(*SHORT, f"schedule={schedule}")


def test_a_schedule_of_nothing_but_warm_up_is_allowed() -> None:
    assert spec_of(*SHORT, "schedule.warmup_steps=20")
