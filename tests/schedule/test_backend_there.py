"""A backend that cannot run here is an error before anything runs, and never another backend."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from model.slots import BACKEND
from tests.schedule.conftest import OVERRIDES, run, write_grid
from tests.train import tiny
from tinker.config.schema import TrialConfig
from tinker.errors import ConfigError, UserError
from tinker.schedule.preflight import require_backend
from tinker.schedule.single import train_one
from tinker.train.entry import entry_modules

FLASH = ("model.dropout=0", "model.backend.type=flash", "train.accelerator=cuda", "train.precision=bf16")
MISSING = "flash needs a package that is not installed here: pip install a-kernel"


@pytest.mark.parametrize("backend", [name for name in BACKEND.builtin_names() if name not in ("eager", "sdpa")])
def test_a_backend_that_does_not_train_on_a_cpu_is_a_config_error(backend: str) -> None:
    with pytest.raises(ConfigError, match=rf"^model\.backend\.type: {backend} .*use sdpa or eager"):
        tiny.spec_of("model.dropout=0", f"model.backend.type={backend}")


def test_flash_in_32_bits_is_a_config_error() -> None:
    assert tiny.spec_of(*FLASH)
    with pytest.raises(
        ConfigError, match=r"^model\.backend\.type: flash computes in 16 bits .*train\.precision is fp32"
    ):
        tiny.spec_of(*FLASH, "train.precision=fp32")


def test_a_kernel_that_is_not_installed_is_an_error_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flash = BACKEND.get("flash").config
    monkeypatch.setattr(flash, "missing", lambda self: MISSING)
    with pytest.raises(UserError, match=rf"^model\.backend\.type: {MISSING}; or choose model\.backend=sdpa"):
        require_backend(TrialConfig.from_dict(tiny.spec_of(*FLASH).config))

    # As if the kernel ran on a CPU, so that its package is all that is in the way.
    monkeypatch.setattr(flash, "refuses", lambda self, device, precision, training: None)
    base = {"model.dropout": 0.0, "model.backend": "flash"}
    grid = write_grid(tmp_path, {"rotary": {"model.position": "rotary"}}, base=base)
    with pytest.raises(UserError, match=MISSING):
        run(grid, tmp_path / "results")
    with pytest.raises(UserError, match=MISSING):
        alone = [*OVERRIDES, "model.dropout=0", "model.backend.type=flash"]
        train_one(alone, 1, tmp_path / "results", Console(quiet=True))
    assert not list(tmp_path.glob("results/trials/*"))


def test_the_code_of_a_variant_within_a_variant_is_part_of_a_trial() -> None:
    plain = TrialConfig.from_dict(tiny.spec_of("model.position=rotary").config)
    scaled = TrialConfig.from_dict(
        tiny.spec_of("model.position=rotary", "model.position.scaling={type: yarn, original_context: 8}").config
    )
    assert "model.rope_scaling.none" in entry_modules(plain)
    assert "model.rope_scaling.yarn" in entry_modules(scaled)
