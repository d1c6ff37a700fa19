"""What can be added to an attention: each does what its paper says, acts on every attention or is refused by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from model.gpt import GPT
from model.slots import ATTENTION, CONV, GATE, SOFTCAP, VALUE_RESIDUAL
from model.state import ForwardState
from tests.model.tiny import pick, tiny, tokens

OPTIONS: dict[str, Any] = {
    "attention_softcap": pick("attention_softcap", "tanh", cap=0.2),
    "sinks": "learned",
    "gate": "headwise",
    "value_residual": "first",
    "conv": "short",
    "qk_norm": "rms_norm",
}
#: What an attention has no place for.
REFUSED = {
    "linear": {"attention_softcap", "sinks"},
    "retention": {"attention_softcap", "sinks"},
    "mla": {"qk_norm", "conv"},
}


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def stirred(model: GPT) -> GPT:
    """With every constant at which a parameter starts moved away from it: no option is the identity any more."""
    with torch.no_grad():
        for place, (_, parameter) in enumerate(sorted(model.named_parameters())):
            if (parameter == parameter.flatten()[0]).all() or parameter.min() == 0:
                parameter.add_(noise(*parameter.shape, seed=place))
    return model


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("attention", ATTENTION.builtin_names())
def test_every_attention_honours_an_option_or_refuses_it(attention: str, option: str) -> None:
    shape = {"attention": attention, "init": "fan_in", "norm": "none"}
    changes = {**shape, option: OPTIONS[option]}
    if option in REFUSED.get(attention, ()):
        with pytest.raises(
            ValueError,
            match=rf"^model\.attention\.type: {attention} .*model\.{option}=\w+.*use model\.{option}=none",
        ):
            tiny(**changes)
        return
    model, text = stirred(GPT(tiny(**changes), 0)), tokens(2, 6)
    plain = GPT(tiny(**shape), 0)
    plain.load_state_dict({name: model.state_dict()[name] for name in plain.state_dict()})
    assert not torch.allclose(model(text), plain(text), rtol=0, atol=1e-4)


def test_a_softcap_bounds_and_keeps_small_numbers() -> None:
    cap = SOFTCAP.get("tanh").cls(SOFTCAP.get("tanh").config(cap=3.0))
    x = torch.tensor([-1e4, -3.0, 0.0, 1e-3, 3.0, 1e4])
    torch.testing.assert_close(cap(x), 3.0 * torch.tanh(x / 3.0))
    assert cap(x).abs().max() <= 3.0
    with pytest.raises(ValueError, match=r"^model\.logit_softcap\.cap: 0\.0 is not a bound"):
        tiny(logit_softcap=pick("logit_softcap", "tanh", cap=0.0))


@pytest.mark.parametrize("kind", ["headwise", "elementwise"])
def test_a_gate_passes_the_share_that_its_sigmoid_says(kind: str) -> None:
    gate = GATE.get(kind).cls(GATE.get(kind).config(), tiny(), 2, 4)
    weight = noise(*gate.open.weight.shape)
    with torch.no_grad():
        gate.open.weight.copy_(weight)
    x, y = noise(1, 6, 8, seed=1), noise(1, 2, 6, 4, seed=2)
    passed = gate(x, y)
    for head in range(2):
        for channel in range(4):
            row = head if kind == "headwise" else 4 * head + channel
            for place in range(6):
                share = 1 / (1 + np.exp(-float(weight[row] @ x[0, place])))
                expected = share * y[0, head, place, channel].item()
                assert passed[0, head, place, channel].item() == pytest.approx(expected, abs=1e-6)


def test_a_short_convolution_weighs_the_last_few_values_of_each_channel() -> None:
    conv = CONV.get("short").cls(CONV.get("short").config(size=3), 4)
    x, kernel = noise(2, 6, 4), noise(4, 3, seed=1)
    assert torch.equal(conv(x), x)  # as it starts
    with torch.no_grad():
        conv.kernel.copy_(kernel.flatten())
    for channel in range(4):
        expected = np.convolve(x[1, :, channel], kernel[channel].flip(0))[:6]
        np.testing.assert_allclose(conv(x)[1, :, channel].detach(), expected, rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match=r"^model\.conv\.size: 1 sees no earlier token"):
        tiny(conv=pick("conv", "short", size=1))


def test_later_layers_mix_the_first_layers_values_with_their_own() -> None:
    config = tiny(value_residual=pick("value_residual", "first", share=0.25))
    first, later = (VALUE_RESIDUAL.build(config.value_residual, config, layer) for layer in (0, 1))
    state = ForwardState(GPT(config, 0).position, noise(1, 6, 8))
    u, v = noise(1, 2, 6, 4, seed=1), noise(1, 2, 6, 4, seed=2)
    assert torch.equal(first(u, state), u)
    torch.testing.assert_close(later(v, state), 0.25 * u + 0.75 * v)
    assert isinstance(later.mix, nn.Parameter) and first.mix is None


def test_values_of_other_shapes_cannot_be_mixed() -> None:
    expected = r"^model\.value_residual: the values of layer 1 \(1 heads of 4\) .* of the first \(2 heads of 4\)"
    with pytest.raises(ValueError, match=expected):
        tiny(value_residual="first", attention=("full", pick("attention", "full", kv_heads=1)))
    with pytest.raises(ValueError, match=r"^model\.value_residual: the values of layer 1 \(2 heads of 3\)"):
        tiny(value_residual="first", attention=("full", pick("attention", "mla", value_dim=3)))
    with pytest.raises(ValueError, match=r"^model\.value_residual: with model\.n_layer 1 there is no later layer"):
        tiny(value_residual="first", n_layer=1)
    with pytest.raises(ValueError, match=r"^model\.value_residual\.share: 1\.5 is no share"):
        tiny(value_residual=pick("value_residual", "first", share=1.5))


OFF: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "value residual of share 0": ({"value_residual": pick("value_residual", "first", share=0.0)}, {}),
    "convolution as it starts": ({"conv": "short"}, {}),
    "sinks that nothing flows to": ({"sinks": "learned"}, {"attention.scores.sinks.score": -1e9}),
    "open gate": ({"gate": "elementwise"}, {"attention.gate.open.weight": 0.0, "attention.out.weight": 2.0}),
    "softcap far away": ({"attention_softcap": pick("attention_softcap", "tanh", cap=1e5)}, {}),
}


@pytest.mark.parametrize(("changes", "constants"), OFF.values(), ids=OFF)
def test_an_option_that_is_off_leaves_the_control(changes: dict[str, Any], constants: dict[str, float]) -> None:
    model, text = GPT(tiny(init="fan_in", **changes), 0), tokens(2, 6)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            for path, value in constants.items():
                if name.endswith(path):  # a gate at zero passes half of everything: the way out makes up for it
                    parameter.copy_(parameter * value if path.endswith("out.weight") else torch.tensor(value))
    torch.testing.assert_close(model(text), GPT(tiny(init="fan_in"), 0)(text), rtol=0, atol=1e-6)
