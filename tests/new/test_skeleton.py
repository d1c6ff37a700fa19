"""The skeletons of `tinker new`: each runs as it stands, and its own test passes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tinker
from tinker.errors import UserError
from tinker.new.skeleton import skeleton, slots, write

ROOT = Path(tinker.__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A skeleton for every slot, with its test, in a folder outside the repository."""
    folder = tmp_path_factory.mktemp("ideas")
    for slot in slots():
        write(skeleton(slot, f"my_{slot}"), folder)
    return folder


def test_every_skeleton_passes_its_own_test(folder: Path) -> None:
    # Learning a batch by heart takes longest and is much the same for all.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not overfit or attention"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        environment.pop(name, None)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_a_skeleton_is_formatted_and_has_no_placeholder_left(folder: Path) -> None:
    for path in folder.glob("*.py"):
        text = path.read_text()
        assert "my_idea" not in text and "MyIdea" not in text and "the_key" not in text, path.name
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run(
            [*ruff, *command, "--config", str(ROOT / "pyproject.toml"), str(folder)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_an_unknown_slot_is_refused_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"unknown slot 'atention'; did you mean 'attention'\? Allowed: "):
        skeleton("atention", "mine")


@pytest.mark.parametrize("name", ["My-Idea", "2nd", "a b", "_x", "", "../x"])
def test_a_name_that_cannot_be_a_type_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="is no name for a type; expected small letters"):
        skeleton("mlp", name)


def test_a_name_that_would_hide_a_module_is_refused() -> None:
    with pytest.raises(UserError, match=r"torch\.py would hide the module torch"):
        skeleton("mlp", "torch")


def test_a_type_that_there_is_already_is_refused() -> None:
    with pytest.raises(UserError, match="the slot norm has a type 'rms_norm' already"):
        skeleton("norm", "rms_norm")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such folder"):
        write(skeleton("norm", "mine"), tmp_path / "nowhere")
