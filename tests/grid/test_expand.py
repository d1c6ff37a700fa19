from __future__ import annotations

from pathlib import Path

import pytest

from tests.grid.conftest import Expand
from tinker.config.schema import TrialConfig
from tinker.errors import ConfigError
from tinker.spec import Seeds


def names(text: str, expanded: Expand) -> list[str]:
    return [arm.name for arm in expanded(text + "seeds: 1\n").arms]


def test_the_control_is_the_first_arm_and_has_the_empty_diff(expanded: Expand) -> None:
    plan = expanded("arms: {rope: {model.position: rotary}}\nseeds: 1\n")
    assert (plan.control.name, plan.control.diff, plan.control.is_control) == ("base", {}, True)
    assert [arm.is_control for arm in plan.arms] == [True, False]
    assert plan.arms[1].diff == {"model": {"position": "rotary"}}


def test_a_grid_may_be_its_control_alone(expanded: Expand) -> None:
    assert names("", expanded) == ["base"]


def test_blocks_hold_every_arm_once_per_seed_and_the_control_more_often(expanded: Expand) -> None:
    plan = expanded("arms: {rope: {model.position: rotary}}\nseeds: {arms: 2, control: 3}\n")
    blocks = [[(cell.arm, cell.seeds.label) for cell in block] for block in plan.blocks]
    assert blocks == [[("base", "1"), ("rope", "1")], [("base", "2"), ("rope", "2")], [("base", "3")]]
    assert len({cell.spec.id for cell in plan.cells}) == 5


def test_a_cells_spec_is_a_valid_config_with_its_seeds_and_corpus(expanded: Expand) -> None:
    plan = expanded("seeds: [4]\n")
    (cell,) = plan.cells
    assert cell.spec.seeds == Seeds(4, 4)
    assert cell.spec.corpus == plan.control.corpus
    assert TrialConfig.from_dict(cell.spec.config).as_dict() == cell.spec.config


def test_base_and_overrides_reach_every_arm_and_the_arms_diff_comes_last(expanded: Expand) -> None:
    text = "base: {train.steps: 40, train.threads: 2}\narms: {long: {train.steps: 50}}\nseeds: 1\n"
    plan = expanded(text, "train.threads=3", "train.eval_every=15")
    assert [arm.config["train"]["steps"] for arm in plan.arms] == [40, 50]
    assert [arm.config["train"]["threads"] for arm in plan.arms] == [3, 3]
    assert [arm.config["train"]["eval_every"] for arm in plan.arms] == [15, 15]


def test_a_groups_option_reaches_every_arm(expanded: Expand) -> None:
    plan = expanded("arms: {rope: {model.position: rotary}}\nseeds: 1\n", "schedule=constant")
    assert {arm.config["schedule"]["type"] for arm in plan.arms} == {"constant"}


def test_axes_are_every_combination_but_the_controls(expanded: Expand) -> None:
    text = "axes: {model.n_layer: [2, 3], model.attention.kv_heads: [1, null]}\n"
    assert names(text, expanded) == [
        "base",
        "n_layer=2,kv_heads=1",
        "n_layer=3,kv_heads=1",
        "n_layer=3,kv_heads=none",
    ]


def test_zip_walks_its_lists_together_and_multiplies_with_axes(expanded: Expand) -> None:
    text = "axes: {model.position: [rotary, none]}\nzip: {model.n_layer: [3, 4], model.n_embd: [64, 48]}\n"
    assert names(text, expanded) == [
        "base",
        "position=rotary,n_layer=3,n_embd=64",
        "position=rotary,n_layer=4,n_embd=48",
        "position=none,n_layer=3,n_embd=64",
        "position=none,n_layer=4,n_embd=48",
    ]


