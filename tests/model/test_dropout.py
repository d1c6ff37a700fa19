"""Keyed dropout: the mask bit for bit, its statistics, and what it depends on."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from model.dropout import KeyedDropout, set_dropout_key
from model.gpt import GPT
from tests.model.tiny import tiny, tokens


def mask(p: float, seed: int, step: int, place: str, *shape: int) -> NDArray[np.float64]:
    """1 where the element stays."""
    dropout = KeyedDropout(p, place)
    set_dropout_key(dropout, seed, step)
    return dropout.keep(torch.empty(shape)).double().numpy()


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """In standard errors of two independent masks."""
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) * a.size**0.5


@pytest.mark.parametrize("p", [0.1, 0.2, 0.5, 0.9])
@pytest.mark.parametrize(
    ("seed", "step", "place"), [(0, 0, "embedding"), (7, 1234, "blocks.3.mlp.write"), (-1, 2, "x")]
)
def test_the_mask_is_the_documented_hash_bit_for_bit(p: float, seed: int, step: int, place: str) -> None:
    key = np.frombuffer(hashlib.sha256(f"{seed}/{step}/{place}".encode()).digest()[:8], "<u4")
    h = np.arange(3 * 5 * 1001, dtype=np.uint32) ^ key[0]
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= key[1]
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x846CA68B)
    kept = (h.astype(np.int64) ^ 2**31) >= round(p * 2**32)  # an int32's order is an uint32's with the top bit turned
    np.testing.assert_array_equal(mask(p, seed, step, place, 3, 5, 1001), kept.reshape(3, 5, 1001))


@pytest.mark.parametrize("p", [0.01, 0.1, 0.2, 0.5, 0.9])
def test_the_share_that_stays_is_one_minus_p(p: float) -> None:
    n = 1_000_000
    for step in range(5):
        kept = mask(p, 0, step, "embedding", n).mean()
        assert abs(kept - (1 - p)) < 5 * (p * (1 - p) / n) ** 0.5


def test_no_element_stays_more_often_than_others() -> None:
    steps = 2000
    share = sum(mask(0.2, 0, step, "embedding", 512) for step in range(steps)) / steps
    scores = (share - 0.8) / (0.16 / steps) ** 0.5
    assert np.abs(scores).max() < 5
    assert 0.8 < scores.std() < 1.2


def test_neighbouring_elements_are_dropped_independently() -> None:
    kept = mask(0.2, 0, 0, "embedding", 1 << 18)
    for lag in (1, 2, 3, 4, 7, 8, 16, 31, 32, 64, 128, 255, 256, 384, 1024, 4096, 65536):
        assert abs(correlation(kept[:-lag], kept[lag:])) < 5, lag


def test_runs_of_eight_elements_are_as_frequent_as_chance_has_them() -> None:
    bits = mask(0.5, 0, 0, "embedding", 1 << 19).astype(np.int64).reshape(-1, 8)
    counts = np.bincount(bits @ (1 << np.arange(8)), minlength=256)
    expected = counts.sum() / 256
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi_squared - 255) < 5 * (2 * 255) ** 0.5


def test_steps_seeds_and_places_have_independent_masks() -> None:
    keys = [(seed, step, place) for seed in (0, 1) for step in (0, 1, 2, 256) for place in ("embedding", "blocks.0.w")]
    masks = [mask(0.2, *key, 1 << 16) for key in keys]
    for i, first in enumerate(masks):
        for second in masks[:i]:
            assert abs(correlation(first, second)) < 5
            # Nor is one the other shifted, or with its halves swapped.
            assert abs(correlation(first[1:], second[:-1])) < 5
            assert abs(correlation(first, np.roll(second, 1 << 15))) < 5


def test_what_stays_is_scaled_so_that_the_mean_is_kept() -> None:
    dropout = KeyedDropout(0.2, "embedding")
    set_dropout_key(dropout, 0, 0)
    x = torch.randn(100, 100, generator=torch.Generator().manual_seed(0)) + 3
    y = dropout(x)
    torch.testing.assert_close(y, torch.where(y == 0, 0.0, x / 0.8))
    assert y.mean().item() == pytest.approx(x.mean().item(), rel=0.02)


def test_gradients_pass_where_elements_stay() -> None:
    dropout = KeyedDropout(0.5, "embedding")
    set_dropout_key(dropout, 0, 0)
    x = torch.ones(50, requires_grad=True)
    y = dropout(x)
    y.sum().backward()
    assert x.grad is not None and torch.equal(x.grad, y.detach())


def test_off_in_evaluation_and_at_zero() -> None:
    x = torch.ones(4)
    assert KeyedDropout(0.5, "embedding").eval()(x) is x
    assert KeyedDropout(0.0, "embedding")(x) is x


def test_training_without_a_key_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="dropout at embedding has no key: call set_dropout_key"):
        KeyedDropout(0.5, "embedding")(torch.ones(4))


def test_every_place_of_a_model_has_a_name_of_its_own() -> None:
    model = GPT(tiny(dropout=0.1), 0)
    places = [module.place for module in model.modules() if isinstance(module, KeyedDropout)]
    assert sorted(places) == sorted(
        ["embedding"]
        + [f"blocks.{i}.{name}" for i in (0, 1) for name in ("attention.weights", "attention.write", "mlp.write")]
    )


@pytest.mark.parametrize("attention", ["full", "linear"])
def test_dropout_acts_at_each_of_its_places(attention: str) -> None:
    model, text = GPT(tiny(dropout=0.5, attention=attention), 0).eval(), tokens(2, 6)
    set_dropout_key(model, 0, 0)
    plain = model(text)
    for module in model.modules():
        if isinstance(module, KeyedDropout):
            module.train()
            assert not torch.equal(model(text), plain), module.place
            module.eval()


def test_arms_drop_the_same_elements_at_the_places_they_share() -> None:
    def keys(**changes: str) -> dict[str, list[int]]:
        model = GPT(tiny(dropout=0.1, **changes), 0)
        set_dropout_key(model, 3, 4)
        return {m.place: m.key.tolist() for m in model.modules() if isinstance(m, KeyedDropout)}

    assert keys() == keys(attention="window", position="rotary") == keys(attention="linear")


def test_masks_ignore_the_global_stream_and_do_not_move_it() -> None:
    model, text = GPT(tiny(dropout=0.3), 0), tokens(2, 6)
    set_dropout_key(model, 0, 0)
    torch.manual_seed(1)
    before, first = torch.get_rng_state(), model(text)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(model(text), first)


def test_replicates_under_vmap_drop_what_each_would_alone() -> None:
    dropouts = [KeyedDropout(0.3, "embedding") for _ in range(3)]
    for seed, dropout in enumerate(dropouts):
        set_dropout_key(dropout, seed, 9)
    x = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    keys = torch.stack([dropout.key for dropout in dropouts])

    def run(key: torch.Tensor, one: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = torch.func.functional_call(dropouts[0], {"key": key}, (one,))
        return out

    alone = torch.stack([dropout(one) for dropout, one in zip(dropouts, x, strict=True)])
    assert torch.equal(torch.vmap(run)(keys, x), alone)


def test_double_precision_has_the_same_mask() -> None:
    dropout: nn.Module = KeyedDropout(0.3, "embedding")
    set_dropout_key(dropout, 0, 0)
    y = dropout.double()(torch.ones(100, dtype=torch.float64))
    assert y.dtype == torch.float64
    assert torch.equal(y == 0, dropout(torch.ones(100)) == 0)


@pytest.mark.parametrize("parts", [2, 4])
def test_the_parts_of_a_batch_have_the_masks_of_the_whole(parts: int) -> None:
    dropout, x = KeyedDropout(0.3, "embedding"), torch.ones(8, 5, 3)
    set_dropout_key(dropout, 0, 7)
    whole = dropout(x)
    together = []
    for part, rows in enumerate(x.chunk(parts)):
        set_dropout_key(dropout, 0, 7, part)
        together.append(dropout(rows))
    assert torch.equal(torch.cat(together), whole)
    assert not torch.equal(together[0], together[1])
    set_dropout_key(dropout, 0, 7)
    assert torch.equal(dropout(x), whole), "a whole batch after a part of one"
