"""bf16 and compilation: other roundings, the same training."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from torch import nn

from model.gpt import GPT
from tests.train.tiny import spec_of, values
from tinker.train.trial import run_trial


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
