"""Norms against their formulas."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.slots import NORM
from tests.model.tiny import pick, tiny


def sample() -> Tensor:
    return 3 * torch.randn(5, 4, 16, generator=torch.Generator().manual_seed(0)) + 2


def test_layer_norm_centres_scales_and_shifts() -> None:
    norm, x = NORM.build(pick("norm", "layer_norm", bias=True, eps=0.1), 16), sample()
    with torch.no_grad():
        norm.weight.fill_(3.0)
        norm.bias.fill_(-1.0)
    centred = x - x.mean(-1, keepdim=True)
    expected = 3 * centred / (centred.square().mean(-1, keepdim=True) + 0.1).sqrt() - 1
    torch.testing.assert_close(norm(x), expected)


def test_layer_norm_has_no_shift_unless_asked() -> None:
    assert [name for name, _ in NORM.build(pick("norm", "layer_norm"), 16).named_parameters()] == ["weight"]


def test_rms_norm_scales_and_keeps_the_mean() -> None:
    norm, x = NORM.build(pick("norm", "rms_norm", eps=0.1), 16), sample()
    with torch.no_grad():
        norm.weight.fill_(3.0)
    torch.testing.assert_close(norm(x), 3 * x / (x.square().mean(-1, keepdim=True) + 0.1).sqrt())


def test_dynamic_tanh_squashes_with_one_slope_and_no_statistics() -> None:
    norm, x = NORM.build(pick("norm", "dyt", alpha=0.25), 16), sample()
    with torch.no_grad():
        norm.weight.fill_(3.0)
        norm.bias.fill_(-1.0)
    torch.testing.assert_close(norm(x), 3 * torch.tanh(x / 4) - 1)
    assert torch.equal(norm(x)[:2], norm(x[:2]))
    with pytest.raises(ValueError, match=r"^model\.norm\.alpha: 0\.0 is no slope"):
        tiny(norm=pick("norm", "dyt", alpha=0.0))


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm", "dyt"])
def test_norms_keep_the_precision_of_their_weights_under_autocast(name: str) -> None:
    norm, x = NORM.build(pick("norm", name), 16), sample().bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(norm(x), norm(x.float()))
    assert norm(sample()).dtype == torch.float32


def test_no_norm_changes_nothing() -> None:
    x = sample()
    assert torch.equal(NORM.build(pick("norm", "none"), 16)(x), x)
