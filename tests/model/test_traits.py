"""What an attention says of itself is what it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.gpt import GPT
from model.slots import ATTENTION, SOFTCAP
from model.state import ForwardState
from model.traits import all_traits, has_bias, has_slopes, multi_head
from tests.model.tiny import pick, tiny

SIZED: dict[str, dict[str, Any]] = {
    "full": {"kv_heads": 1},
    "window": {"kv_heads": 2},
    "mla": {"nope_dim": 3, "rope_dim": 6, "value_dim": 7},
}


class Spy(nn.Module):
    """In the place of a backend: keeps the widths that it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.widest = self.products = 0

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scores: object) -> Tensor:
        assert q.shape[-1] == k.shape[-1]
        self.products = q.shape[-1]
        self.widest = max(q.shape[-1], v.shape[-1])
        return q.new_zeros(*q.shape[:-1], v.shape[-1])


@pytest.mark.parametrize("attention", ATTENTION.builtin_names())
def test_an_attention_hands_on_what_its_traits_say(attention: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = pick("attention", attention, **SIZED.get(attention, {}))
    config = tiny(n_head=4, n_embd=16, attention=chosen, position="rotary", value_residual="first")
    model, x = GPT(config, 0), torch.randn(2, 6, 16, generator=torch.Generator().manual_seed(0))
    module, spy, rotated, rotate = model.blocks[0].get_submodule("attention"), Spy(), set(), model.position.rotate
    monkeypatch.setattr(model.position, "rotate", lambda y: rotated.add(y.shape[-1]) or rotate(y))
    traits = all_traits(config)[0]
    if traits.scores:
        module.backend = spy
    state = ForwardState(model.position, x)
    module(x, state)
    assert rotated == {traits.rotated}
    assert state.first_values is not None
    assert (state.first_values.shape[1], state.first_values.shape[3]) == traits.values
    assert not traits.scores or (spy.widest, spy.products) == (traits.widest, traits.products or traits.rotated)
    assert traits.scores == hasattr(module, "backend")


@pytest.fixture
def plain_attention() -> Iterator[object]:
    """The Config of a user's attention that says nothing of itself, registered for a test."""

    @ATTENTION.variant(name="silent")
    class Silent(nn.Module):
        @dataclass(frozen=True)
        class Config:
            """Nothing to choose."""

        def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
            super().__init__()

    yield Silent.Config()
    del ATTENTION._variants["silent"]


def test_an_attention_that_says_nothing_is_taken_for_multi_head_attention(plain_attention: object) -> None:
    config = tiny(attention=(plain_attention, "full"))
    assert all_traits(config) == [multi_head(config)] * 2


def test_which_positions_act_on_scores_is_known_without_building_them() -> None:
    found = {
        name: (has_bias(tiny(position=name)), has_slopes(tiny(position=name))) for name in ("rotary", "alibi", "t5")
    }
    assert found == {"rotary": (False, False), "alibi": (True, True), "t5": (True, False)}


@pytest.mark.parametrize("backend", ["sdpa", "flex", "flash", "flash3", "flash4"])
def test_a_softcap_of_a_users_own_is_for_the_eager_backend(backend: str) -> None:
    @SOFTCAP.variant(name="clip")
    class Clip(nn.Module):
        cap = None

        @dataclass(frozen=True)
        class Config:
            """Nothing to choose."""

    try:
        assert tiny(attention_softcap=Clip.Config())
        with pytest.raises(
            ValueError, match=rf"^model\.backend\.type: {backend} cannot bound scores, and .* is clip; use"
        ):
            tiny(attention_softcap=Clip.Config(), backend=backend)
    finally:
        del SOFTCAP._variants["clip"]
