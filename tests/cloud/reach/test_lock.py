"""The lock names what tinker needs, as it is installed here, and nothing that a machine has of its own."""

from __future__ import annotations

import re
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tinker.cloud.pod.install import read_lock
from tinker.cloud.reach import lock as locking
from tinker.cloud.reach.lock import lock
from tinker.errors import UserError


def test_it_has_what_tinker_needs_with_what_that_needs() -> None:
    pins = read_lock(lock())
    assert {"torch", "ray", "numpy", "pyyaml", "sympy", "msgpack"} <= pins.keys()
    assert pins["numpy"] == version("numpy")
    assert pins["torch"] == version("torch").split("+")[0]


def test_it_leaves_out_ourselves_and_what_comes_with_the_machine() -> None:
    names = read_lock(lock()).keys()
    assert [name for name in names if re.match(r"nvidia-|cuda-|triton|tinker", name)] == []
    assert not names & {"pytest", "mypy", "ruff"}


def test_it_is_equal_each_time_and_sorted() -> None:
    assert lock() == lock()
    assert lock().splitlines() == sorted(lock().splitlines(), key=lambda line: line.split("==")[0])


def test_it_says_what_is_missing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    real = locking._installed
    monkeypatch.setattr(locking, "_installed", lambda name: None if name == "numpy" else real(name))
    with pytest.raises(UserError, match="numpy: not installed here"):
        lock()


class Installed:
    """As `importlib.metadata` tells of a tinker that was installed, and not checked out."""

    requires = ("numpy>=2.0", "peft>=0.17; extra == 'lora'", "wandb>=0.19; extra == 'wandb'", "pytest; extra == 'dev'")


def test_of_an_installed_tinker_its_own_metadata_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(locking, "packages", lambda: tmp_path)
    monkeypatch.setattr(
        locking, "distribution", lambda name: Installed() if name == locking.OURS else distribution(name)
    )
    own, extras = locking._own()
    assert [Requirement(line).name for line in own] == ["numpy"]
    assert [Requirement(line).name for line in extras["lora"]] == ["numpy", "peft"]
    pins = read_lock(lock())
    assert "numpy" in pins
    assert "pytest" not in pins
