"""LoRA and QLoRA from a finished trial: what is trained, what is saved, and what comes of merging."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from model.dropout import KeyedDropout
from model.gpt import GPT
from tests.train.conftest import Logits
from tests.train.lab import OTHER_LANGUAGE, Lab, saved, trained
from tests.train.tiny import numbers
from tinker.errors import UserError
from tinker.spec import TrialSpec
from tinker.store.record import StoredTrial
from tinker.train import base as starting
from tinker.train.base import finetune_of, prepare
from tinker.train.result import TrialResult
from tinker.train.training import Training
from tinker.train.trial import Hooks, run_trial

peft = pytest.importorskip("peft", reason="adapters need peft (pip install 'tinker-matrix[lora]')")

pytestmark = pytest.mark.xdist_group("peft")

KINDS = {"lora": [], "qlora": ["bitsandbytes"]}
TARGETS = ("query", "key", "value", "out", "up", "down")
R = 4


@dataclass(frozen=True)
class Tuned:
    kind: str
    row: StoredTrial


@pytest.fixture(scope="module", params=KINDS)
def tuned(request: pytest.FixtureRequest, lab: Lab) -> Tuned:
    for package in KINDS[request.param]:
        pytest.importorskip(package, reason=f"{request.param} needs {package}")
    finetune = f"finetune={{type:{request.param},r:{R},alpha:8,dropout:0.1}}"
    row = lab.train(f"init_from={lab.base.trial_id[:8]}", finetune, OTHER_LANGUAGE, "optimizer.lr=0.01")
    return Tuned(request.param, row)


def start(row: StoredTrial) -> GPT:
    """The model of a trial before its first step."""
    return Training(row.spec).module.model


def packed(model: GPT) -> GPT:
    """As QLoRA stores it, without adapters."""
    from tinker.train.finetunes import qlora

    for path, module in list(model.blocks.named_modules(prefix="blocks")):
        if isinstance(module, nn.Linear):
            model.set_submodule(path, qlora.packed(module))
    model.is_loaded_in_4bit = True  # type: ignore[assignment]
    return model


def test_a_trial_runs_from_a_finished_one_and_its_row_says_from_which(tuned: Tuned, lab: Lab) -> None:
    result, config = tuned.row.result, tuned.row.spec.config
    assert result is not None
    assert result["status"] == "done"
    assert config["init_from"] == {"type": "trial", "id": lab.base.trial_id, "path": str(lab.base.folder.path)}
    assert config["finetune"]["type"] == tuned.kind
    first, last = result["probes"]["first"], result["probes"]["last"]
    assert sum(last) / 10 < sum(first) / 10 - 0.1, "it learns the other language"


def test_the_model_starts_as_the_one_that_it_came_from(tuned: Tuned, lab: Lab, logits: Logits) -> None:
    before = trained(lab.base)
    expected = logits(before if tuned.kind == "lora" else packed(before))
    assert torch.equal(logits(start(tuned.row)), expected)


def test_only_adapters_are_trained_counted_and_saved(tuned: Tuned, lab: Lab) -> None:
    model, result = start(tuned.row), tuned.row.result
    assert result is not None
    names = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert names == saved(tuned.row).keys()
    assert {name.split(".")[3] for name in names} == set(TARGETS)
    assert {name.split(".")[4] for name in names} == {"lora_A", "lora_B"}
    linears = [module for module in trained(lab.base).blocks.modules() if isinstance(module, nn.Linear)]
    adapters = sum(R * (linear.in_features + linear.out_features) for linear in linears)
    before = lab.base.result
    assert before is not None
    assert result["trainable_params"] == adapters
    assert result["params"] == before["params"] + adapters
    assert before["trainable_params"] == before["params"]
    assert result["flops_per_token"] < before["flops_per_token"], "a frozen weight has no gradient"


def test_the_optimizer_has_the_adapters_and_nothing_else(tuned: Tuned) -> None:
    module = Training(tuned.row.spec).module
    groups = module.configure_optimizers()["optimizer"].param_groups
    held = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(held) == sorted(id(p) for p in module.model.parameters() if p.requires_grad)


def test_initial_values_depend_on_seed_and_path_alone(tuned: Tuned) -> None:
    torch.manual_seed(1)
    one = start(tuned.row)
    state = torch.random.get_rng_state()
    two = start(tuned.row)
    assert torch.equal(state, torch.random.get_rng_state()), "the global generator is not moved"
    other = TrialSpec.of(tuned.row.spec.config, type(tuned.row.spec.seeds)(2, 1), tuned.row.spec.corpus)
    three = Training(other).module.model
    for name, value in one.named_parameters():
        if "lora_A" in name:
            assert torch.equal(value, two.get_parameter(name))
            assert not torch.equal(value, three.get_parameter(name))
            assert 0.0 < value.abs().max().item() <= value.shape[1] ** -0.5
        if "lora_B" in name:
            assert not value.any()


def test_all_dropout_is_keyed(tuned: Tuned) -> None:
    modules = list(start(tuned.row).modules())
    assert not [module for module in modules if isinstance(module, nn.Dropout)]
    places = [module.place for module in modules if isinstance(module, KeyedDropout) and "lora" in module.place]
    assert len(places) == len(set(places)) == len(TARGETS)


def test_peft_opens_the_adapter(tuned: Tuned, lab: Lab, logits: Logits) -> None:
    plain = trained(lab.base)
    opened = peft.PeftModel.from_pretrained(
        plain if tuned.kind == "lora" else packed(plain), tuned.row.folder.checkpoint / "adapter"
    )
    assert torch.equal(logits(opened), logits(trained(tuned.row)))


def test_merged_weights_compute_what_the_adapted_model_does(tuned: Tuned, logits: Logits) -> None:
    adapted = trained(tuned.row)
    config = Training(tuned.row.spec).config
    merged = GPT(adapted.config, seed=0)
    merged.load_state_dict(finetune_of(config).merged(adapted))
    bound = 1e-5 if tuned.kind == "lora" else 1e-3
    expected = logits(adapted)
    assert (logits(merged) - expected).abs().max() <= bound
    assert (logits(start(tuned.row)) - expected).abs().max() > 0.5, "else there is nothing to merge"
    if tuned.kind == "qlora":  # what peft would do: round the sum to 4 bits once more
        assert (logits(packed(merged)) - expected).abs().max() > bound


def test_a_resumed_trial_ends_the_same(tuned: Tuned, tmp_path: Path) -> None:
    stop = iter([False] * 25 + [True])
    cut = run_trial(tuned.row.spec, tmp_path, Hooks(should_stop=lambda: next(stop)))
    assert (cut.status, cut.steps) == ("interrupted", 26)
    whole = run_trial(tuned.row.spec, tmp_path)
    assert tuned.row.result is not None
    recorded = TrialResult.from_dict(
        {key: tuned.row.result[key] for key in whole.as_dict() if key in tuned.row.result}
        | {"curve": tuned.row.curve().to_pylist()}
    )
    assert numbers(whole) == numbers(recorded)
    ours, theirs = (saved_in(folder) for folder in (tmp_path / "checkpoint", tuned.row.folder.checkpoint))
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def saved_in(checkpoint: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(checkpoint / "last.ckpt", weights_only=True)["state_dict"]
    return state


def test_the_next_trial_starts_from_the_merged_weights(tuned: Tuned, lab: Lab, logits: Logits) -> None:
    model = start(lab.train(f"init_from={tuned.row.trial_id}", OTHER_LANGUAGE, "train.steps=10"))
    assert all(parameter.requires_grad for parameter in model.parameters())
    bound = 1e-5 if tuned.kind == "lora" else 1e-3
    assert (logits(model) - logits(trained(tuned.row))).abs().max() <= bound


def test_peft_takes_packed_weights_for_what_they_are(lab: Lab) -> None:
    pytest.importorskip("bitsandbytes", reason="qlora needs bitsandbytes")
    from peft.tuners.lora.bnb import Linear4bit

    row = lab.train(f"init_from={lab.base.trial_id}", "finetune={type:qlora,r:2,targets:[up]}", "train.steps=10")
    model = start(row)
    assert isinstance(model.get_submodule("blocks.0.mlp.up"), Linear4bit)
    assert type(model.get_submodule("blocks.0.mlp.down")) is not Linear4bit, "what is no target stays as it is"
    assert model.get_parameter("blocks.0.mlp.up.base_layer.weight").dtype == torch.uint8


@pytest.mark.parametrize(
    ("finetune", "problem"),
    [
        ("{type:lora,targets:[up,gate]}", "no block has a 'gate'; there are: down, key, out, query, up, value"),
        ("{type:lora,r:0}", "finetune.r: 0 is no rank"),
        ("{type:qlora,targets:[]}", "finetune.targets: .* is empty"),
        ("{type:lora,dropout:1.0}", "finetune.dropout: 1.0"),
    ],
)
def test_what_cannot_be_adapted_is_refused(lab: Lab, finetune: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        lab.train(f"init_from={lab.base.trial_id}", f"finetune={finetune}")


def test_adapters_need_something_to_adapt(lab: Lab) -> None:
    with pytest.raises(UserError, match="finetune: there is nothing that lora could adapt, since init_from is none"):
        lab.train("finetune=lora")


@pytest.mark.parametrize(("kind", "package"), [("lora", "peft"), ("qlora", "bitsandbytes")])
def test_a_missing_package_is_one_error_before_anything_runs(
    lab: Lab, kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = starting.importlib.util.find_spec
    monkeypatch.setattr(starting.importlib.util, "find_spec", lambda name: None if name == package else find(name))
    wanted = rf"finetune={kind}: not installed: {package}; pip install 'tinker-matrix\[{kind}\]'"
    with pytest.raises(UserError, match=wanted):
        lab.train(f"init_from={lab.base.trial_id}", f"finetune={kind}")


def test_a_model_without_adapters_is_left_as_it_is(lab: Lab) -> None:
    model = trained(lab.base)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    prepare(model, Training(lab.base.spec).config, seed=5)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
