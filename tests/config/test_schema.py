from __future__ import annotations

import json
from dataclasses import fields
from typing import get_type_hints

import pytest

from model.config import GPTConfig
from model.gpt import GPT
from model.slots import FIELDS
from tests.config.conftest import Shipped
from tinker.config.model_config import ModelConfig, shortest_period
from tinker.config.schema import TrialConfig
from tinker.errors import ConfigError
from tinker.spec import NOT_IN_ID, Seeds, TrialSpec

#: The id of the control at `smoke` over a made-up corpus. If a change of yours moves it, every stored result of every
#: user is another trial from then on: make sure that this is meant, and say so in the changelog.
SMOKE_ID = "31f63098b9564c19"


def trial_id(config: TrialConfig) -> str:
    return TrialSpec.of(config.as_dict(), Seeds(1, 1), "made-up corpus").id


@pytest.mark.parametrize("scale", ["smoke", "cpu", "cpu-char", "gpu", "reference"])
def test_a_resolved_config_is_read_back_as_the_same(scale: str, shipped: Shipped) -> None:
    data = "grammar" if scale in ("smoke", "cpu") else "tinyshakespeare"
    config = shipped(f"scale={scale}", f"data={data}")
    again = TrialConfig.from_dict(json.loads(json.dumps(config.as_dict())))
    assert again == config
    assert again.as_dict() == config.as_dict()


def test_the_id_of_the_control_does_not_move(shipped: Shipped) -> None:
    assert trial_id(shipped("scale=smoke", "train.accelerator=cpu")) == SMOKE_ID


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("optimizer.lr=1e-4", "optimizer.lr=0.0001"),
        ("train.grad_clip=1", "train.grad_clip=1.0"),
        ("model.attention=window", "model.attention=[window]"),
        ("model.attention=[full,full]", "model.attention=full"),
        ("model.attention.1=window", "model.attention=[full,window]"),
        ("model.attention=[full,{type:window}]", "model.attention=[full,window]"),
        ("model.position={type:learned}", "model.position=learned"),
        ("logger=csv", "logger=none"),
        ("checkpoint.keep=all", "checkpoint.keep=none"),
        ("scale.corpora=[grammar,text]", "scale.corpora=[grammar]"),
        ("optimizer=adamw", "schedule=cosine"),
    ],
)
def test_equal_trials_have_equal_ids(one: str, other: str, shipped: Shipped) -> None:
    more = ["scale=smoke", "schedule.min_lr=0"]
    assert trial_id(shipped(*more, one)) == trial_id(shipped(*more, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("optimizer.lr=1e-5", "optimizer.lr=2e-5"),
        ("optimizer.lr=0.1", "optimizer.lr=0.10000000000000002"),
        ("model.attention=[full,window]", "model.attention=[window,full]"),
        ("train.threads=1", "train.threads=2"),
        ("train.precision=fp32", "train.precision=bf16"),
        ("train.compile=false", "train.compile=true"),
        ("train.eval_every=20", "train.eval_every=30"),
        ("data.keys=4", "data.keys=3"),
        ("schedule=constant", "schedule=cosine"),
    ],
)
def test_different_trials_have_different_ids(one: str, other: str, shipped: Shipped) -> None:
    more = ["scale=smoke", "schedule.min_lr=0"] if "schedule=" not in one else ["scale=smoke"]
    assert trial_id(shipped(*more, one)) != trial_id(shipped(*more, other))


def test_what_is_not_in_the_id_is_a_part_of_the_config() -> None:
    assert {key.split(".")[0] for key in NOT_IN_ID} <= {field.name for field in fields(TrialConfig)}


def test_the_model_node_has_the_fields_and_slots_of_the_models_config() -> None:
    assert [f.name for f in fields(ModelConfig)] == [f.name for f in fields(GPTConfig) if f.name != "vocab_size"]
    hints = get_type_hints(ModelConfig, include_extras=True)
    assert {name: hints[name].__metadata__[0] for name in FIELDS} == FIELDS


def test_the_model_is_built_from_the_config(shipped: Shipped) -> None:
    config = shipped("scale=smoke", "model.attention=[full,window]", "model.n_layer=4")
    built = config.gpt(vocab_size=17)
    assert built.vocab_size == 17
    assert [type(layer).__qualname__ for layer in built.attention] == ["Full.Config", "Window.Config"] * 2
    assert GPT(built, seed=1) is not None


@pytest.mark.parametrize(
    ("layers", "expected"),
    [("a", "a"), ("aa", "a"), ("aba", "ab"), ("abab", "ab"), ("abaa", "aba"), ("abb", "abb"), ("aab", "aab")],
)
def test_the_shortest_pattern_that_gives_all_layers(layers: str, expected: str) -> None:
    short = shortest_period(tuple(layers))
    assert "".join(short) == expected
    assert [short[i % len(short)] for i in range(len(layers))] == list(layers)


def test_auto_is_resolved_before_a_config_is_made(shipped: Shipped) -> None:
    assert shipped("train.accelerator=auto").train.accelerator in ("cpu", "cuda")
    with pytest.raises(ConfigError, match=r"train\.accelerator: 'auto' is not allowed"):
        TrialConfig.from_dict({**shipped().as_dict(), "train": {**shipped().as_dict()["train"], "accelerator": "auto"}})


def test_a_scale_refuses_a_corpus_that_it_was_not_made_for_unless_told(shipped: Shipped) -> None:
    with pytest.raises(
        ConfigError, match=r"scale 'cpu' was not made for the corpus 'tinyshakespeare'; allowed: grammar"
    ):
        shipped("scale=cpu", "data=tinyshakespeare")
    assert shipped("scale=cpu", "data=tinyshakespeare", "scale.corpora=[tinyshakespeare]").scale.name == "cpu"
