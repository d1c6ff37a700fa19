"""Positions that are added: to embeddings (sinusoidal) and to scores (ALiBi, T5)."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from model.gpt import GPT
from model.position.alibi import slopes_of
from model.position.t5 import bucket_of
from tests.model.tiny import pick, tiny, tokens


@pytest.mark.parametrize("n_embd", [8, 7])
def test_sinusoids_alternate_sines_and_cosines_of_falling_frequency(n_embd: int) -> None:
    position = pick("position", "sinusoidal", theta=100.0, scale=0.5)
    model = GPT(tiny(n_head=1, n_embd=n_embd, position=position), 0)
    added = model.position.embed(torch.zeros(1, 6, n_embd))[0]
    for place in range(6):
        for channel in range(n_embd):
            wave = math.cos if channel % 2 else math.sin
            expected = 0.5 * wave(place / 100 ** (2 * (channel // 2) / n_embd))
            assert added[place, channel].item() == pytest.approx(expected, abs=1e-6)


def test_alibi_falls_with_the_distance_at_each_heads_slope() -> None:
    bias = GPT(tiny(n_head=4, position="alibi"), 0).position.bias(5)
    assert bias is not None and bias.shape == (4, 5, 5)
    for head, slope in enumerate([2**-2, 2**-4, 2**-6, 2**-8]):  # eight slopes would begin at 1/2
        for query in range(5):
            for key in range(query + 1):
                assert bias[head, query, key].item() == -slope * (query - key)


def test_alibi_slopes_of_a_head_count_between_powers_of_two_fill_in_from_the_next() -> None:
    assert slopes_of(8) == [2.0**-n for n in range(1, 9)]
    assert slopes_of(6) == [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-1, 2.0**-3]
    assert slopes_of(1) == [2.0**-8]


@pytest.mark.parametrize(("buckets", "reach"), [(32, 128), (8, 20), (5, 64)])
def test_t5_buckets_are_those_of_transformers(buckets: int, reach: int) -> None:
    from transformers.models.t5.modeling_t5 import T5Attention

    distances = torch.arange(300)
    theirs = T5Attention._relative_position_bucket(-distances, False, buckets, reach).tolist()
    ours = [bucket_of(distance, buckets, reach) for distance in distances.tolist()]
    # At a bucket's border, fp32 logarithms (theirs) may fall a distance short.
    assert sum(a != b for a, b in zip(ours, theirs, strict=True)) <= 2
    assert ours[: buckets // 2] == list(range(buckets // 2)) and ours[-1] == buckets - 1
    assert ours == sorted(ours)


def test_t5_adds_one_number_for_each_head_and_bucket_in_all_layers() -> None:
    model = GPT(tiny(position=pick("position", "t5", buckets=4, reach=4)), 0)
    table, bias = model.get_parameter("position.per_bucket.weight"), model.position.bias(6)
    assert bias is not None and table.shape == (4, 2)
    for head in range(2):
        for query in range(6):
            for key in range(query + 1):
                assert bias[head, query, key] == table[bucket_of(query - key, 4, 4), head]
    text = tokens(2, 6)
    model(text, text.roll(-1, 1)).backward()
    assert table.grad is not None and (table.grad != 0).all()
    assert sum("per_bucket" in name for name, _ in model.named_parameters()) == 1


def test_an_equal_bias_for_all_distances_is_none() -> None:
    model, text = GPT(tiny(position="t5"), 0), tokens(2, 6)
    with torch.no_grad():
        model.get_parameter("position.per_bucket.weight").fill_(3.0)
    torch.testing.assert_close(model(text), GPT(tiny(position="none"), 0)(text))


def test_half_a_rotary_head_keeps_its_second_half() -> None:
    model = GPT(tiny(n_head=1, n_embd=8, position=pick("position", "rotary", fraction=0.5)), 0)
    whole = GPT(tiny(n_head=1, n_embd=4, position="rotary"), 0)
    q = torch.randn(2, 1, 6, 8, generator=torch.Generator().manual_seed(0))
    turned = model.position.rotate(q)
    assert torch.equal(turned[..., 4:], q[..., 4:])
    assert torch.equal(turned[..., :4], whole.position.rotate(q[..., :4]))


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("rotary", {"fraction": 0.0}, r"\.fraction: 0\.0 is no part of a head"),
    ("rotary", {"fraction": 0.3}, r": rotary turns pairs and needs an even head width, but turns 1 dimensions of"),
    ("sinusoidal", {"scale": 0.0}, r"\.scale: 0\.0 is not a size of waves"),
    ("sinusoidal", {"theta": 0.0}, r"\.theta: 0\.0 is not a base"),
    ("t5", {"buckets": 1}, r"\.buckets: 1 tell no distances apart"),
    ("t5", {"reach": 16}, r"\.reach: 16 is no more than the 16 distances that have a bucket each; allowed: 17"),
]


@pytest.mark.parametrize(("name", "values", "message"), BROKEN, ids=[f"{n} {v}" for n, v, _ in BROKEN])
def test_a_broken_position_is_refused_with_its_key(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=rf"^model\.position{message}"):
        tiny(position=pick("position", name, **values))


@pytest.mark.parametrize("position", ["alibi", "t5"])
@pytest.mark.parametrize("attention", ["linear", "retention"])
def test_attention_without_scores_refuses_a_bias_on_them(attention: str, position: str) -> None:
    expected = rf"^model\.attention\.type: {attention} has no softmax, and model\.position={position} acts on .*=rotary"
    with pytest.raises(ValueError, match=expected):
        tiny(attention=attention, position=position)
