"""Attention variants against definitions written out in loops, and against each other where they must agree."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.config import GPTConfig
from model.gpt import GPT
from model.state import ForwardState
from tests.model.tiny import pick, tiny, tokens

Array = NDArray[np.float64]


def logits(config: GPTConfig, seed: int = 0) -> Tensor:
    return GPT(config, seed)(tokens(3, config.context, config.vocab_size)).detach()


def attention_of(config: GPTConfig, layer: int = 0) -> tuple[dict[str, Array], Array, Array]:
    """A layer's parameters, an input (T, C) and what the layer makes of it, in double."""
    model = GPT(config, seed=0).double()
    x = torch.randn(1, config.context, config.n_embd, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    attention = model.blocks[layer].get_submodule("attention")
    weights = {name: value.numpy() for name, value in attention.state_dict().items()}
    return weights, x[0].numpy(), attention(x, ForwardState(model.position, x))[0].detach().numpy()


@pytest.mark.parametrize("kv_heads", [None, 1, 2, 4])
@pytest.mark.parametrize("size", [None, 1, 3, 16])
def test_sdpa_equals_eager(size: int | None, kv_heads: int | None) -> None:
    if size is None:
        attention = pick("attention", "full", kv_heads=kv_heads)
    else:
        attention = pick("attention", "window", size=size, kv_heads=kv_heads)
    shape = {"n_head": 4, "n_embd": 32, "context": 16, "init": "fan_in", "attention": attention}
    eager, fused = GPT(tiny(**shape, backend="eager"), 0), GPT(tiny(**shape, backend="sdpa"), 0)
    text = tokens(3, 16)
    torch.testing.assert_close(fused(text), eager(text), rtol=0, atol=1e-5)
    for model in (eager, fused):
        model(text, text.roll(-1, 1)).backward()
    for (name, a), b in zip(eager.named_parameters(), fused.parameters(), strict=True):
        torch.testing.assert_close(b.grad, a.grad, rtol=0, atol=1e-5, msg=name)


@pytest.mark.parametrize("backend", ["eager", "sdpa"])
@pytest.mark.parametrize(("size", "kv_heads"), [(6, 4), (6, 2), (3, 2), (2, 1), (1, 4)])
def test_a_query_reads_its_group_of_the_last_tokens(size: int, kv_heads: int, backend: str) -> None:
    window = pick("attention", "window", size=size, kv_heads=kv_heads)
    config = tiny(n_head=4, n_embd=16, attention=window, backend=backend, init="fan_in")
    weights, x, found = attention_of(config)
    q, k, v = (x @ weights[f"{name}.weight"].T for name in ("query", "key", "value"))
    read = np.zeros_like(x)
    for head in range(4):
        group = head // (4 // kv_heads)
        own, shared = slice(4 * head, 4 * head + 4), slice(4 * group, 4 * group + 4)
        for t in range(6):
            seen = range(max(0, t - size + 1), t + 1)  # the current token counts
            weight = np.array([math.exp(q[t, own] @ k[s, shared] / 2) for s in seen])
            read[t, own] = sum(w * v[s, shared] for w, s in zip(weight / weight.sum(), seen, strict=True))
    np.testing.assert_allclose(found, read @ weights["out.weight"].T, rtol=0, atol=1e-10)


@pytest.mark.parametrize("size", [6, 7, 100])
def test_a_window_that_spans_the_context_is_full_attention(size: int) -> None:
    assert torch.equal(logits(tiny(attention=pick("attention", "window", size=size))), logits(tiny()))


def test_as_many_key_heads_as_query_heads_is_multi_head_attention() -> None:
    assert torch.equal(logits(tiny(attention=pick("attention", "full", kv_heads=2))), logits(tiny()))


def test_a_pattern_is_repeated_over_the_layers() -> None:
    window, full = pick("attention", "window", size=2), pick("attention", "full")
    config = tiny(n_layer=5, attention=(window, window, full))
    assert config.attention == (window, window, full, window, window)
    types = [type(block.get_submodule("attention")).__name__ for block in GPT(config, 0).blocks]
    assert types == ["Window", "Window", "Full", "Window", "Window"]


def test_linear_attention_is_the_recurrence_of_its_paper() -> None:
    weights, x, found = attention_of(tiny(attention="linear", init="fan_in"))
    q, k, v = (x @ weights[f"{name}.weight"].T for name in ("query", "key", "value"))
    q, k = (np.where(y > 0, y + 1, np.exp(y)) for y in (q, k))
    read = np.zeros_like(x)
    for own in (slice(0, 4), slice(4, 8)):
        state, total = np.zeros((4, 4)), np.zeros(4)
        for t in range(6):
            state += np.outer(k[t, own], v[t, own])
            total += k[t, own]
            read[t, own] = q[t, own] @ state / (q[t, own] @ total)
    np.testing.assert_allclose(found, read @ weights["out.weight"].T, rtol=0, atol=1e-5)  # eps of the sum


def test_rotary_turns_the_features_of_linear_attention_and_not_their_sum() -> None:
    weights, x, found = attention_of(tiny(attention="linear", position="rotary", init="fan_in"))
    q, k, v = (x @ weights[f"{name}.weight"].T for name in ("query", "key", "value"))
    q, k = (np.where(y > 0, y + 1, np.exp(y)) for y in (q, k))
    frequency = 10000.0 ** -np.array([0.0, 0.5])
    read = np.zeros_like(x)
    for own in (slice(0, 4), slice(4, 8)):
        pairs_q, pairs_k = (y[:, own][:, :2] + 1j * y[:, own][:, 2:] for y in (q, k))
        for t in range(6):
            turned = [
                (pairs_q[t] * pairs_k[s].conj() * np.exp(1j * (t - s) * frequency)).real.sum() for s in range(t + 1)
            ]
            total = sum(q[t, own] @ k[s, own] for s in range(t + 1))
            read[t, own] = np.array(turned) @ v[: t + 1, own] / total
    np.testing.assert_allclose(found, read @ weights["out.weight"].T, rtol=0, atol=1e-5)


@pytest.mark.parametrize("position", ["learned", "rotary"])
def test_linear_attention_stays_finite_where_every_feature_vanishes(position: str) -> None:
    model = GPT(tiny(attention="linear", position=position), seed=0)
    attention = model.blocks[0].get_submodule("attention")
    with torch.no_grad():
        for name in ("query", "key"):
            attention.get_parameter(f"{name}.weight").fill_(-1e3)
    x = torch.ones(1, 6, 8, requires_grad=True)
    y = attention(x, ForwardState(model.position, x))
    y.sum().backward()
    assert y.isfinite().all()
    assert x.grad is not None and x.grad.isfinite().all()


@pytest.mark.parametrize("norm", ["layer_norm", "rms_norm"])
@pytest.mark.parametrize("attention", ["full", "window", "linear"])
def test_qk_norm_frees_attention_from_the_size_of_its_queries_and_keys(attention: str, norm: str) -> None:
    plain, normed = (GPT(tiny(attention=attention, init="fan_in", qk_norm=q), 0) for q in ("none", norm))
    text = tokens(2, 6)
    for model, is_free in ((plain, False), (normed, True)):
        before = model(text)
        with torch.no_grad():
            for block in model.blocks:
                block.get_parameter("attention.query.weight").mul_(8)
                block.get_parameter("attention.key.weight").mul_(8)
        assert torch.allclose(model(text), before, rtol=0, atol=1e-3) == is_free
