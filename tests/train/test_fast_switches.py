"""What makes a step faster does not make it another one."""

from __future__ import annotations

import ctypes
import platform
from pathlib import Path

import pytest
import torch

from tests.train.tiny import numbers, spec_of, values
from tinker.train import recorder, training
from tinker.train.allocator import keep_memory
from tinker.train.trial import Hooks, run_trial


def test_a_fused_optimizer_trains_as_the_other_up_to_rounding(tmp_path: Path) -> None:
    long = ("train.steps=60", "train.eval_every=30")
    plain = run_trial(spec_of(*long), tmp_path / "plain")
    fused = run_trial(spec_of(*long, "train.fused_optimizer=true"), tmp_path / "fused")
    assert fused.probes.lr == plain.probes.lr
    assert fused.probes.first == pytest.approx(plain.probes.first, rel=1e-5)
    assert fused.probes.last == pytest.approx(plain.probes.last, rel=1e-4)
    assert values(fused, "val_loss") == pytest.approx(values(plain, "val_loss"), rel=1e-4)


def test_a_fused_kernel_of_attention_trains_as_eager_does_up_to_rounding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "PROBE_STEPS", 50)  # so many losses are kept
    long = ("model.dropout=0", "train.steps=60", "train.until=50")
    eager = run_trial(spec_of(*long), tmp_path / "eager")
    sdpa = run_trial(spec_of(*long, "model.backend=sdpa"), tmp_path / "sdpa")
    assert len(sdpa.probes.first) == 50
    assert sdpa.probes.first != eager.probes.first
    assert sdpa.probes.first == pytest.approx(eager.probes.first, abs=1e-4)
    assert values(sdpa, "val_loss") == pytest.approx(values(eager, "val_loss"), abs=1e-4)


def test_the_fused_kernel_is_what_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for switch in (False, True):
        module = training.Training(spec_of(f"train.fused_optimizer={str(switch).lower()}")).module
        optimizer = module.configure_optimizers()["optimizer"]
        for parameter in module.parameters():
            parameter.grad = torch.ones_like(parameter)
        with torch.profiler.profile() as profile:
            optimizer.step()
        assert any("_fused_adamw" in event.key for event in profile.key_averages()) is switch


def test_a_fused_trial_that_was_cut_off_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    spec, asked = spec_of("train.fused_optimizer=true"), iter([False] * 16 + [True] * 9)
    whole = run_trial(spec, tmp_path / "whole")
    cut = run_trial(spec, tmp_path / "cut", Hooks(should_stop=lambda: next(asked)))
    assert (cut.status, cut.steps) == ("interrupted", 17)
    assert numbers(run_trial(spec, tmp_path / "cut")) == numbers(whole)


def test_memory_that_is_kept_changes_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = run_trial(spec_of(), tmp_path / "kept")
    monkeypatch.setattr(training, "keep_memory", _give_memory_back)
    assert numbers(run_trial(spec_of(), tmp_path / "given")) == numbers(kept)


def _give_memory_back() -> None:
    if platform.libc_ver()[0] == "glibc":
        for setting in (-1, -3):
            assert ctypes.CDLL(None).mallopt(setting, 2**17) == 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator alone has the setting")
def test_the_allocator_listens() -> None:
    assert keep_memory()
