"""Residual wirings against their formulas; at the settings that switch them off they are the standard one."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from model.dropout import KeyedDropout
from model.gpt import GPT
from model.norm_place import NormPlace
from model.placement import Placement
from model.slots import NORM_PLACE, RESIDUAL
from model.sublayer import Sublayer
from tests.model.tiny import pick, tiny, tokens

MODEL = tiny(n_layer=8)


def sublayers(place: NormPlace) -> tuple[Sublayer, Sublayer]:
    """An attention and an MLP that compute something simple."""
    silent = KeyedDropout(0.0, "here")
    return Sublayer(torch.sin, place, silent), Sublayer(lambda x: x.square(), place, silent)


def stream(*shape: int) -> Tensor:
    return torch.randn(2, 5, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("name", "values", "gains"),
    [
        ("standard", {}, (1.0, 1.0)),
        ("scaled", {}, (0.25, 0.25)),  # 1 / sqrt(2 * 8 layers)
        ("scaled", {"scale": -0.5}, (-0.5, -0.5)),
        ("layer_scale", {"start": 0.2}, (0.2, 0.2)),
        ("rezero", {}, (0.0, 0.0)),
    ],
)
def test_a_gain_multiplies_what_is_added(name: str, values: dict[str, Any], gains: tuple[float, float]) -> None:
    x = stream(8)
    y = x + gains[0] * x.sin()
    expected = y + gains[1] * y.square()
    residual = RESIDUAL.build(pick("residual", name, **values), MODEL, 0)
    torch.testing.assert_close(residual(x, *sublayers(Placement())), expected)


def test_layer_scales_gains_are_each_sublayers_own_and_rezeros_is_shared() -> None:
    x, scaled, shared = stream(8), *(RESIDUAL.build(pick("residual", n), MODEL, 0) for n in ("layer_scale", "rezero"))
    with torch.no_grad():
        attention, mlp, both = (g.uniform_() for g in (scaled.attention_gain, scaled.mlp_gain, shared.gain))
    for residual, first, second in ((scaled, attention, mlp), (shared, both, both)):
        y = x + first * x.sin()
        torch.testing.assert_close(residual(x, *sublayers(Placement())), y + second * y.square())


@pytest.mark.parametrize("name", ["standard", "scaled", "layer_scale", "rezero"])
def test_a_stream_normed_after_each_addition_stays_normed(name: str) -> None:
    residual, place = (
        RESIDUAL.build(pick("residual", name), MODEL, 0),
        NORM_PLACE.build(pick("norm_place", "post"), MODEL),
    )
    y = residual(stream(8), *sublayers(place))
    torch.testing.assert_close(y.mean(-1), torch.zeros(2, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(-1, correction=0), torch.ones(2, 5), atol=1e-3, rtol=0)


def test_parallel_sublayers_read_the_same_stream() -> None:
    x, residual = stream(8), RESIDUAL.build(pick("residual", "parallel"), MODEL, 0)
    torch.testing.assert_close(residual(x, *sublayers(Placement())), x + x.sin() + x.square())


@pytest.mark.parametrize("dynamic", [False, True])
def test_hyper_connections_are_the_papers_matrices(dynamic: bool) -> None:
    config = pick("residual", "hyper_connections", streams=3, dynamic=dynamic)
    residual = RESIDUAL.build(config, MODEL, 1)
    for parameter in residual.parameters():
        nn.init.normal_(parameter, generator=torch.Generator().manual_seed(parameter.numel()))
    x = stream(3, 8)
    expected = x.clone()
    for own, function in ((residual.attention, torch.sin), (residual.mlp, torch.square)):
        for b in range(2):
            for t in range(5):
                streams = expected[b, t].clone()  # (S, C)
                # The matrix of the paper's equation 1, row 0 being what the sublayer's output goes to.
                matrix = torch.zeros(4, 4)
                matrix[0, 1:], matrix[1:, 0], matrix[1:, 1:] = own.write, own.read, own.mix.view(3, 3)
                if dynamic:
                    centred = streams - streams.mean(-1, keepdim=True)
                    normed = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
                    matrix[0, 1:] += own.gains[1] * torch.tanh(normed @ own.maps.weight[1])
                    matrix[1:, 0] += own.gains[0] * torch.tanh(normed @ own.maps.weight[0])
                    matrix[1:, 1:] += own.gains[0] * torch.tanh(normed @ own.maps.weight[2:].T)
                read = matrix[1:, 0] @ streams
                expected[b, t] = torch.outer(matrix[0, 1:], function(read)) + matrix[1:, 1:].T @ streams
    torch.testing.assert_close(residual(x, *sublayers(Placement())), expected, rtol=1e-4, atol=1e-4)


def test_hyper_connections_begin_with_copies_and_end_with_their_sum() -> None:
    residual, x = RESIDUAL.build(pick("residual", "hyper_connections", streams=3), MODEL, 0), stream(8)
    streams = residual.enter(x)
    assert streams.shape == (2, 5, 3, 8)
    assert all(torch.equal(streams[:, :, i], x) for i in range(3))
    torch.testing.assert_close(residual.leave(streams), 3 * x)


def test_sublayers_read_the_streams_in_turn_at_first() -> None:
    config = pick("residual", "hyper_connections", streams=3)
    layers = [RESIDUAL.build(config, MODEL, layer) for layer in range(3)]
    reads = [own.read.tolist() for layer in layers for own in (layer.attention, layer.mlp)]
    assert [read.index(1.0) for read in reads] == [0, 1, 2, 0, 1, 2]
    assert all(sum(read) == 1.0 for read in reads)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("streams", [1, 4])
def test_hyper_connections_start_as_the_standard_residual(streams: int, dynamic: bool) -> None:
    exact = {"init": "fan_in", "norm": pick("norm", "layer_norm", eps=1e-12), "n_layer": 3}  # no eps: the sum is S-fold
    config = pick("residual", "hyper_connections", streams=streams, dynamic=dynamic)
    text = tokens(2, 6)
    arm, control = GPT(tiny(residual=config, **exact), seed=0), GPT(tiny(**exact), seed=0)
    torch.testing.assert_close(arm(text), control(text), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["scaled", "layer_scale", "hyper_connections"])
def test_switched_off_a_wiring_is_the_standard_one_to_the_bit(name: str) -> None:
    text, config = tokens(2, 6), pick("residual", name)
    switched, without = (GPT(tiny(residual=one), seed=0) for one in config.off(MODEL))
    assert torch.equal(switched(text), without(text))
    assert not torch.equal(GPT(tiny(residual=config), seed=0)(text), without(text))


def test_rezero_after_outputs_of_zero_would_never_learn_and_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^model\.residual: rezero does not go with model\.init\.type zero_output"):
        tiny(residual="rezero", init="zero_output")


def test_rezero_starts_with_blocks_that_do_nothing() -> None:
    text = tokens(2, 6)
    deep, shallow = (GPT(tiny(residual="rezero", n_layer=n), seed=0)(text) for n in (4, 1))
    assert torch.equal(deep, shallow)


def test_scaled_updates_keep_the_variance_of_a_deep_stream() -> None:
    x = torch.randn(4000, generator=torch.Generator().manual_seed(0))
    draws = torch.Generator().manual_seed(1)
    silent = KeyedDropout(0.0, "here")
    noise = Sublayer(lambda x: torch.randn(x.shape, generator=draws), Placement(), silent)
    deep = tiny(n_layer=50)
    residual = RESIDUAL.build(pick("residual", "scaled"), deep, 0)
    for _ in range(50):
        x = residual(x, noise, noise)
    assert x.std().item() == pytest.approx(math.sqrt(2), abs=0.1)


@pytest.mark.parametrize("name", ["parallel", "hyper_connections"])
def test_a_wiring_without_a_place_for_a_norm_after_the_addition_refuses_it(name: str) -> None:
    with pytest.raises(ValueError, match=r"^model\.residual: does not go with model\.norm_place\.type post"):
        tiny(residual=name, norm_place="post")


@pytest.mark.parametrize(
    ("residual", "message"),
    [
        (pick("residual", "scaled", scale=0.0), r"^model\.residual\.scale: 0 leaves nothing"),
        (pick("residual", "layer_scale", start=0.0), r"^model\.residual\.start: 0 is another variant; .*type=rezero"),
        (pick("residual", "hyper_connections", streams=0), r"^model\.residual\.streams: 0 is too few"),
    ],
)
def test_settings_that_mean_nothing_are_refused(residual: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny(residual=residual)


@pytest.mark.parametrize("norm", ["none", "dyt"])
def test_a_sum_of_streams_that_no_norm_measures_is_refused(norm: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^model\.residual: hyper_connections sums its 4 .*model\.norm\.type {norm} "
    ):
        tiny(residual="hyper_connections", norm=norm)
    assert tiny(residual=pick("residual", "hyper_connections", streams=1), norm=norm)
