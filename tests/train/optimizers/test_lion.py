"""Lion against its paper's formula."""

from __future__ import annotations

import pytest
import torch

from tests.train.optimizers.small import config_of
from tinker.config.compose import compose
from tinker.train.optimizers.lion import Lion


def test_an_update_is_the_sign_of_the_interpolated_momentum_and_the_decay() -> None:
    layer = torch.nn.Linear(3, 4)
    config = Lion.Config(lr=0.01, betas=(0.9, 0.98), weight_decay=0.5)
    optimizer = Lion(config, layer)
    weight, momentum = layer.weight.detach().double(), torch.zeros(4, 3, dtype=torch.double)
    bias, bias_momentum = layer.bias.detach().double(), torch.zeros(4, dtype=torch.double)
    for step in range(5):
        generator = torch.Generator().manual_seed(step)
        gradient, bias_gradient = torch.randn(4, 3, generator=generator), torch.randn(4, generator=generator)
        layer.weight.grad, layer.bias.grad = gradient.clone(), bias_gradient.clone()
        optimizer.step()
        weight = weight * (1 - 0.01 * 0.5) - 0.01 * torch.sign(0.9 * momentum + 0.1 * gradient)
        bias = bias - 0.01 * torch.sign(0.9 * bias_momentum + 0.1 * bias_gradient)  # a vector does not decay
        momentum = 0.98 * momentum + 0.02 * gradient
        bias_momentum = 0.98 * bias_momentum + 0.02 * bias_gradient
        assert torch.allclose(layer.weight.double(), weight, atol=1e-6)
        assert torch.allclose(layer.bias.double(), bias, atol=1e-6)


@pytest.mark.parametrize(("scale", "lr"), [("smoke", 1.8e-3), ("cpu", 9e-4)])
def test_its_peak_is_three_tenths_of_the_scales_without_the_digits_of_rounding(scale: str, lr: float) -> None:
    assert compose([f"scale={scale}", "optimizer=lion"], config_dirs=[])["optimizer"]["lr"] == lr
    adamw = config_of("adamw")
    assert config_of("lion").lr * config_of("lion").weight_decay == pytest.approx(0.9 * adamw.lr * adamw.weight_decay)
