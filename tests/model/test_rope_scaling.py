"""Scaled rotary angles against those of `transformers`."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model.gpt import GPT
from model.slots import ROPE_SCALING
from tests.model.tiny import pick, tiny, tokens

LONG = {"factor": 4.0, "original_context": 32}
#: Each scaling with options of its own, and the same in the words of `transformers`.
SCALINGS: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "linear": [({"factor": 3.0}, {"rope_type": "linear", "factor": 3.0})],
    "yarn": [
        (LONG, {"rope_type": "yarn"}),
        ({**LONG, "beta_fast": 4.0, "beta_slow": 0.5}, {"rope_type": "yarn", "beta_fast": 4.0, "beta_slow": 0.5}),
        ({**LONG, "temperature": 1.7}, {"rope_type": "yarn", "attention_factor": 1.7}),
    ],
    "llama3": [
        (LONG, {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0}),
        ({**LONG, "low": 0.5, "high": 2.0}, {"rope_type": "llama3", "low_freq_factor": 0.5, "high_freq_factor": 2.0}),
    ],
}
CASES = [(name, ours, theirs) for name, cases in SCALINGS.items() for ours, theirs in cases]


def scaled(name: str, **values: Any) -> Any:
    return ROPE_SCALING.get(name).config(**values)


def test_every_scaling_is_compared() -> None:
    assert {*SCALINGS, "none"} == set(ROPE_SCALING.builtin_names())


@pytest.mark.parametrize("theta", [100.0, 10000.0])
@pytest.mark.parametrize(("name", "ours", "theirs"), CASES, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(CASES)])
def test_angles_and_temperature_are_those_of_transformers(
    name: str, ours: dict[str, Any], theirs: dict[str, Any], theta: float
) -> None:
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    asked = {"factor": 4.0, "original_max_position_embeddings": 32, **theirs, "rope_theta": theta}
    config = LlamaConfig(hidden_size=32, num_attention_heads=1, max_position_embeddings=128, rope_parameters=asked)
    frequency, temperature = ROPE_INIT_FUNCTIONS[asked["rope_type"]](config, torch.device("cpu"))
    angle = torch.outer(torch.arange(128.0), frequency)

    position = pick("position", "rotary", theta=theta, scaling=scaled(name, **ours))
    rotary = GPT(tiny(n_head=1, n_embd=32, n_layer=1, context=128, position=position), 0).position
    cos, sin = (rotary.get_buffer(f"{table}_32")[:, 16:] for table in ("cos", "sin"))
    torch.testing.assert_close(cos, angle.cos() * temperature, rtol=0, atol=2e-5)  # theirs has angles in fp32
    torch.testing.assert_close(sin, angle.sin() * temperature, rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", ["linear", "yarn", "llama3"])
def test_a_factor_of_one_scales_nothing(name: str) -> None:
    text = tokens(2, 6)
    plain = GPT(tiny(position="rotary"), 0)(text)
    assert torch.equal(GPT(tiny(position=pick("position", "rotary", scaling=scaled(name, factor=1.0))), 0)(text), plain)
    wide = scaled(name, factor=8.0, **({} if name == "linear" else {"original_context": 8}))
    sharp = {"init": "fan_in", "position": pick("position", "rotary", scaling=wide)}
    assert not torch.equal(GPT(tiny(**sharp), 0)(text), GPT(tiny(init="fan_in", position="rotary"), 0)(text))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("linear", {"factor": 0.5}, r"factor: 0\.5 does not reach further"),
        ("yarn", {"original_context": 0}, r"original_context: 0 is too small"),
        ("yarn", {"beta_slow": 40.0}, r"beta_slow: 40\.0 does not lie between 0 and beta_fast 32\.0"),
        ("yarn", {"temperature": 0.0}, r"temperature: 0\.0 is not above 0"),
        ("llama3", {"low": 4.0}, r"low: 4\.0 does not lie between 0 and high 4\.0"),
        ("llama3", {"original_context": 0}, r"original_context: 0 is too small"),
    ],
)
def test_a_broken_scaling_is_refused_with_its_key(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=rf"^model\.position\.scaling\.{message}"):
        tiny(position=pick("position", "rotary", scaling=scaled(name, **values)))


@pytest.mark.parametrize("attention", ["linear", "retention"])
def test_a_temperature_needs_scores(attention: str) -> None:
    hot, plain = (pick("position", "rotary", scaling=scaled("yarn", temperature=t)) for t in (None, 1.0))
    with pytest.raises(ValueError, match=r"^model\.position\.scaling\.temperature: 1\.13863 is for the scores"):
        tiny(attention=attention, position=hot)
    assert tiny(attention=attention, position=plain) and tiny(attention=(attention, "full"), position=hot)


def test_a_scaling_needs_slow_pairs() -> None:
    with pytest.raises(ValueError, match=r"^model\.position\.theta: 1\.0 has no slow pairs to scale; allowed: above 1"):
        tiny(position=pick("position", "rotary", theta=1.0, scaling=scaled("yarn")))
