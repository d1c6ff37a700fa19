"""`pretrain:`: one trial that every arm starts from, known before it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.grid.conftest import Expand, Load
from tinker.errors import UserError
from tinker.grid.expand import expand

PRETRAIN = """
pretrain:
  seed: 5
  diff: { data.chain_seed: 1, train.steps: 80 }
"""
ARMS = """
seeds: 2
arms:
  r2:
    finetune: { type: lora, r: 2 }
  scratch:
    init_from: none
"""


def test_every_arm_starts_from_the_declared_trial(expanded: Expand) -> None:
    plan = expanded(PRETRAIN + ARMS)
    spec = plan.pretrained
    assert spec is not None
    assert spec.seeds.label == "5"
    assert (spec.config["data"]["chain_seed"], spec.config["train"]["steps"]) == (1, 80)
    assert not {"init_from", "finetune"} & spec.config.keys()
    starts = {arm.name: arm.config.get("init_from") for arm in plan.arms}
    assert starts["base"] == starts["r2"]
    assert starts["base"] is not None
    assert (starts["base"]["type"], starts["base"]["id"]) == ("trial", spec.id)
    assert starts["scratch"] is None
    assert {cell.spec.config["data"]["chain_seed"] for cell in plan.cells} == {0}
    assert spec.id not in {cell.spec.id for cell in plan.cells}


def test_the_arms_ids_follow_the_declared_trial_and_not_where_results_lie(load: Load, tmp_path: Path) -> None:
    def ids(text: str, results: str) -> list[str]:
        plan = expand(load(text), config_dirs=[], results=tmp_path / results)
        return [cell.spec.id for cell in plan.cells]

    here = ids(PRETRAIN + ARMS, "here")
    assert ids(PRETRAIN + ARMS, "there") == here
    other = ids(PRETRAIN.replace("seed: 5", "seed: 6") + ARMS, "here")
    assert [new == old for new, old in zip(other, here, strict=True)] == [False, False, True] * 2


def test_the_declared_trial_takes_part_in_overrides_and_keeps_its_weights(load: Load) -> None:
    plan = expand(load(PRETRAIN + ARMS, "model.n_embd=64", "checkpoint.keep=none"), config_dirs=[])
    assert plan.pretrained is not None
    assert plan.pretrained.config["model"]["n_embd"] == 64
    assert plan.pretrained.config["checkpoint"]["keep"] == "last"
    assert plan.control.config["checkpoint"]["keep"] == "none"


def test_a_grid_without_it_declares_no_such_trial(expanded: Expand) -> None:
    plan = expanded("seeds: 1\n")
    assert plan.pretrained is None
    assert "init_from" not in plan.control.config


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        (
            PRETRAIN + "seeds: 1\narms:\n  wide:\n    model.n_embd: 64\n",
            "g.yaml:13",
            "model.n_embd is 64 here and 32 there",
        ),
        (PRETRAIN.replace("chain_seed: 1", "keys: 9") + "seeds: 1\n", "g.yaml:", "another vocabulary"),
        (PRETRAIN.replace("train.steps", "train.step") + "seeds: 1\n", "g.yaml:9", "train.step: unknown key"),
        (
            PRETRAIN.replace("train.steps: 80", "finetune: lora") + "seeds: 1\n",
            "g.yaml:9",
            "a pretraining starts from scratch",
        ),
        (PRETRAIN + "seeds: 1\nbase: { init_from: 3fa9 }\n", "g.yaml:7", "the arms start from init_from already"),
        ("seeds: 1\narms:\n  r2:\n    finetune: lora\n", "g.yaml:9", "nothing that lora could adapt"),
        (PRETRAIN.replace("seed: 5", "seed: -1") + "seeds: 1\n", "g.yaml:8", "pretrain.seed"),
    ],
)
def test_what_does_not_go_together_is_refused_with_its_line(
    expanded: Expand, text: str, where: str, problem: str
) -> None:
    with pytest.raises(UserError) as caught:
        expanded(text)
    assert problem in str(caught.value)
    assert where in str(caught.value)
