"""Precisions and compilation: other roundings, the same training."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import torch
from torch import nn

from model.gpt import GPT
from tests.train.tiny import numbers, spec_of, values
from tinker.config.schema import TrainConfig, TrialConfig
from tinker.errors import ConfigError
from tinker.train import training
from tinker.train.precision import fp32_products, require_gpu_has
from tinker.train.trial import Hooks, run_trial


def test_bf16_trains_like_fp32_up_to_rounding(tmp_path: Path) -> None:
    full, half = (run_trial(spec_of(f"train.precision={p}"), tmp_path / p) for p in ("fp32", "bf16"))
    assert half.status == "done"
    assert half.probes.first != full.probes.first
    assert half.probes.first == pytest.approx(full.probes.first, rel=0.02)


def test_a_compiled_trial_is_the_eager_one_up_to_rounding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The model is captured whole and differentiated by the compiler. Its C++ code, which takes minutes to build on a
    # slow machine, is left out.
    captured = functools.partialmethod(nn.Module.compile, backend="aot_eager", fullgraph=True)
    monkeypatch.setattr(GPT, "compile", captured)
    overrides = ("train.steps=12", "train.eval_every=12", "schedule.warmup_steps=0")
    eager = run_trial(spec_of(*overrides), tmp_path / "eager")
    compiled = run_trial(spec_of(*overrides, "train.compile=true"), tmp_path / "compiled")
    assert compiled.probes.first == pytest.approx(eager.probes.first, rel=1e-4)
    assert values(compiled, "val_loss") == pytest.approx(values(eager, "val_loss"), rel=1e-4)


def _switches() -> tuple[str, bool]:
    return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(
    ("precision", "inside"), [("tf32", ("high", True)), ("fp32", ("highest", False)), ("bf16", ("highest", False))]
)
@pytest.mark.parametrize("before", [("highest", True), ("high", False)])
def test_the_switches_of_tf32_are_a_trials_own(
    precision: str, inside: tuple[str, bool], before: tuple[str, bool]
) -> None:
    was = _switches()
    try:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]
        with pytest.raises(KeyError), fp32_products(precision):
            assert _switches() == inside
            raise KeyError
        assert _switches() == before
    finally:
        torch.set_float32_matmul_precision(was[0])
        torch.backends.cudnn.allow_tf32 = was[1]


def test_a_trial_trains_with_the_switches_of_its_precision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The precision is swapped for that of a trial on a GPU, which the CPU computes as fp32.
    seen: set[tuple[str, bool]] = set()
    monkeypatch.setattr(training, "fp32_products", lambda precision: fp32_products("tf32"))
    before = _switches()
    swapped = run_trial(spec_of(), tmp_path / "tf32", Hooks(progress=lambda step, steps: seen.add(_switches())))
    assert seen == {("high", True)}
    assert _switches() == before
    monkeypatch.undo()
    assert numbers(run_trial(spec_of(), tmp_path / "fp32")) == numbers(swapped)


def _on_gpu(precision: str) -> TrainConfig:
    config = TrialConfig.from_dict(spec_of().config).train
    return TrainConfig(**{**vars(config), "accelerator": "cuda", "precision": precision})


def test_what_an_old_gpu_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla T4")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 5))
    for precision in ("bf16", "tf32"):
        with pytest.raises(ConfigError, match=rf"^train\.precision: {precision} .* Tesla T4 .*7\.5.*fp16 or fp32$"):
            require_gpu_has(_on_gpu(precision))
    for precision in ("fp16", "fp32"):
        require_gpu_has(_on_gpu(precision))
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    for precision in ("bf16", "tf32"):
        require_gpu_has(_on_gpu(precision))
