"""The mixture of experts against a loop over tokens; its penalty, its precision, and what a token costs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from model.count import active_parameter_count, flops_per_token, parameter_count
from model.gpt import GPT
from model.slots import MLP
from model.state import ForwardState
from tests.model.tiny import pick, tiny, tokens

MODEL = tiny()


def built(**values: Any) -> tuple[Any, Tensor, ForwardState]:
    """A mixture in double with weights of size 1, an input (3, 5, C), and the state of its pass."""
    mlp = MLP.build(pick("mlp", "moe", **values), MODEL, 0).double()
    generator = torch.Generator().manual_seed(0)
    for parameter in mlp.parameters():
        nn.init.normal_(parameter, generator=generator)
    x = torch.randn(3, 5, 8, dtype=torch.float64, generator=generator)
    return mlp, x, ForwardState(GPT(MODEL, seed=0).position, x)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"top_k": 1, "renormalise": False},
        {"experts": 3, "top_k": 3, "scale": 2.5},
        {"shared": 2, "renormalise": False, "hidden": 3},
    ],
)
def test_a_token_gets_the_weighted_sum_of_its_experts(values: dict[str, Any]) -> None:
    mlp, x, state = built(**values)
    config, outputs = mlp.config, mlp(x, state)
    for row, output in zip(x.flatten(0, 1), outputs.flatten(0, 1), strict=True):
        chances = torch.softmax(mlp.router.weight @ row, 0)
        best = sorted(range(config.experts), key=lambda e: -chances[e].item())[: config.top_k]
        total = sum(chances[e] for e in best) if config.renormalise else 1.0
        expected = sum(config.scale * chances[e] / total * mlp.experts[e](row, state) for e in best)
        if config.shared:
            expected = expected + mlp.shared(row, state)
        torch.testing.assert_close(output, expected)


def test_one_expert_is_swiglu() -> None:
    mlp, x, state = built(experts=1, top_k=1, renormalise=False)
    alone = MLP.build(pick("mlp", "swiglu"), MODEL, 0).double()
    alone.load_state_dict(mlp.experts[0].state_dict())
    torch.testing.assert_close(mlp(x, state), alone(x, state))


def test_a_token_does_not_feel_the_others() -> None:
    mlp, x, state = built()
    torch.testing.assert_close(mlp(x[1:2, 2:3], state), mlp(x, state)[1:2, 2:3])


def test_the_penalty_is_that_of_switch_transformers_and_acts_in_training_only() -> None:
    mlp, x, state = built(balance=0.5)
    mlp(x, state)
    [penalty] = state.penalties
    chances = torch.softmax(x.flatten(0, 1) @ mlp.router.weight.T, -1)
    used = torch.zeros(4, dtype=torch.float64)
    for row in chances:
        used[row.topk(2).indices] += 1
    expected = 0.5 * 4 * sum(used[e] / used.sum() * chances[:, e].mean() for e in range(4))
    torch.testing.assert_close(penalty, expected)
    assert torch.autograd.grad(penalty, mlp.router.weight)[0].any()
    mlp.eval()(x, state)
    assert len(state.penalties) == 1


def test_an_even_router_pays_the_coefficient_itself() -> None:
    mlp, x, state = built(balance=0.5)
    nn.init.zeros_(mlp.router.weight)
    mlp(x, state)
    torch.testing.assert_close(state.penalties[0].item(), 0.5)


def test_the_models_loss_has_every_layers_penalty() -> None:
    text, losses = tokens(4, 6), []
    for balance in (0.0, 1.0):
        model = GPT(tiny(mlp=pick("mlp", "moe", balance=balance)), seed=0)
        losses.append(model(text, text.roll(-1, 1)).item())
        evaluated = model.eval()(text, text.roll(-1, 1)).item()
        assert evaluated == pytest.approx(losses[0], abs=1e-6)
    assert 2.0 <= losses[1] - losses[0] + 1e-3 <= 3.0  # two layers, each at least 1


def test_the_router_keeps_its_precision_under_autocast() -> None:
    mlp, x, state = built()
    mlp, x = mlp.float(), x.float()
    exact = mlp.router(x)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(mlp.router(x), exact)
        assert mlp(x, state).isfinite().all()


def test_a_token_costs_the_experts_it_meets() -> None:
    few = tiny(mlp=pick("mlp", "moe", experts=4, top_k=2, shared=1, hidden=5))
    many = tiny(mlp=pick("mlp", "moe", experts=9, top_k=2, shared=1, hidden=5))
    sizes = [(parameter_count(m), active_parameter_count(m)) for m in (GPT(few, seed=0), GPT(many, seed=0))]
    rows, experts = 2 * 5 * 8, 2 * 5 * 3 * 5 * 8  # of two layers: five more rows of the router, five more experts
    assert sizes[1][0] - sizes[0][0] == rows + experts
    assert sizes[1][1] - sizes[0][1] == rows
    assert sizes[0][0] - sizes[0][1] == 2 * 2 * 3 * 5 * 8
    assert flops_per_token(many) - flops_per_token(few) == 6 * rows


def test_flops_counted_without_values_are_those_of_a_real_pass() -> None:
    config = tiny(mlp=pick("mlp", "moe", experts=3, top_k=2, shared=1))
    text, counter = tokens(1, config.context), FlopCounterMode(display=False)
    model = GPT(config, seed=0).eval()
    with counter:
        model(text, text).backward()
    assert counter.get_total_flops() / config.context == flops_per_token(config)


def test_by_default_a_token_meets_as_many_parameters_as_in_an_mlp_without_experts() -> None:
    model = tiny(n_embd=64)
    mixture = pick("mlp", "moe", experts=8, top_k=2, shared=1)
    active = mixture.active_parameters(model, 0) - 8 * 64  # the router aside
    assert active == pytest.approx(pick("mlp", "gelu").parameters(model, 0), abs=3 * 3 * 64 / 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"experts": 1, "top_k": 1}, r"^model\.mlp\.experts: 1 leaves nothing to route"),
        ({"scale": 0.0}, r"^model\.mlp\.scale: 0\.0 leaves nothing"),
        ({"top_k": 5}, r"^model\.mlp\.top_k: 5 of 4 experts; allowed: 1 to 4"),
        ({"top_k": 1}, r"^model\.mlp\.renormalise: .* allowed with top_k 1: false"),
        ({"shared": -1}, r"^model\.mlp\.shared: -1 is below 0"),
        ({"balance": -0.1}, r"^model\.mlp\.balance: -0\.1 is below 0"),
    ],
)
def test_a_mixture_that_cannot_be_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny(mlp=pick("mlp", "moe", **values))
