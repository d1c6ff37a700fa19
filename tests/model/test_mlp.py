"""MLPs against their formulas; widths at which a gated one has as many parameters as one without a gate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model.config import GPTConfig
from model.gpt import GPT
from model.slots import MLP
from model.state import ForwardState
from tests.model.tiny import pick, tiny

Array = NDArray[np.float64]
MODEL = tiny()


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def gelu(x: Array) -> Array:
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def tanh_gelu(x: Array) -> Array:
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def state(x: torch.Tensor) -> ForwardState:
    return ForwardState(GPT(MODEL, seed=0).position, x)


@pytest.mark.parametrize(
    ("name", "values", "activation"),
    [
        ("gelu", {}, gelu),
        ("gelu", {"approximate": "tanh"}, tanh_gelu),
        ("relu2", {}, lambda x: np.maximum(x, 0) ** 2),
        ("swiglu", {}, lambda x: x * sigmoid(x)),
        ("geglu", {}, gelu),
        ("geglu", {"approximate": "tanh"}, tanh_gelu),
    ],
)
def test_an_mlp_computes_its_formula(name: str, values: dict[str, Any], activation: Any) -> None:
    mlp = MLP.build(pick("mlp", name, bias=True, hidden=5, **values), MODEL, 0).double()
    x = 2 * torch.randn(3, 4, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    own = {path: value.detach().numpy() for path, value in mlp.named_parameters()}

    def project(path: str, of: Array) -> Array:
        return of @ own[f"{path}.weight"].T + own[f"{path}.bias"]

    given = x.numpy()
    if "gate.weight" in own:
        inner = activation(project("gate", given)) * project("up", given)
    else:
        inner = activation(project("up", given))
    np.testing.assert_allclose(mlp(x, state(x)).detach().numpy(), project("down", inner), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", ["swiglu", "geglu"])
@pytest.mark.parametrize(("n_embd", "ratio"), [(8, 4.0), (64, 4.0), (64, 1.5), (48, 3.0)])
def test_a_matched_gate_costs_no_parameters(name: str, n_embd: int, ratio: float, bias: bool) -> None:
    model = tiny(n_embd=n_embd)
    plain = pick("mlp", "gelu", ratio=ratio, bias=bias).parameters(model, 0)
    config = pick("mlp", name, ratio=ratio, bias=bias)
    one_unit = 3 * n_embd + 2 * bias
    assert abs(config.parameters(model, 0) - plain) <= one_unit / 2
    free = pick("mlp", name, ratio=ratio, bias=bias, matched=False)
    assert free.parameters(model, 0) == round(ratio * n_embd) * one_unit + bias * n_embd


@pytest.mark.parametrize("name", ["gelu", "relu2", "swiglu", "geglu"])
def test_a_hidden_width_is_taken_as_it_is(name: str) -> None:
    mlp = MLP.build(pick("mlp", name, hidden=11, ratio=2.0), MODEL, 0)
    assert mlp.up.weight.shape == (11, 8)


@pytest.mark.parametrize("name", ["gelu", "relu2", "swiglu", "geglu", "moe"])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden": 0}, r"^model\.mlp\.hidden: 0 is no width; allowed: 1 or more, or null"),
        ({"ratio": 0.01}, r"^model\.mlp\.ratio: 0\.01 leaves no hidden unit; allowed: 1 / model\.n_embd or more"),
    ],
)
def test_an_mlp_without_a_hidden_unit_is_refused(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny(mlp=pick("mlp", name, **values))


def test_each_layer_may_have_a_width_of_its_own() -> None:
    config: GPTConfig = tiny(mlp=(pick("mlp", "swiglu", hidden=3), pick("mlp", "relu2", hidden=9)))
    model = GPT(config, seed=0)
    assert model.get_parameter("blocks.0.mlp.up.weight").shape == (3, 8)
    assert model.get_parameter("blocks.1.mlp.up.weight").shape == (9, 8)
