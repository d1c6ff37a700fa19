"""What must hold of every optimizer, with the settings that its file has."""

from __future__ import annotations

import io
import pickle
from copy import deepcopy
from pathlib import Path

import pytest
import torch

from model.gpt import GPT
from tests.train.optimizers.small import config_of, model_of, optimizer_of, same, train
from tests.train.tiny import numbers, spec_of
from tinker.train.slots import OPTIMIZER
from tinker.train.trial import Hooks, run_trial

every_optimizer = pytest.mark.parametrize("name", OPTIMIZER.builtin_names())
#: Short enough that a run of a few steps renews a basis.
OFTEN = {"soap": ["optimizer.precondition_frequency=3"]}


@every_optimizer
@pytest.mark.parametrize("arm", ["model.embedding.tied=true", "model.embedding.tied=false", "model.norm=rms_norm"])
def test_each_trainable_parameter_is_in_exactly_one_group(name: str, arm: str) -> None:
    model = model_of(arm)
    frozen = model.embedding.table.weight.requires_grad_(False)
    optimizer = optimizer_of(config_of(name), model)
    grouped = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters() if p is not frozen)


@every_optimizer
def test_only_matrices_decay(name: str) -> None:
    for group in optimizer_of(config_of(name), model_of()).param_groups:
        assert {p.dim() >= 2 for p in group["params"]} == {group["weight_decay"] > 0}


@every_optimizer
def test_a_rate_is_multiplied_by_what_the_init_rule_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, config = model_of(), config_of(name)

    def rates() -> dict[int, float]:
        groups = optimizer_of(config, model).param_groups
        found = {id(p): group["lr"] for group in groups for p in group["params"]}
        assert len(found) == sum(len(group["params"]) for group in groups)
        return found

    plain = rates()
    scales = {path: 0.25 if ".mlp." in path else 2.0 if path == "norm.weight" else 1.0 for path in model.lr_scales()}
    assert set(scales.values()) == {0.25, 1.0, 2.0}
    monkeypatch.setattr(GPT, "lr_scales", lambda self: scales)
    changed = rates()
    assert {path: changed[id(p)] / plain[id(p)] for path, p in model.named_parameters()} == scales


@every_optimizer
def test_the_loss_of_a_batch_falls_in_20_steps(name: str) -> None:
    model = model_of()
    losses = train(model, optimizer_of(config_of(name), model), 20)
    assert losses[-1] < 0.9 * losses[0]


@every_optimizer
@pytest.mark.parametrize("through", ["state_dict", "deepcopy", "pickle"])
def test_a_saved_optimizer_goes_on_as_if_it_had_not_been_saved(name: str, through: str) -> None:
    config, model = config_of(name, *OFTEN.get(name, [])), model_of()
    optimizer = optimizer_of(config, model)
    train(model, optimizer, 7)
    if through == "state_dict":
        saved = io.BytesIO()
        torch.save(optimizer.state_dict(), saved)
        saved.seek(0)
        other = deepcopy(model)
        copied = optimizer_of(config, other)
        copied.load_state_dict(torch.load(saved, weights_only=True))
    elif through == "deepcopy":
        other, copied = deepcopy((model, optimizer))
    else:
        other, copied = pickle.loads(pickle.dumps((model, optimizer)))
    assert train(other, copied, 7) == train(model, optimizer, 7)
    assert same(other, model)
    for optimizing in (optimizer, copied):  # a schedule must still reach what the step reads
        for group in optimizing.param_groups:
            group["lr"] = 0.0
    before = deepcopy(model)
    if not hasattr(optimizer, "eval"):  # an average moves on without a rate
        train(model, optimizer, 1)
        train(other, copied, 1)
        assert same(model, before)
        assert same(other, before)


@every_optimizer
def test_a_trial_that_was_cut_off_ends_as_if_it_had_not_been(name: str, tmp_path: Path) -> None:
    short = ["train.steps=16", "train.eval_every=8", "schedule=constant", f"optimizer={name}", *OFTEN.get(name, [])]
    spec, asked = spec_of(*short), iter(range(1, 100))
    whole = run_trial(spec, tmp_path / "whole")
    assert run_trial(spec, tmp_path / "cut", Hooks(should_stop=lambda: next(asked) == 11)).steps == 11
    assert numbers(run_trial(spec, tmp_path / "cut")) == numbers(whole)
