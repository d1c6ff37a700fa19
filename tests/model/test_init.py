"""Init rules: the scale of each weight, by depth, by what it writes to, and by width."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from model.gpt import GPT
from model.linear import ResidualLinear, ZeroLinear
from model.seeding import initialise
from model.slots import INIT
from tests.model.tiny import pick, tiny, tokens

WIDE = {"n_embd": 64, "n_head": 2, "vocab_size": 100, "n_layer": 2}


def near(std: float, parameter: torch.Tensor) -> Any:
    return pytest.approx(std, abs=5 * std / math.sqrt(2 * parameter.numel()))


def test_depth_scaled_weights_shrink_with_the_root_of_the_layer() -> None:
    model = GPT(tiny(**{**WIDE, "n_layer": 4}, init=pick("init", "depth_scaled", std=0.1)), seed=0)
    for path, parameter in model.named_parameters():
        if parameter.dim() == 2:
            layer = int(path.split(".")[1]) if path.startswith("blocks.") else 0
            assert parameter.std().item() == near(0.1 / math.sqrt(layer + 1), parameter), path


def test_zero_output_starts_what_writes_to_the_stream_at_zero_and_the_rest_as_gpt2_does() -> None:
    model, control = GPT(tiny(init="zero_output"), seed=0), GPT(tiny(init="gpt2"), seed=0)
    for path, module in model.named_modules():
        if isinstance(module, ResidualLinear):
            assert not module.weight.any(), path
        elif isinstance(module, (nn.Linear, nn.Embedding)):
            assert torch.equal(module.weight, control.get_parameter(f"{path}.weight")), path


@pytest.mark.parametrize("place", ["sandwich", "peri"])
def test_outputs_of_zero_under_a_norm_of_their_own_are_refused(place: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^model\.init: zero_output does not go with model\.norm_place\.type {place}"
    ):
        tiny(init="zero_output", norm_place=place)


def test_fan_in_gives_embeddings_of_every_width_the_scale_of_the_streams() -> None:
    shape = {**WIDE, "init": "fan_in", "position": "t5", "embedding": pick("embedding", "factorised", rank=16)}
    model = GPT(tiny(**shape), seed=0)
    for path in ("embedding.table.weight", "position.per_bucket.weight"):
        parameter = model.get_parameter(path)
        assert parameter.std().item() == near(1 / 8, parameter), path
    assert model(tokens(8, 6, 100)).std().item() == pytest.approx(1.0, rel=0.1)  # as with a table of the full width


@pytest.mark.parametrize("init", INIT.builtin_names())
def test_what_is_learned_from_nothing_starts_at_zero_under_every_rule(init: str) -> None:
    model = GPT(tiny(init=init, residual="hyper_connections"), seed=0)
    zeros = [module for module in model.modules() if isinstance(module, ZeroLinear)]
    assert len(zeros) == 4
    assert not any(module.weight.any() for module in zeros)


@pytest.mark.parametrize("init", ["gpt2", "depth_scaled", "zero_output", "mup"])
def test_a_standard_deviation_is_above_zero(init: str) -> None:
    with pytest.raises(ValueError, match=r"^model\.init\.std: 0\.0 is not a standard deviation"):
        tiny(init=pick("init", init, std=0.0))


@pytest.mark.parametrize("init", ["gpt2", "fan_in", "depth_scaled", "zero_output"])
def test_only_mup_multiplies_learning_rates_and_logits(init: str) -> None:
    model = GPT(tiny(init=init), seed=0)
    assert set(model.lr_scales().values()) == {1.0}
    assert (model.rule.output_scale, model.rule.attention_divisor(16)) == (1.0, 4.0)


def mup(width: int, **changes: Any) -> GPT:
    init = pick("init", "mup", **{"base_width": 16, "std": 0.25, **changes.pop("init", {})})
    return GPT(tiny(n_embd=width, init=init, **changes), seed=0)


@pytest.mark.parametrize(
    "changes", [{}, {"mlp": "moe"}, {"embedding": pick("embedding", "token", tied=False)}], ids=str
)
def test_at_the_base_width_mup_is_gpt2_to_the_bit(changes: dict[str, Any]) -> None:
    base, text = GPT(tiny(n_embd=16, init=pick("init", "gpt2", std=0.25), **changes), seed=0), tokens(2, 6)
    arm = mup(16, **changes)
    assert all(torch.equal(value, arm.get_parameter(path)) for path, value in base.named_parameters())
    assert torch.equal(arm(text), base(text))
    assert arm.lr_scales() == base.lr_scales()


def test_switched_off_mup_is_gpt2_to_the_bit() -> None:
    model, text = tiny(init=pick("init", "mup", base_width=64, base_heads=8)), tokens(2, 6)
    switched, without = (GPT(replace(model, init=init), seed=0)(text) for init in model.init.off(model))  # type: ignore[attr-defined]
    assert torch.equal(switched, without)
    assert not torch.equal(GPT(model, seed=0)(text), without)


def test_matrices_and_rates_follow_the_growth_of_each_side() -> None:
    model = mup(64, mlp="moe", embedding=pick("embedding", "factorised", rank=8, tied=False), vocab_size=50)
    rates = model.lr_scales()
    expected = {  # path: (standard deviation, learning rate) at four times the base width
        "embedding.table.weight": (0.25, 1),
        "embedding.project.weight": (0.25, 1),  # only its output has grown
        "embedding.head_project.weight": (0.25, 1),  # the logits are divided instead
        "embedding.head.weight": (0.25, 1),
        "position.table.weight": (0.25, 1),
        "blocks.0.attention.query.weight": (0.25 / 2, 1 / 4),
        "blocks.1.attention.out.weight": (0.25 / 2 / 2, 1 / 4),  # and 1 / sqrt(2 n_layer)
        "blocks.0.mlp.router.weight": (0.25 / 4, 1 / 4),  # only its input has grown
        "blocks.0.mlp.experts.1.up.weight": (0.25 / 2, 1 / 4),
        "blocks.0.mlp.experts.1.down.weight": (0.25 / 2 / 2, 1 / 4),
    }
    for path, (std, rate) in expected.items():
        parameter = model.get_parameter(path)
        grown = pytest.approx(std, rel=0.04 + 5 / math.sqrt(2 * parameter.numel()))  # widths of experts are rounded
        assert parameter.std().item() == grown, path
        assert rates[path] == pytest.approx(rate, rel=0.04), path
    assert rates["norm.weight"] == 1
    assert mup(64, residual="hyper_connections").lr_scales()["blocks.0.residual.mlp.maps.weight"] == 1 / 4
    assert model.rule.output_scale == 1 / 4


@pytest.mark.parametrize(
    ("heads", "base_heads", "divisor"),
    [(2, None, 32 / math.sqrt(8)), (8, 2, math.sqrt(8))],  # heads of 32, the base having heads of 8; more heads of 8
)
def test_products_of_queries_and_keys_are_divided_by_the_growth_of_a_head(
    heads: int, base_heads: int | None, divisor: float
) -> None:
    model = mup(64, n_head=heads, init={"base_heads": base_heads})
    assert model.rule.attention_divisor(model.config.head_dim) == pytest.approx(divisor)


def test_mup_refuses_products_that_do_not_grow_with_a_head() -> None:
    fixed = pick("attention", "mla", nope_dim=4, rope_dim=4)
    with pytest.raises(
        ValueError, match=r"^model\.init: mup .* from 8 to 32, but in layer 0 they are 8 wide at .* 8 here"
    ):
        mup(64, attention=fixed)
    assert mup(64, attention="mla").rule.attention_divisor(48) == pytest.approx(48 / math.sqrt(12))
    assert mup(64, n_head=8, attention=fixed, init={"base_heads": 2}).rule.attention_divisor(8) == math.sqrt(8)


def test_a_parameter_that_came_later_has_the_rate_of_the_recipe() -> None:
    model = mup(64)
    model.get_submodule("blocks.0.mlp").register_module("adapter", nn.Linear(64, 2, bias=False))
    assert model.lr_scales()["blocks.0.mlp.adapter.weight"] == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"base_width": 0}, r"^model\.init\.base_width: 0 is too small"),
        ({"base_heads": 0}, r"^model\.init\.base_heads: 0 is too small"),
        (
            {"base_width": 15},
            r"^model\.init\.base_width: there is no such model of width 15: its 2 heads would be 7\.5 wide",
        ),
        ({"base_width": 6}, r"^model\.init\.base_width: there is no such model of width 6: model\.position: rotary"),
    ],
)
def test_a_base_that_cannot_be_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mup(16, position="rotary", init=values)


def sizes(width: int, *, with_mup: bool) -> list[float]:
    """The mean size of a coordinate of each block's stream and of the logits' change, after a few steps of AdamW."""
    model = mup(width)
    if not with_mup:
        model = GPT(tiny(n_embd=width, init=pick("init", "gpt2", std=0.25)), seed=0)
    rates = model.lr_scales()
    groups = [{"params": [p], "lr": 0.01 * rates[path]} for path, p in model.named_parameters()]
    optimizer, text = torch.optim.AdamW(groups, weight_decay=0.0), tokens(8, 6)
    seen: list[torch.Tensor] = []
    for block in model.blocks:
        block.register_forward_hook(lambda module, given, out: seen.append(out.detach()))
    before = model(text).detach()
    first = list(seen)
    for _ in range(4):
        optimizer.zero_grad()
        model(text, text.roll(-1, 1)).backward()
        optimizer.step()
    seen.clear()
    changes = [model(text).detach() - before, *(now - then for now, then in zip(seen, first, strict=True))]
    return [change.abs().mean().item() for change in changes]


def test_updates_stay_of_one_size_over_widths_under_mup_and_grow_without() -> None:
    with_mup = torch.tensor([sizes(width, with_mup=True) for width in (16, 32, 64, 128)])
    without = torch.tensor([sizes(width, with_mup=False) for width in (16, 128)])
    growth = with_mup.max(0).values / with_mup.min(0).values
    assert (growth < 2.5).all(), growth
    assert (without[1] / without[0] > 10).any()


def test_a_rule_is_told_the_path_of_what_it_draws() -> None:
    paths: list[str] = []

    class Spy(type(GPT(tiny(), seed=0).rule)):  # type: ignore[misc]
        def std(self, module: nn.Module, path: str, shape: torch.Size) -> float:
            paths.append(path)
            return 0.0

    model = GPT(tiny(n_layer=1), seed=0)
    initialise(model, Spy(pick("init", "gpt2"), model.config), seed=0)
    assert paths == [path for path, parameter in model.named_parameters() if parameter.dim() == 2]