def test_exclude_and_include(expanded: Expand) -> None:
    text = (
        "axes: {model.n_layer: [3, 4], model.n_embd: [48, 64]}\nexclude: [{model.n_layer: 4, model.n_embd: 64}]\n"
        "include: [{model.n_layer: 5}, {name: deep, model: {n_layer: 6}}]\n"
    )
    assert names(text, expanded) == [
        "base",
        "n_layer=3,n_embd=48",
        "n_layer=3,n_embd=64",
        "n_layer=4,n_embd=48",
        "n_layer=5",
        "deep",
    ]


def test_names_of_combinations_tell_keys_and_values_apart(expanded: Expand) -> None:
    text = (
        "axes:\n  model.attention: [[{type: window, size: 4}, full], linear]\n"
        "  model.norm.eps: [1e-6]\n  optimizer.eps: [1e-9]\n"
    )
    assert names(text, expanded) == [
        "base",
        "attention=window-size=4+full,norm.eps=1e-06,optimizer.eps=1e-09",
        "attention=linear,norm.eps=1e-06,optimizer.eps=1e-09",
    ]


def test_the_same_trials_twice_are_left_out_with_a_note(expanded: Expand) -> None:
    text = "arms:\n  one: {model.attention: [window, window]}\n  two: {model.attention: window}\n"
    plan = expanded(text + "seeds: 1\n")
    assert [arm.name for arm in plan.arms] == ["base", "one"]
    (note,) = plan.notes
    assert "g.yaml:8: arm 'two' is the same as 'one'" in note


def test_a_named_arm_that_an_override_makes_equal_to_the_control_is_refused(expanded: Expand) -> None:
    with pytest.raises(ConfigError, match="arm 'rope' is the same as the control 'base'"):
        expanded("arms: {rope: {model.position: rotary}}\nseeds: 1\n", "model.position=rotary")


@pytest.mark.parametrize(
    ("diff", "changes"),
    [
        ("model.n_embd: 64", True),
        ("model: {n_layer: 3}", True),
        ("train.batch_size: 4", True),
        ("train.steps: 90", True),
        ("model.position: rotary", False),
        ("optimizer.lr: 2e-3", False),
        ("train.grad_clip: null", False),
    ],
)
def test_an_arm_that_changes_what_the_scale_set_says_so(diff: str, changes: bool, expanded: Expand) -> None:
    plan = expanded(f"arms: {{a: {{{diff}}}}}\nseeds: 1\n")
    assert [arm.changes_scale for arm in plan.arms] == [False, changes]


def test_the_accelerator_is_resolved_and_the_same_for_all(expanded: Expand) -> None:
    plan = expanded("arms: {rope: {model.position: rotary}}\nseeds: 1\n")
    assert {arm.config["train"]["accelerator"] for arm in plan.arms} <= {"cpu", "cuda"}
    assert len({arm.config["train"]["accelerator"] for arm in plan.arms}) == 1


def test_two_grids_share_their_control(expanded: Expand) -> None:
    one = expanded("arms: {rope: {model.position: rotary}}\nseeds: 2\n")
    other = expanded("hypothesis: Another.\nretries: 0\nseeds: {arms: 1, control: 2}\n")
    ids = [{cell.spec.id for cell in plan.cells if cell.arm == "base"} for plan in (one, other)]
    assert ids[0] == ids[1]


def test_arms_with_other_tokens_compare_in_bits_per_byte(expanded: Expand, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("to be or not to be that is the question\n" * 40)
    text = (
        f"data: text\nbase: {{data.path: {tmp_path / 'a.txt'}}}\nseeds: 1\narms:\n  bytes: {{data.tokenizer: byte}}\n"
    )
    with pytest.raises(ConfigError, match=r"g\.yaml:10: data: .*val_bpb"):
        expanded(text)
    plan = expanded(text, "decide.metric=val_bpb")
    assert plan.arms[0].corpus != plan.arms[1].corpus


def test_a_missing_corpus_is_named_with_its_line(expanded: Expand, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"g\.yaml:7: data\.path: .*nowhere\.txt"):
        expanded(f"data: text\nbase: {{data.path: {tmp_path / 'nowhere.txt'}}}\nseeds: 1\n")
