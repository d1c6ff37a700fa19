"""Placements of norms against their formulas, one sublayer at a time."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from model.dropout import KeyedDropout
from model.gpt import GPT
from model.slots import NORM_PLACE
from model.sublayer import Sublayer
from tests.model.tiny import pick, tiny


def normed(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:])


@pytest.mark.parametrize("name", NORM_PLACE.builtin_names())
def test_norms_stand_where_the_placement_says(name: str) -> None:
    x = 3 * torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0)) + 1
    place = NORM_PLACE.build(pick("norm_place", name), tiny())
    layer = Sublayer(torch.sin, place, KeyedDropout(0.0, "here"))
    expected = {
        "pre": x + torch.sin(normed(x)),
        "post": normed(x + torch.sin(x)),
        "sandwich": x + normed(torch.sin(normed(x))),
        "peri": x + normed(torch.sin(normed(x))),
    }
    torch.testing.assert_close(layer.settle(x + layer.update(x)), expected[name])


@pytest.mark.parametrize(
    ("name", "around"),
    [("pre", ["norm"]), ("post", []), ("sandwich", ["norm"]), ("peri", ["embedding_norm", "norm"])],
)
def test_the_stack_as_a_whole_is_normed_where_the_placement_says(name: str, around: list[str]) -> None:
    paths = {path for path, _ in GPT(tiny(norm_place=name), seed=0).named_parameters()}
    assert [path for path in ("embedding_norm", "norm") if f"{path}.weight" in paths] == around


@pytest.mark.parametrize("name", [name for name in NORM_PLACE.builtin_names() if name != "pre"])
def test_a_place_for_norms_needs_a_norm(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^model\.norm_place\.type: {name} places norms, and model\.norm is none"):
        tiny(norm="none", norm_place=name)


def test_a_stack_normed_at_its_entry_does_not_feel_the_size_of_the_embedding() -> None:
    model, text = GPT(tiny(norm_place="peri", position="none"), seed=0), torch.arange(6)[None]
    with torch.no_grad():
        model.get_parameter("embedding.table.weight").mul_(100)  # so that the norm's eps is nothing beside it
        before = 2 * model(text)  # twice at the head, which is the same table
        model.get_parameter("embedding.table.weight").mul_(2)
    torch.testing.assert_close(model(text), before, rtol=1e-4, atol=1e-4)
