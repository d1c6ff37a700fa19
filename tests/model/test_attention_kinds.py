"""Latent, differential and retentive attention against definitions written out in loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from model.config import GPTConfig
from model.gpt import GPT
from model.state import ForwardState, visible
from tests.model.test_attention import Array, attention_of, logits
from tests.model.tiny import pick, tiny


def rms(x: Array, gain: Array | float, eps: float) -> Array:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * gain


def softmax(scores: Array) -> Array:
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def turned(x: Array, place: int) -> Array:
    """A vector of halves, rotated as the pairs (i, i + D/2) are at that place."""
    half = len(x) // 2
    pairs = (x[:half] + 1j * x[half:]) * np.exp(1j * place * 10000.0 ** (-np.arange(half) / half))
    return np.concatenate([pairs.real, pairs.imag])


@pytest.mark.parametrize("q_rank", [None, 3])
def test_latent_attention_is_that_of_its_paper(q_rank: int | None) -> None:
    nope, rope, wide = 3, 4, 5
    mla = pick("attention", "mla", q_rank=q_rank, kv_rank=6, nope_dim=nope, rope_dim=rope, value_dim=wide)
    w, x, found = attention_of(tiny(attention=mla, position="rotary", init="fan_in"))
    if q_rank is None:
        q = x @ w["query.weight"].T
    else:
        q = rms(x @ w["query_down.weight"].T, w["query_norm.weight"], 1e-6) @ w["query_up.weight"].T
    kv = rms(x @ w["kv_down.weight"].T, w["kv_norm.weight"], 1e-6) @ w["kv_up.weight"].T
    q, kv, shared = q.reshape(6, 2, nope + rope), kv.reshape(6, 2, nope + wide), x @ w["key_rope.weight"].T
    read = np.zeros((6, 2, wide))
    for head in range(2):
        for t in range(6):
            scores = np.array(
                [
                    q[t, head, :nope] @ kv[s, head, :nope] + turned(q[t, head, nope:], t) @ turned(shared[s], s)
                    for s in range(t + 1)
                ]
            )
            read[t, head] = softmax(scores / math.sqrt(nope + rope)) @ kv[: t + 1, head, nope:]
    np.testing.assert_allclose(found, read.reshape(6, -1) @ w["out.weight"].T, rtol=0, atol=1e-6)  # angles in fp32


@pytest.mark.parametrize("layer", [0, 2])
def test_differential_attention_is_that_of_its_paper(layer: int) -> None:
    config = tiny(n_head=4, n_embd=16, n_layer=3, attention="differential", init="fan_in")
    w, x, found = attention_of(config, layer)
    q, k = ((x @ w[f"{name}.weight"].T).reshape(6, 4, 4) for name in ("query", "key"))
    v = (x @ w["value.weight"].T).reshape(6, 2, 8)
    least = 0.8 - 0.6 * math.exp(-0.3 * layer)
    lambdas = w["query_lambda"].reshape(2, 4), w["key_lambda"].reshape(2, 4)
    first, second = (math.exp(a @ b) for a, b in zip(*lambdas, strict=True))
    read = np.zeros((6, 2, 8))
    for pair in range(2):
        for t in range(6):
            one, other = (
                softmax(np.array([q[t, head] @ k[s, head] / 2 for s in range(t + 1)]))
                for head in (2 * pair, 2 * pair + 1)
            )
            difference = (one - (first - second + least) * other) @ v[: t + 1, pair]
            read[t, pair] = rms(difference, w["pair_norm.weight"], 1e-5) * (1 - least)
    np.testing.assert_allclose(found, read.reshape(6, 16) @ w["out.weight"].T, rtol=0, atol=1e-10)


def test_the_vectors_of_a_lambda_start_at_a_tenth_and_apart() -> None:
    config = tiny(n_embd=512, attention="differential")
    layers = [GPT(config, 0).get_submodule(f"blocks.{layer}.attention") for layer in (0, 1)]
    vectors = [layer.get_parameter(name) for layer in layers for name in ("query_lambda", "key_lambda")]
    for vector in vectors:
        assert vector.std().item() == pytest.approx(0.1, rel=0.1)
    assert len({vector[0].item() for vector in vectors}) == 4


@pytest.mark.parametrize("position", ["learned", "rotary"])
def test_retention_is_the_recurrence_of_its_paper(position: str) -> None:
    retention = pick("attention", "retention", exponent=1.0)
    w, x, found = attention_of(tiny(attention=retention, position=position, init="fan_in"))
    q, k, v = ((x @ w[f"{name}.weight"].T).reshape(6, 2, 4) for name in ("query", "key", "value"))
    read = np.zeros((6, 2, 4))
    for head, kept in enumerate([1 / 2, 3 / 4]):
        state = np.zeros((4, 4))
        for t in range(6):
            at = (lambda y, t=t: turned(y, t)) if position == "rotary" else (lambda y: y)
            state = kept * state + np.outer(at(k[t, head]), v[t, head])
            read[t, head] = at(q[t, head]) @ state
    expected = rms(read, 1.0, 1e-5).reshape(6, 8) @ w["out.weight"].T
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_far_places_are_told_apart_under_autocast() -> None:
    model = GPT(tiny(attention=pick("attention", "retention", exponent=8.0), n_layer=1, context=300), 0)
    retention, x = model.get_submodule("blocks.0.attention"), torch.zeros(1, 300, 8)
    exact = retention._decay(ForwardState(model.position, x), x)
    assert exact[0, 299, 257].item() == pytest.approx((1 - 2**-8) ** 42)
    rounded = retention._decay(ForwardState(model.position, x), x.bfloat16())
    assert rounded.dtype == torch.bfloat16
    assert torch.equal(rounded, exact.bfloat16())


def test_layers_that_fade_alike_share_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = pick("attention", "retention", exponent=9.0)
    model, made = GPT(tiny(n_layer=4, attention=("retention", "retention", slow)), 0), []
    monkeypatch.setattr("model.attention.retention.visible", lambda *given: made.append(given) or visible(*given))
    model(torch.zeros(1, 6, dtype=torch.long))
    assert len(made) == 2


def test_sizes_left_open_follow_the_papers_from_the_head_width() -> None:
    wide = pick("attention", "mla", kv_rank=16, nope_dim=4, rope_dim=2, value_dim=4)
    assert np.array_equal(logits(tiny(attention="mla")), logits(tiny(attention=wide)))


BROKEN: list[tuple[dict[str, object], str]] = [
    ({"attention": "differential", "n_head": 1}, r"\.type: differential pairs heads, and model\.n_head is 1"),
    ({"attention": "differential", "position": "alibi"}, r"\.type: differential subtracts .* model\.position=alibi"),
    ({"attention": pick("attention", "mla", kv_rank=0)}, r"\.kv_rank: 0 is too small"),
    ({"attention": pick("attention", "mla", rope_dim=0), "position": "rotary"}, r"\.rope_dim: 0 is too small"),
    ({"attention": pick("attention", "retention", exponent=math.nan)}, r"\.exponent: nan remembers nothing"),
    ({"attention": pick("attention", "mla", eps=0.0)}, r"\.eps: 0\.0 does not keep"),
    ({"attention": "mla", "qk_norm": "rms_norm"}, r"\.type: mla .* no place for model\.qk_norm=rms_norm"),
    ({"attention": "mla", "conv": "short"}, r"\.type: mla .* no place for model\.conv=short"),
    ({"attention": pick("attention", "retention", exponent=0.0)}, r"\.exponent: 0\.0 remembers nothing"),
]


@pytest.mark.parametrize(("changes", "message"), BROKEN, ids=[message[:30] for _, message in BROKEN])
def test_a_broken_attention_is_refused_with_its_key(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=rf"^model\.attention{message}"):
        tiny(**changes)


def test_rotary_refuses_an_odd_part_of_a_latent_head() -> None:
    expected = r"^model\.position: rotary turns pairs .* turns 3 dimensions of heads that are 3 wide"

    def config(rope_dim: int) -> GPTConfig:
        return tiny(attention=("full", pick("attention", "mla", rope_dim=rope_dim)), position="rotary")

    assert config(6)
    with pytest.raises(ValueError, match=expected):
        config(3)
