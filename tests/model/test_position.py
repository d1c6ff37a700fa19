"""Positions: what each choice lets a model know of order."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from model.gpt import GPT
from tests.model.tiny import pick, tiny, tokens


def scores(place_q: int, place_k: int, theta: float = 10000.0) -> Tensor:
    """Products (2,) of one query and one key for each head, standing at those places of 40."""
    model = GPT(tiny(context=40, position=pick("position", "rotary", theta=theta)), 0).double()
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 1, 2, 1, 4, generator=generator, dtype=torch.float64).expand(2, 1, 2, 40, 4)
    q, k = model.position.rotate(q), model.position.rotate(k)
    return (q[0, :, place_q] * k[0, :, place_k]).sum(-1)


def test_rotary_scores_depend_on_the_distance_alone() -> None:
    for distance in (0, 1, 7):
        at_start = scores(distance, 0)
        for shift in (1, 13, 32):
            torch.testing.assert_close(scores(distance + shift, shift), at_start, rtol=0, atol=1e-6)
    assert not torch.allclose(scores(7, 0), scores(8, 0), atol=1e-3)


@pytest.mark.parametrize("theta", [100.0, 10000.0])
def test_rotary_turns_the_pair_of_halves_as_a_complex_number(theta: float) -> None:
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(4, dtype=torch.float64, generator=generator).numpy()
    model = GPT(tiny(n_head=1, n_embd=4, context=40, position=pick("position", "rotary", theta=theta)), 0).double()
    turned = model.position.rotate(torch.tensor(q).expand(1, 1, 40, 4).contiguous())
    pair = (q[:2] + 1j * q[2:]) * np.exp(1j * 9 * np.array([1.0, theta**-0.5]))
    np.testing.assert_allclose(turned[0, 0, 9].numpy(), np.concatenate([pair.real, pair.imag]), atol=1e-6)


def test_rotary_keeps_lengths_and_place_zero() -> None:
    model = GPT(tiny(position="rotary"), 0)
    q = torch.randn(2, 2, 6, 4, generator=torch.Generator().manual_seed(0))
    turned = model.position.rotate(q)
    torch.testing.assert_close(turned.norm(dim=-1), q.norm(dim=-1))
    assert torch.equal(turned[:, :, 0], q[:, :, 0])


@pytest.mark.parametrize(("position", "knows"), [("none", False), ("learned", True), ("rotary", True)])
def test_the_last_token_knows_the_order_of_the_others_only_through_positions(position: str, knows: bool) -> None:
    # One layer: deeper ones could count what the causal mask showed to the layer before.
    model = GPT(tiny(n_layer=1, position=position, init="fan_in"), 0)
    text = torch.tensor([[1, 2, 3, 4, 5, 6], [4, 2, 5, 1, 3, 6]])
    first, second = model(text)[:, -1]
    assert torch.allclose(first, second, rtol=0, atol=1e-5) != knows


def test_learned_positions_are_added_to_the_embeddings() -> None:
    model, text = GPT(tiny(), 0), tokens(2, 4)
    table = model.get_parameter("position.table.weight")
    x = model.position.embed(model.embedding.embed(text))
    torch.testing.assert_close(x[1, 3], model.get_parameter("embedding.table.weight")[text[1, 3]] + table[3])
